"""What a connector talks to in its tests: a command in, a service that is ready out.

The extension key `x-service` names a command that starts it, run in the root of the repository. It
says `ready` at the beginning of a line when it can be used (by then it has written the configs that
lead there), and it tidies up when it is asked to stop.
"""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

from build_config.child_process import child_process, lines
from build_config.engine import Tell
from build_config.errors import StepError
from build_config.wording import one_line

_SECONDS: Final = 300.0
"""Until it is ready; the first time it may have to be installed."""

_READY: Final = "ready"

_SHOWN: Final = 300
"""Characters of each of its last lines."""


@asynccontextmanager
async def beside(
    command: tuple[str, ...], root: Path, tell: Tell, *, seconds: float = _SECONDS
) -> AsyncIterator[None]:
    """Have the service run for the length of an `async with`; nothing for an empty command.

    Raises:
        StepError: it cannot be started, ends, or is not ready in time; with its last words.
    """
    if not command:
        yield
        return
    words = tuple(sys.executable if word == "python" else word for word in command)
    tell.activity(f"starting `{' '.join(command)}`")
    async with AsyncExitStack() as stack:
        try:
            _, output = await stack.enter_async_context(child_process(words, root))
        except OSError as error:
            raise _failure(command, f"cannot be started: {error.strerror}") from error
        await _until_ready(command, output, tell, seconds)
        hearing = asyncio.create_task(_hear(command, output, tell))
        try:
            yield
        finally:
            hearing.cancel()
            await asyncio.wait({hearing})


async def _until_ready(
    command: tuple[str, ...], output: asyncio.StreamReader, tell: Tell, seconds: float
) -> None:
    last: deque[str] = deque(maxlen=3)

    def words() -> str:
        return " / ".join(one_line(line)[:_SHOWN] for line in last) or "it said nothing"

    try:
        async with asyncio.timeout(seconds):
            async for line in lines(output):
                last.append(line)
                tell.line(line)
                if line.startswith(_READY):
                    return
    except TimeoutError as error:
        raise _failure(command, f"was not ready after {seconds:.0f} s: {words()}") from error
    raise _failure(command, f"ended before it was ready: {words()}")


async def _hear(command: tuple[str, ...], output: asyncio.StreamReader, tell: Tell) -> None:
    """Take what it says, so that it never waits for a reader."""
    async for line in lines(output):
        tell.line(line)
    tell.line(f"`{' '.join(command)}` ended before the tests did")


def _failure(command: tuple[str, ...], what: str) -> StepError:
    hint = "correct `x-service` in its `acceptance-test-config.yml`, or what it starts"
    return StepError(f"`{' '.join(command)}` {what}", hint=hint)
