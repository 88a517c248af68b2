"""A command in, its running process out, whose whole group is gone at the end."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

_PATIENCE = 10.0
"""Seconds between asking a process to stop and killing it."""

_LEFT_OPEN = 1.0
"""Seconds until the output of a group that is gone must have ended."""


@asynccontextmanager
async def child_process(
    command: tuple[str, ...], folder: Path
) -> AsyncIterator[tuple[asyncio.subprocess.Process, asyncio.StreamReader]]:
    """Start it in a session of its own: Ctrl-C is the scheduler's to pass on.

    Its stdin is empty; stdout and stderr come out of the one reader.

    Raises:
        OSError: there is no such program.
    """
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    if process.stdout is None:
        raise AssertionError("its output is piped")
    try:
        yield process, process.stdout
    finally:
        await _end(process, process.stdout)


async def lines(output: asyncio.StreamReader) -> AsyncIterator[str]:
    """The lines of a process; one that is longer than the reader's limit comes in pieces."""
    while True:
        try:
            raw = await output.readuntil()
        except asyncio.LimitOverrunError as error:
            raw = await output.readexactly(error.consumed)
        except asyncio.IncompleteReadError as error:
            if error.partial:
                yield error.partial.decode(errors="replace").rstrip()
            return
        yield raw.decode(errors="replace").rstrip()


async def _end(process: asyncio.subprocess.Process, output: asyncio.StreamReader) -> None:
    """Leave nothing behind: the whole group is asked, then killed."""
    if process.returncode is not None and output.at_eof():
        return  # nobody is left who shows that this number is still the group's
    # who tidies up may have much to say, and nobody else listens any more
    draining = asyncio.create_task(_drain(output))
    try:
        _signal(process, signal.SIGTERM)
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _PATIENCE)
    finally:
        _signal(process, signal.SIGKILL)
    await process.wait()
    # who left the group may hold its output open, and may be nobody's business
    await asyncio.wait({draining}, timeout=_LEFT_OPEN)
    draining.cancel()


async def _drain(output: asyncio.StreamReader) -> None:
    while await output.read(1 << 16):
        pass


def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
