"""`write`: records in, what a destination kept of them and which states it gave back out.

All streams twice with other records (`kept_modes`), syncs that are killed and resumed
(`killed_writes`), and input that no source should send (`bad_input`); what was written is read back
by a program of the connector's own (`read_back`). The records are the same on every run, but for a
token in the names of streams: what an earlier run left on a server is not in the way.
"""

from __future__ import annotations

import secrets
from functools import partial
from typing import TYPE_CHECKING, Final

from build_config.acceptance import bad_input, kept_modes, killed_writes
from build_config.acceptance.case import WHOLE, CaseResult, Category, Problems, judged, skipped
from build_config.acceptance.read_back import KEY, Program, ReadBackError
from build_config.acceptance.sample_streams import MODES
from build_config.acceptance.writing import WriteTest, Written, declared_modes, together

if TYPE_CHECKING:
    from build_config.acceptance.bench import Bench
    from build_config.acceptance.config import Test
    from build_config.connector_protocol.level import Level

_STATES: Final = "every state comes back once, in order"
_STDOUT: Final = "it prints nothing but messages of a destination"
_READ_BACK: Final = "what was written can be read back"


async def judge(bench: Bench, test: Test) -> list[CaseResult]:
    """Judge what a destination does with messages.

    Raises:
        FixtureError: a file that the config names cannot be used.
        StepError: the engine cannot start the container.
        EngineUnavailableError: the engine went away.
    """
    asked = WriteTest(
        bench=bench,
        test=test,
        program=Program.parse(test.options[KEY], KEY) if KEY in test.options else None,
        modes=await declared_modes(bench, test),
        token=secrets.token_hex(3),
    )
    if not asked.modes:
        return [skipped(Category.WRITE, WHOLE, f"it declares none of {', '.join(MODES)}")]
    try:
        groups = await together(
            partial(killed_writes.judge, asked),
            partial(kept_modes.judge, asked),
            partial(bad_input.judge, asked),
        )
    except ReadBackError as error:
        return [judged(Category.WRITE, _READ_BACK, [str(error)], details=error.details)]
    killed, modes, bad = groups
    runs = [run for group in groups for run in group.runs]
    level = bench.subject.settings.level
    return [*modes.cases, _states(runs, level), _stdout(runs), *killed.cases, *bad.cases]


def _states(runs: list[Written], level: Level) -> CaseResult:
    problems, details = Problems(), list[str]()
    for run in runs:
        is_good = run.answer.ending.is_good
        found = list(run.echoes.problems(level) if is_good else run.echoes.disorder())
        problems.add_all(found)
        details += run.answer.details if found and not details else ()
    return judged(Category.WRITE, _STATES, problems, details=details)


def _stdout(runs: list[Written]) -> CaseResult:
    problems, details = Problems(), list[str]()
    for run in runs:
        problems.add_all(run.strange.first)
        details += run.answer.details if run.strange and not details else ()
    return judged(Category.WRITE, _STDOUT, problems, details=details)
