"""Where a run is told, and the shape that every display has."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from build_config.events import Event
from build_config.steps import Step

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(frozen=True, kw_only=True, slots=True)
class Output:
    """Where a run is told.

    Attributes:
        console: the only thing that displays write to.
        logs: the folder with this run's log files, to point at; None when there is none.
        clock: seconds that only grow; the live display reads it between events.
    """

    console: Console
    logs: Path | None = None
    clock: Callable[[], float] = time.monotonic


class Display(Protocol):
    """Shows the events of a run and passes every one on, unchanged and in order."""

    def __call__(
        self, steps: Sequence[Step], events: Iterable[Event], output: Output
    ) -> Generator[Event, None, None]:
        """Show `events` of the plan `steps`; nothing is written once the iterator is closed."""
