"""Events in, the state of a run at one moment out: what runs, what waits, what is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Self

from build_config.events import (
    CaseFinished,
    Event,
    Outcome,
    StepFinished,
    StepOutput,
    StepPhase,
    StepProgress,
    StepSkipped,
    StepStarted,
)
from build_config.steps import Action, Step


@dataclass(frozen=True, kw_only=True, slots=True)
class Running:
    """A step that a worker holds.

    Attributes:
        since: when it started, on the clock of the run.
        current: bytes moved, None when it moves none; `total` likewise.
        moving_from: moment and bytes at which this activity began to move, to tell its rate.
    """

    key: str
    since: float
    activity: str = ""
    current: int | None = None
    total: int | None = None
    moving_from: tuple[float, int] | None = None
    told: float = 0.0

    def progressed(self, event: StepProgress) -> Self:
        """The same step, doing what the event says."""
        moving_from = self.moving_from if event.activity == self.activity else None
        if event.current is not None and moving_from is None:
            moving_from = (event.at, event.current)
        return replace(
            self,
            activity=event.activity,
            current=event.current,
            total=event.total,
            moving_from=moving_from,
            told=event.at,
        )

    @property
    def rate(self) -> float | None:
        """Bytes a second in this activity; None when it is too early to tell."""
        if self.moving_from is None or self.current is None:
            return None
        since, first = self.moving_from
        return (self.current - first) / (self.told - since) if self.told - since >= 1 else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Board:
    """A run at one moment; a new value after each event, so that any thread may read it.

    Attributes:
        waiting: keys of steps that will run and have not started.
        total: how many steps run in this plan.
        spent: seconds that finished steps took, and `expected` what the plan had thought of them.
        workers: the most steps seen running at once.
    """

    steps: Mapping[str, Step]
    running: Mapping[str, Running]
    waiting: frozenset[str]
    total: int
    failed: int = 0
    skipped: int = 0
    spent: float = 0.0
    expected: float = 0.0
    workers: int = 1

    @classmethod
    def of(cls, steps: Sequence[Step]) -> Self:
        """The board before the first event."""
        waiting = frozenset(step.key for step in steps if step.action is Action.RUN)
        return cls(
            steps=MappingProxyType({step.key: step for step in steps}),
            running=MappingProxyType({}),
            waiting=waiting,
            total=len(waiting),
        )

    @property
    def finished(self) -> int:
        """How many of `total` have ended, in whatever way."""
        return max(self.total - len(self.waiting) - len(self.running), 0)

    def after(self, event: Event) -> Self:
        """The board once the event has happened."""
        match event:
            case StepStarted():
                return self._started(event)
            case StepProgress():
                if event.key not in self.running:
                    return self
                row = self.running[event.key].progressed(event)
                return replace(self, running=MappingProxyType({**self.running, event.key: row}))
            case StepFinished():
                return self._finished(event)
            case StepSkipped():
                lost = not event.expected
                return replace(
                    self, waiting=self.waiting - {event.key}, skipped=self.skipped + lost
                )
            case StepPhase() | StepOutput() | CaseFinished():
                return self

    def _started(self, event: StepStarted) -> Self:
        running = {**self.running, event.key: Running(key=event.key, since=event.at)}
        return replace(
            self,
            running=MappingProxyType(running),
            waiting=self.waiting - {event.key},
            workers=max(self.workers, len(running)),
        )

    def _finished(self, event: StepFinished) -> Self:
        step = self.steps.get(event.key)
        counts = step is not None and event.outcome is Outcome.DONE
        return replace(
            self,
            running=MappingProxyType({k: r for k, r in self.running.items() if k != event.key}),
            waiting=self.waiting - {event.key},
            failed=self.failed + (event.outcome is Outcome.FAILED),
            spent=self.spent + (event.seconds if counts else 0),
            expected=self.expected + (step.seconds if step is not None and counts else 0),
        )


def seconds_left(board: Board, now: float) -> float | None:
    """A guess at the rest of the run; None when there is nothing to base it on.

    What the plan expects of each step, scaled by how wrong it has been so far, shared by the
    workers seen so far, and never less than the longest single step.
    """
    if not board.expected:
        return None
    scale = board.spent / board.expected
    expected = {key: scale * step.seconds for key, step in board.steps.items()}
    running = [max(expected.get(r.key, 0) - now + r.since, 0) for r in board.running.values()]
    waiting = [expected[key] for key in board.waiting]
    rest = max(sum(running + waiting) / board.workers, *running, *waiting, 0)
    return rest if rest >= 1 else None
