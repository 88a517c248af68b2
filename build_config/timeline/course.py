"""The record of a run in, how it took its course out: waits, workers, the critical path."""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from build_config.run_record import Phase, RunRecord, StepRecord
from build_config.step_order import critical_path, dependents
from build_config.steps import Step

_BLINK = 0.05
"""Seconds between an end and a beginning that it allowed, at most."""
_LOOKED_AT = 50
"""Steps that may end in one blink."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Course:
    """How a run went.

    Attributes:
        ready: when each step had all that it needs, by key; seconds since the run began.
        workers: which worker did each step that ran, by key, counted from 0.
        critical: the steps that the duration is made of, first to last: each one began when the
            one before it ended, because it needed it or its worker.
    """

    record: RunRecord
    ready: Mapping[str, float]
    workers: Mapping[str, int]
    critical: tuple[StepRecord, ...]

    @property
    def busy(self) -> float:
        """Which share of what the workers could have done they did."""
        available = self.record.jobs * (self.record.seconds - self.record.planning)
        worked = sum(step.seconds for step in self.record.steps)
        return min(worked / available, 1.0) if available > 0 else 0.0

    def gain(self, jobs: int) -> float:
        """About how many seconds less it would take with so many workers, each as fast as now."""
        return max(_would_take(self.record, self.record.jobs) - _would_take(self.record, jobs), 0.0)


def course(record: RunRecord) -> Course:
    """Find out how the run went."""
    ran = sorted((s for s in record.steps if s.begin is not None), key=_begin)
    ready = _ready(record)
    return Course(
        record=record,
        ready=ready,
        workers=side_by_side((step.key, _begin(step), step.end or 0.0) for step in ran),
        critical=_critical(ran),
    )


def side_by_side(spans: Iterable[tuple[str, float, float]]) -> dict[str, int]:
    """The lowest lane that is free for each named span; spans come by their beginnings."""
    lanes: list[float] = []
    found: dict[str, int] = {}
    for name, begin, end in spans:
        free = (lane for lane, taken in enumerate(lanes) if taken <= begin)
        lane = next(free, len(lanes))
        lanes[lane : lane + 1] = [end]
        found[name] = lane
    return found


def phase_lanes(phases: Sequence[Phase], *, slack: float = 0.0) -> list[int]:
    """The lane of each phase of a step, so that those of one lane overlap by `slack` at most."""
    spans = (
        (str(number), phase.begin, max(phase.end - slack, phase.begin))
        for number, phase in enumerate(phases)
    )
    return list(side_by_side(spans).values())


def _begin(step: StepRecord) -> float:
    return step.begin or 0.0


def _ready(record: RunRecord) -> dict[str, float]:
    """Steps stand in an order in which they can run, so that one pass is enough."""
    over: dict[str, float] = {}
    ready: dict[str, float] = {}
    for step in record.steps:
        ready[step.key] = max((over.get(need, 0.0) for need in step.needs), default=0.0)
        ready[step.key] = max(ready[step.key], record.planning)
        over[step.key] = ready[step.key] if step.end is None else step.end
        if step.skipped_as_expected:
            over[step.key] = 0.0
    return ready


def _critical(ran: Sequence[StepRecord]) -> tuple[StepRecord, ...]:
    """From the last end backwards, each time to what ended last before the step began.

    Where something that the step needs ended at that moment too, it was that: a worker alone
    would not have helped.
    """
    by_end = sorted(ran, key=lambda step: step.end or 0.0)
    ends = [step.end or 0.0 for step in by_end]
    path: list[StepRecord] = []
    step = by_end[-1] if by_end else None
    while step is not None:
        path.append(step)
        last = bisect_right(ends, _begin(step) + _BLINK / 10)
        before = [s for s in by_end[max(last - _LOOKED_AT, 0) : last] if _begin(s) < _begin(step)]
        latest = before[-1].end or 0.0 if before else 0.0
        needed = [s for s in before if s.key in step.needs and (s.end or 0.0) >= latest - _BLINK]
        before = needed or before
        step = before[-1] if before else None
    return tuple(reversed(path))


def _would_take(record: RunRecord, jobs: int) -> float:
    """Seconds of the steps alone, the longest chain first, as the scheduler runs them."""
    steps = _as_planned(record)
    behind, waiting_for = critical_path(steps), dependents(steps)
    missing = {key: len(step.needs) for key, step in steps.items()}
    ready = [(-behind[key], key) for key, count in missing.items() if not count]
    heapq.heapify(ready)
    running: list[tuple[float, str]] = []
    now = 0.0
    while ready or running:
        while ready and len(running) < jobs:
            key = heapq.heappop(ready)[1]
            heapq.heappush(running, (now + steps[key].seconds, key))
        now, over = heapq.heappop(running)
        for key in waiting_for[over]:
            missing[key] -= 1
            if not missing[key]:
                heapq.heappush(ready, (-behind[key], key))
    return now


def _as_planned(record: RunRecord) -> dict[str, Step]:
    """The steps that ran, as a plan that had known how long each takes."""
    ran = {step.key for step in record.steps if step.begin is not None}
    return {
        step.key: Step(
            kind=step.kind,
            target=step.target,
            action=step.action,
            reason=step.reason,
            needs=tuple(need for need in step.needs if need in ran),
            seconds=step.seconds,
        )
        for step in record.steps
        if step.key in ran
    }
