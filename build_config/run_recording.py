"""The events of a run, passed on; when it is over, its `RunRecord`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

from build_config.acceptance.case import CaseResult, Verdict
from build_config.events import (
    CaseFinished,
    Event,
    StepFinished,
    StepPhase,
    StepProgress,
    StepSkipped,
    StepStarted,
)
from build_config.report import Report, Result
from build_config.run_record import Phase, RunRecord, StepRecord
from build_config.steps import Step

_PHASES = 200  # of a step: what a person can tell apart, and no step fills the disk
_BLINK = 0.001
_BUG = 70

Keeper = Callable[[RunRecord], object]


@dataclass(kw_only=True, slots=True)
class _Heard:
    """What is known of one step.

    Attributes:
        doing: what it said last that it does, and since when.
        activities: each thing it said that it does -> from when to when. Several that go on side
            by side take turns to be said.
        parts: what it said that has ended.
    """

    begin: float | None = None
    end: float | None = None
    doing: tuple[str, float] = ("", 0.0)
    activities: dict[str, tuple[float, float]] = field(default_factory=dict)
    parts: list[Phase] = field(default_factory=list)

    def hear(self, event: Event) -> None:
        self.end = event.at
        match event:
            case StepStarted():
                self.begin = event.at
            case StepProgress(activity=activity) if activity != self.doing[0]:
                self._close(event.at)
                self.doing = (activity, event.at)
            case StepPhase():
                begin = max(event.at - event.seconds, self.begin or 0.0)
                self.parts.append(
                    Phase(name=event.name, begin=begin, end=event.at, cached=event.cached)
                )
            case StepFinished():
                self._close(event.at)

    def _close(self, at: float) -> None:
        activity, since = self.doing
        if activity:
            self.activities[activity] = (self.activities.get(activity, (since,))[0], at)

    def phases(self) -> list[Phase]:
        """What is worth telling, by begin; an activity that is or has parts would tell it twice."""
        names = {part.name for part in self.parts}
        others = (
            Phase(name=name, begin=begin, end=end)
            for name, (begin, end) in self.activities.items()
            if name not in names
            and end - begin >= _BLINK
            and not any(p.begin - _BLINK <= begin <= p.end for p in self.parts)
        )
        longest = sorted((*self.parts, *others), key=lambda phase: phase.begin - phase.end)
        return sorted(longest[:_PHASES], key=lambda phase: phase.begin)


@dataclass(kw_only=True, slots=True)
class Recorder:
    """Hears the events of a run and remembers what no report tells: what was when.

    Attributes:
        steps: of the plan.
        command: what was typed, without names.
        host: see `run_record.host_name`.
        jobs: how many steps may run at a time.
        begin: when the command began.
        planning: seconds from then to the start of the clock of the run.
        sizes: bytes of the images as they were built before, by key of the step.
    """

    steps: Sequence[Step]
    command: str
    host: str
    jobs: int
    begin: datetime
    planning: float
    sizes: Mapping[str, int]
    _heard: defaultdict[str, _Heard] = field(default_factory=lambda: defaultdict(_Heard))
    _told: list[Event] = field(default_factory=list)

    def hear(self, events: Iterable[Event]) -> Generator[Event, None, None]:
        """Pass every event on."""
        for event in events:
            if isinstance(event, StepFinished | StepSkipped | CaseFinished):
                self._told.append(event)
            if not isinstance(event, StepSkipped):
                self._heard[event.key].hear(event)
            yield event

    @contextmanager
    def keep(self, keepers: Sequence[Keeper]) -> Iterator[Callable[[Report], object]]:
        """Hand the record to each keeper, however the run ends; a full disk fails no run.

        What is yielded is called with the report, which a run that is broken off never has.
        """
        reports: list[Report] = []
        problem: Exception | None = None
        try:
            yield reports.append
        except Exception as error:
            problem = error
            raise
        finally:
            if not reports:
                reports.append(Report.of(self.steps, self._told, before=self.planning))
            record = self._record(reports[0], problem)
            for keeper in keepers:
                with suppress(OSError):
                    keeper(record)

    def _record(self, report: Report, problem: Exception | None) -> RunRecord:
        cases = defaultdict[str, list[CaseResult]](list)
        for heard in report.cases:
            cases[heard.key].append(heard.case)
        ends = (heard.end for heard in self._heard.values() if heard.end is not None)
        return RunRecord(
            command=self.command,
            begin=self.begin.isoformat(timespec="milliseconds"),
            seconds=_rounded(max(report.seconds, self.planning + max(ends, default=0.0))),
            planning=_rounded(self.planning),
            jobs=self.jobs,
            host=self.host,
            exit_code=getattr(problem, "exit_code", _BUG) if problem else report.exit_code,
            interrupted=report.interrupted,
            problem=str(problem or ""),
            steps=tuple(self._step(result, cases[result.step.key]) for result in report.results),
        )

    def _step(self, result: Result, cases: Sequence[CaseResult]) -> StepRecord:
        step, heard = result.step, self._heard[result.step.key]
        before = self.sizes.get(step.key)
        counts = Counter(case.verdict.value for case in cases)
        return StepRecord(
            key=step.key,
            kind=step.kind,
            target=step.target,
            action=step.action,
            reason=step.reason,
            outcome=result.ending,
            needs=step.needs,
            begin=self._at(heard.begin),
            end=self._at(heard.end if heard.begin is not None else None),
            message=result.why,
            hint=result.hint,
            path=result.path,
            line=result.line,
            size=result.size,
            grown=None if result.size is None or before is None else result.size - before,
            cases={verdict.value: counts[verdict] for verdict in Verdict} if cases else {},
            phases=tuple(
                replace(
                    p,
                    begin=_rounded(self.planning + p.begin),
                    end=_rounded(self.planning + p.end),
                )
                for p in heard.phases()
            ),
        )

    def _at(self, moment: float | None) -> float | None:
        return None if moment is None else _rounded(self.planning + moment)


def _rounded(seconds: float) -> float:
    return round(seconds, 3)
