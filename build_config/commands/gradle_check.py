"""Gradle tasks in, their run shown and logged, its failures as defects out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager

from build_config import history
from build_config.checks.gradle_output import RULE, read_failures
from build_config.checks.gradle_tasks import GradleTasks
from build_config.checks.subject import Subject
from build_config.commands.running import RunOptions, run_steps
from build_config.defect import Defect
from build_config.engine import Tell
from build_config.performers.gradle_build import gradle_program, run_gradle
from build_config.report import Ending, Report
from build_config.scheduler import Perform, Result
from build_config.steps import Action, Kind, Step
from build_config.streams import Streams

_TARGET = "build"
_GUESS = 60.0


def run_gradle_check(
    subject: Subject, tasks: GradleTasks, streams: Streams, options: RunOptions
) -> tuple[Report, tuple[Defect, ...]]:
    """Run them once; the report says how that ended, the defects why."""
    settings, heard = subject.settings, list[str]()
    key = f"{Kind.GRADLE} {_TARGET}"
    step = Step(
        kind=Kind.GRADLE,
        target=_TARGET,
        action=Action.RUN,
        reason=tasks.reason,
        seconds=history.read(settings.state).get(key, _GUESS),
    )

    @asynccontextmanager
    async def performers() -> AsyncIterator[Perform]:
        async def perform(step: Step, results: Mapping[str, Result], tell: Tell) -> Result:
            del step, results  # there is only one
            # all failures at once, as of all other rules
            words = (*tasks.names, "--continue")
            return await run_gradle(settings.root, words, _Overhearing(tell, heard))

        yield perform

    report = run_steps(settings, streams, (step,), performers, options)
    return report, tuple(_failures(report, heard, subject))


class _Overhearing:
    """Passes on what a step says, and keeps the lines; see `engine.Tell`."""

    def __init__(self, tell: Tell, lines: list[str]) -> None:
        self.activity = tell.activity
        self.phase = tell.phase
        self.case = tell.case
        self._tell = tell
        self._lines = lines

    def line(self, text: str) -> None:
        self._lines.append(text)
        self._tell.line(text)


def _failures(report: Report, heard: list[str], subject: Subject) -> Iterator[Defect]:
    """What Gradle names; the end of the step where it names nothing."""
    (result,) = report.results
    if result.ending is Ending.FAILED:
        root = subject.settings.root
        found = tuple(read_failures(heard, root, subject.connectors, gradle_program(root)))
        yield from found or (Defect(rule=RULE, message=result.why, cure=result.hint),)
