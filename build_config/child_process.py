"""A command in, its running process out, whose whole group is gone at the end."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

_PATIENCE = 10.0
"""Seconds between asking a process to stop and killing it."""


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
        await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Leave nothing behind: the whole group is asked, then killed."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.returncode is not None:
            return
        try:
            os.killpg(process.pid, number)
            await asyncio.wait_for(process.wait(), _PATIENCE)
        except (ProcessLookupError, TimeoutError):
            continue
