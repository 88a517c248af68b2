"""A connector and a question in (`spec`, `discover`), its one answer out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from build_config.connector_protocol.schemas import PAYLOADS
from build_config.errors import StepError
from build_config.sync.messages import Message, error_of, log_line, parse, payload

if TYPE_CHECKING:
    from build_config.sandbox.containers import Containers
    from build_config.sandbox.request import Container


async def answer(
    containers: Containers,
    container: Container,
    wanted: str,
    *,
    name: str,
    log: Callable[[str], object],
) -> Message:
    """The payload of the first message of the wanted type, `SPEC` or `CATALOG`.

    Raises:
        StepError: there is none; with what the connector said instead.
        EngineUnavailableError: the engine went away.
    """
    finished = await containers.run_to_end(container)
    found: Message | None = None
    errors: list[str] = []
    for line in finished.lines:
        message = parse(line) or {}
        if message.get("type") == wanted and found is None:
            found = payload(message, PAYLOADS[wanted])
        elif message.get("type") == "LOG":
            log(log_line(message))
        elif error := error_of(message):
            errors.append(error)
    for said in finished.ending.last_stderr:
        log(said)
    if found is not None and finished.ending.is_good and not errors:
        return found
    command = " ".join(container.arguments[:1])
    reasons = errors or list(finished.ending.last_stderr[-1:]) or [f"no {wanted} message"]
    raise StepError(f"`{name}`: `{command}` {finished.ending.story}: {reasons[0]}")
