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
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from build_config.child_process import child_process
from build_config.engine import Tell
from build_config.errors import StepError

_SECONDS: Final = 300.0
"""Until it is ready; the first time it may have to be installed."""

_READY: Final = "ready"


@asynccontextmanager
async def beside(command: tuple[str, ...], root: Path, tell: Tell) -> AsyncIterator[None]:
    """Have the service run for the length of an `async with`; nothing for an empty command.

    Raises:
        StepError: it cannot be started, ends, or is not ready in time; with its last words.
    """
    if not command:
        yield
        return
    words = tuple(sys.executable if word == "python" else word for word in command)
    tell.activity(f"starting `{' '.join(command)}`")
    try:
        async with child_process(words, root) as (_, output):
            await _until_ready(command, output, tell)
            hearing = asyncio.create_task(_hear(output, tell))
            try:
                yield
            finally:
                hearing.cancel()
    except OSError as error:
        raise _failure(command, f"cannot be started: {error.strerror}") from error


async def _until_ready(command: tuple[str, ...], output: asyncio.StreamReader, tell: Tell) -> None:
    last: deque[str] = deque(maxlen=3)
    try:
        async with asyncio.timeout(_SECONDS):
            async for raw in output:
                last.append(raw.decode(errors="replace").rstrip())
                tell.line(last[-1])
                if last[-1].startswith(_READY):
                    return
    except TimeoutError as error:
        raise _failure(command, f"was not ready after {_SECONDS:.0f} s") from error
    raise _failure(command, f"ended before it was ready: {' / '.join(last) or 'it said nothing'}")


async def _hear(output: asyncio.StreamReader, tell: Tell) -> None:
    """Take what it says, so that it never waits for a reader."""
    async for raw in output:
        tell.line(raw.decode(errors="replace").rstrip())


def _failure(command: tuple[str, ...], what: str) -> StepError:
    return StepError(f"`{' '.join(command)}` {what}", hint="see `x-service` in its config")
