"""The beginning and the end of an event loop: signals in, nothing left running out."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from typing import Any

_PATIENCE = 10.0
"""Seconds that cancelled tasks get to tidy up."""
_IMPATIENCE = 1.0
"""The same after a second Ctrl-C."""
ENDING = [
    number
    for number in signal.Signals
    if number.name == "SIGTERM"
    or (number.name == "SIGHUP" and signal.getsignal(number) is not signal.SIG_IGN)
]
"""What asks a process to end, or tells that its terminal is closed, unless `nohup` is over it."""
_SIGNALS = (signal.SIGINT, *ENDING)


def on_interrupt(loop: asyncio.AbstractEventLoop, interrupt: Callable[[], None]) -> None:
    """Call `interrupt` on the loop for Ctrl-C and `ENDING`.

    Only a main thread can; elsewhere the caller's own handling stays in force.
    """
    for number in _SIGNALS:
        try:
            loop.add_signal_handler(number, interrupt)
        except (ValueError, RuntimeError):
            return


def close(
    loop: asyncio.AbstractEventLoop, main: asyncio.Task[None], *, hurried: bool = False
) -> None:
    """Leave nothing running, also when `main` has not come to its end."""
    try:
        # `main` lets its steps tidy up; what it leaves in spite of that has to go without
        _cancel(loop, {main}, _IMPATIENCE if hurried else _PATIENCE)
        _cancel(loop, asyncio.all_tasks(loop), 0)
        loop.run_until_complete(loop.shutdown_asyncgens())
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
        loop.close()


def _cancel(
    loop: asyncio.AbstractEventLoop, tasks: set[asyncio.Task[Any]], patience: float
) -> None:
    running = {task for task in tasks if not task.done()}
    for task in running:
        task.cancel()
    if running:
        loop.run_until_complete(asyncio.wait(running, timeout=patience))
