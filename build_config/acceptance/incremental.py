"""`read` with states: from every state it goes on without loss, and without needless repetition."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from build_config.acceptance import answers, fixtures
from build_config.acceptance.case import CaseResult, Category, Problems, judged, skipped
from build_config.acceptance.config import Strictness
from build_config.acceptance.reading import in_incremental, read, usual_catalog
from build_config.acceptance.recording import MOST_RECORDS, Recording

if TYPE_CHECKING:
    from build_config.acceptance.bench import Bench
    from build_config.acceptance.config import Test
    from build_config.acceptance.conversation import Answer
    from build_config.connector_protocol.catalog import ConfiguredCatalog

_MOST_RESUMES: Final = 10
_FIRST: Final = "an incremental read ends well and emits states"
_LAST: Final = "a read from the last state loses nothing and repeats nothing behind the cursor"
_EVERY: Final = "a read from each other state loses nothing and repeats nothing behind the cursor"
_FUTURE: Final = "a state of the far future gives no records"


async def judge(bench: Bench, test: Test) -> list[CaseResult]:
    """A read from the beginning, one from each of its states, one from a state of the future."""
    catalog = in_incremental(await usual_catalog(bench, test))
    if not catalog.streams:
        return [skipped(Category.INCREMENTAL, _FIRST, "no stream can be read incrementally")]
    first = Recording.of(catalog, test.ignored_fields)
    answer = await read(bench, test, catalog, listen=first)
    cases = [answer.judged(Category.INCREMENTAL, _FIRST, _unfit(answer, first))]
    if answer.ending.is_good and first.states and not first.overflow:
        *others, last = range(len(first.states))
        trial = _Trial(bench=bench, test=test, catalog=catalog, first=first)
        cases.append(await _resume(trial, _LAST, [last]))
        chosen = _spread(others)
        if chosen and not test.skip_comprehensive:
            cases.append(await _resume(trial, _EVERY, chosen))
    return [*cases, await _future(bench, test, catalog)]


def _unfit(answer: Answer, first: Recording) -> Iterator[str]:
    yield from answers.ended_badly(answer)
    yield from answers.not_messages(answer)
    if answer.ending.is_good and not first.states:
        yield "it emits no STATE: nothing could be resumed"
    if first.overflow:
        yield (
            f"it gives more than {MOST_RECORDS} records, too many to compare: "
            "name a smaller `configured_catalog_path`"
        )


def _spread(indices: list[int]) -> list[int]:
    """So many of them, evenly spread, the first one included: each costs a container."""
    if len(indices) <= _MOST_RESUMES:
        return indices
    return [indices[number * len(indices) // _MOST_RESUMES] for number in range(_MOST_RESUMES)]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Trial:
    bench: Bench
    test: Test
    catalog: ConfiguredCatalog
    first: Recording


async def _resume(trial: _Trial, name: str, indices: list[int]) -> CaseResult:
    bench, test, catalog, first = trial.bench, trial.test, trial.catalog, trial.first
    problems, seconds = Problems(), 0.0
    details: tuple[str, ...] = ()
    for index in indices:
        checkpoint, done = first.checkpoint(index)
        resumed = Recording.of(catalog, test.ignored_fields)
        state = checkpoint.to_bytes()
        answer = await read(bench, test, catalog, listen=resumed, state=state)
        seconds += answer.ending.seconds
        found = [*answers.ended_badly(answer), *answers.not_messages(answer)]
        if not found:
            found = list(first.wrong_in(resumed, done))
        place = f"from the state in line {first.states[index].line}"
        problems.add_all(f"{place}: {problem}" for problem in found)
        details = answer.details if found else details
    return judged(Category.INCREMENTAL, name, problems, seconds=seconds, details=details)


async def _future(bench: Bench, test: Test, catalog: ConfiguredCatalog) -> CaseResult:
    future = test.future_state
    if future is None or not future.path:
        because = future.bypass_reason if future else ""
        if because or bench.subject.settings.strictness is Strictness.LOW:
            return skipped(Category.INCREMENTAL, _FUTURE, because or "no `future_state`")
        told = "no `future_state`: give it a `future_state_path` or a `bypass_reason`"
        return judged(Category.INCREMENTAL, _FUTURE, [told])
    heard = Recording.of(catalog, {})
    state = fixtures.read_bytes(bench.subject.folder, future.path)
    answer = await read(bench, test, catalog, listen=heard, state=state)
    problems = [
        *answers.ended_badly(answer),
        *(
            f"stream `{key}` gives {len(entries)} records"
            for key, entries in heard.entries.items()
            if entries and key.name not in future.missing_streams
        ),
    ]
    return answer.judged(Category.INCREMENTAL, _FUTURE, problems)
