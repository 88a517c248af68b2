"""A plan and its events in, the outcome of the run out: results, exit code, table, JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Self

from build_config.events import INTERRUPTED, CaseFinished, Event, Outcome, StepFinished, StepSkipped
from build_config.steps import Kind, Step
from build_config.wording import counted, duration, one_line

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

EXIT_FAILED = 1
EXIT_INTERRUPTED = 130

_VERBS = {
    Kind.BUILD: "built",
    Kind.SHARE: "shared",
    Kind.PULL: "pulled",
    Kind.GRADLE: "assembled with Gradle",
    Kind.UNIT: "unit-tested",
    Kind.ACCEPTANCE: "accepted",
    Kind.PUBLISH: "published",
}
_OF_CONNECTORS = (Kind.BUILD, Kind.UNIT, Kind.ACCEPTANCE, Kind.PUBLISH)  # targets are their names
_LISTED = 12  # with more names than this the command to continue is longer than a person reads

_NAMED = 5  # more steps than this that were skipped for one reason are only counted


class Ending(StrEnum):
    """What became of a step of the plan."""

    DONE = "done"
    FROM_CACHE = "from the cache"
    UP_TO_DATE = "up to date"
    NOT_APPLICABLE = "not applicable"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    NOT_STARTED = "not started"


_FINE = (Ending.DONE, Ending.FROM_CACHE, Ending.UP_TO_DATE, Ending.NOT_APPLICABLE)
_ENDINGS = {
    Outcome.DONE: Ending.DONE,
    Outcome.FAILED: Ending.FAILED,
    Outcome.CANCELLED: Ending.CANCELLED,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """One step and what became of it.

    Attributes:
        seconds: how long it ran; 0 when it did not.
        why: what went wrong, or why it was skipped, or the short result of a step that is done.
        size: bytes of the image that it built, where it built one.
    """

    step: Step
    ending: Ending
    seconds: float = 0.0
    why: str = ""
    hint: str = ""
    path: str | None = None
    line: int | None = None
    exit_code: int = 0
    size: int | None = None

    def to_json(self) -> dict[str, object]:
        """The members of a step in `Report.to_json`."""
        return {
            "key": self.step.key,
            "kind": self.step.kind.value,
            "name": self.step.target,
            "result": self.ending.value,
            "seconds": round(self.seconds, 3),
            "reason": self.step.reason,
            "why": self.why,
            "hint": self.hint,
            "path": self.path,
            "line": self.line,
            "size": self.size,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """The outcome of a run.

    Attributes:
        results: one for each step of the plan, in the plan's order.
        seconds: wall time.
        interrupted: a person asked the run to stop.
        cases: what its tests asserted, in the order in which it was judged.
    """

    results: tuple[Result, ...]
    seconds: float
    interrupted: bool = False
    cases: tuple[CaseFinished, ...] = ()

    @classmethod
    def of(cls, steps: Sequence[Step], events: Iterable[Event], *, before: float = 0.0) -> Self:
        """Run through the events and say what became of each step.

        Args:
            steps: the plan.
            events: they are consumed; a KeyboardInterrupt out of them ends the run, and what
                has not been told by then counts as not started.
            before: seconds that went by before the clock of the run started (planning).
        """
        endings: dict[str, StepFinished | StepSkipped] = {}
        cases: list[CaseFinished] = []
        seconds, interrupted = 0.0, False
        try:
            for event in events:
                seconds = max(seconds, event.at)
                if isinstance(event, StepFinished | StepSkipped):
                    endings[event.key] = event
                elif isinstance(event, CaseFinished):
                    cases.append(event)
        except KeyboardInterrupt:
            interrupted = True
            if isinstance(events, Generator):
                events.close()  # now, so that a display gives the terminal back before we go on
        results = tuple(_result(step, endings.get(step.key)) for step in steps)
        return cls(
            results=results,
            seconds=before + seconds,
            interrupted=interrupted or _was_interrupted(results),
            cases=tuple(cases),
        )

    @classmethod
    def of_nothing_to_do(cls, steps: Sequence[Step], *, seconds: float) -> Self:
        """The outcome of a plan that is up to date as a whole, found out in `seconds`."""
        endings = (Result(step=step, ending=Ending.UP_TO_DATE, why=step.reason) for step in steps)
        return cls(results=tuple(endings), seconds=seconds)

    def of_ending(self, *endings: Ending) -> tuple[Result, ...]:
        """The results that ended in one of these ways."""
        return tuple(result for result in self.results if result.ending in endings)

    @property
    def exit_code(self) -> int:
        """What the process exits with.

        130 when interrupted, 0 when all went well, what the failures ask for when they agree,
        else 1.
        """
        if self.interrupted:
            return EXIT_INTERRUPTED
        if all(result.ending in _FINE for result in self.results):
            return 0
        codes = {result.exit_code or EXIT_FAILED for result in self.of_ending(Ending.FAILED)}
        return codes.pop() if len(codes) == 1 else EXIT_FAILED

    def to_json(self) -> dict[str, object]:
        """The whole report; members may be added, never renamed."""
        totals = Counter(result.ending for result in self.results)
        return {
            "exit_code": self.exit_code,
            "seconds": round(self.seconds, 3),
            "interrupted": self.interrupted,
            "totals": {ending.value: totals[ending] for ending in Ending},
            "steps": [result.to_json() for result in self.results],
        }


def _result(step: Step, event: StepFinished | StepSkipped | None) -> Result:
    if event is None:
        return Result(step=step, ending=Ending.NOT_STARTED)
    if isinstance(event, StepSkipped):
        return Result(step=step, ending=_ending_of_skip(step, event), why=event.because)
    # what came from the cache, or is in it, need not be put there
    was_there = Ending.FROM_CACHE if step.kind is Kind.BUILD else Ending.NOT_APPLICABLE
    return Result(
        step=step,
        ending=was_there if event.cached else _ENDINGS[event.outcome],
        seconds=event.seconds,
        why=event.message,
        hint=event.hint,
        path=event.path,
        line=event.line,
        exit_code=event.exit_code,
        size=event.size,
    )


def _ending_of_skip(step: Step, event: StepSkipped) -> Ending:
    """An image is up to date; a test that a connector does not have is not applicable."""
    if not event.expected:
        return Ending.SKIPPED
    lasting = step.kind in {Kind.BUILD, Kind.PUBLISH}
    return Ending.UP_TO_DATE if lasting else Ending.NOT_APPLICABLE


def _was_interrupted(results: Sequence[Result]) -> bool:
    """Fail-fast skips too, but then there is a failure; and an interrupt says its name."""
    stopped = [r for r in results if r.ending in {Ending.CANCELLED, Ending.SKIPPED}]
    if any(result.why.startswith(INTERRUPTED) for result in stopped):
        return True
    return bool(stopped) and all(result.ending is not Ending.FAILED for result in results)


def headline(report: Report) -> str:
    """The run in one line: `built 3, 12 from the cache, 185 up to date in 12 s`."""
    took = duration(report.seconds)
    if not report.results:
        return "nothing to do"
    if all(result.ending is Ending.UP_TO_DATE for result in report.results):
        images = [r for r in report.results if r.step.kind is Kind.BUILD] or report.results
        count = counted(len(images), "image")
        return f"everything is up to date: {count}, checked against the engine in {took}"
    done = Counter(result.step.kind for result in report.of_ending(Ending.DONE))
    parts = [f"{verb} {done[kind]}" for kind, verb in _VERBS.items() if done[kind]]
    told = (r for r in report.results if r.step.kind is not Kind.SHARE or r.ending not in _FINE)
    totals = Counter(result.ending for result in told)
    others = (ending for ending in Ending if ending is not Ending.DONE and totals[ending])
    parts += [f"{totals[ending]} {ending}" for ending in others]
    return f"{'interrupted: ' if report.interrupted else ''}{', '.join(parts)} in {took}"


def to_continue(report: Report, *, command: str = "invoke build") -> str:
    """What to type to do the rest; empty when there is none.

    Args:
        report: of the run.
        command: what was typed, without names: what is done already is not done again.
    """
    rest = [r for r in report.results if r.ending not in _FINE]
    names = sorted({result.step.target for result in rest if result.step.kind in _OF_CONNECTORS})
    if not rest:
        return ""
    if not names or len(names) > _LISTED:
        return command
    return f"{command} --connector={','.join(names)}"


def render(report: Report) -> RenderableType:
    """One line, and above it a table when not all went well."""
    from rich.console import Group
    from rich.text import Text

    rest = report.of_ending(Ending.FAILED, Ending.SKIPPED, Ending.CANCELLED)
    line = Text(headline(report), style="green" if report.exit_code == 0 else "bold red")
    return Group("", _table(rest), "", line) if rest else line


def tell(report: Report, console: Console, *, command: str = "invoke build") -> None:
    """Write what `render` makes, and what to type next; `command` is `to_continue`'s."""
    from rich.text import Text

    console.print(render(report))
    todo = to_continue(report, command=command)
    if todo:
        # soft_wrap: a line that the terminal wraps can still be copied as one.
        console.print(Text.assemble("to continue: ", (todo, "bold")), soft_wrap=True)


def _table(results: Sequence[Result]) -> RenderableType:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, highlight=False)
    table.add_column("step", overflow="fold")
    table.add_column("result", no_wrap=True)
    table.add_column("time", justify="right", no_wrap=True)
    table.add_column("why", overflow="fold")
    for names, result in _grouped(results):
        style = "red" if result.ending is Ending.FAILED else ""
        hint = f"\nhint: {one_line(result.hint)}" if result.hint else ""
        table.add_row(
            Text(names),
            Text(result.ending.value, style=style),
            duration(result.seconds) if result.seconds else "",
            Text(one_line(result.why) + hint),
        )
    return table


def _grouped(results: Sequence[Result]) -> list[tuple[str, Result]]:
    """What each row says of whom: many that were skipped for one reason are one row."""
    shared = Counter(result.why for result in results if result.ending is Ending.SKIPPED)
    rows: dict[str, tuple[str, Result]] = {}
    for result in results:
        if result.ending is Ending.SKIPPED and shared[result.why] > _NAMED:
            rows[f"skipped {result.why}"] = (counted(shared[result.why], "step"), result)
        else:
            rows[result.step.key] = (one_line(result.step.key), result)
    return list(rows.values())
