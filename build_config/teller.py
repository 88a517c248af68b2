"""What a running step says in, events out; see `engine.Tell`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from build_config.acceptance.case import CaseResult
from build_config.events import CaseFinished, Event, StepOutput, StepPhase, StepProgress

_BLINK = 0.1
"""Seconds between two reports of how far a transfer is: 64 KiB of a gigabyte are no news."""


@dataclass(kw_only=True, slots=True)
class Teller:
    """A `Tell` for one step.

    Attributes:
        now: seconds on the clock of the run.
        emit: takes the events.
    """

    key: str
    now: Callable[[], float]
    emit: Callable[[Event], None]
    _said: tuple[str, float] = ("", -_BLINK)

    def activity(self, text: str, current: int | None = None, total: int | None = None) -> None:
        """The same words with other numbers are an event only now and then, and at the end."""
        now = self.now()
        is_soon = self._said[0] == text and now - self._said[1] < _BLINK
        if is_soon and (current is None or current != total):
            return
        self._said = (text, now)
        self.emit(StepProgress(key=self.key, at=now, activity=text, current=current, total=total))

    def line(self, text: str) -> None:
        """See `engine.Tell.line`."""
        self.emit(StepOutput(key=self.key, at=self.now(), line=text))

    def phase(self, name: str, seconds: float, *, cached: bool = False) -> None:
        """See `engine.Tell.phase`."""
        self.emit(StepPhase(key=self.key, at=self.now(), name=name, seconds=seconds, cached=cached))

    def case(self, case: CaseResult) -> None:
        """See `engine.Tell.case`."""
        self.emit(CaseFinished(key=self.key, at=self.now(), case=case))
