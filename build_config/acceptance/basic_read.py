"""`read`: records, states and statuses of the streams that were asked for, as the catalog says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from build_config.acceptance import answers
from build_config.acceptance.case import CaseResult, Category, Problems, judged, skipped
from build_config.acceptance.config import Strictness
from build_config.acceptance.expected_records import Expectation
from build_config.acceptance.observation import Observation
from build_config.acceptance.reading import read, usual_catalog
from build_config.connector_protocol.level import Level

if TYPE_CHECKING:
    from build_config.acceptance.bench import Bench
    from build_config.acceptance.config import Test
    from build_config.acceptance.conversation import Answer

_EXPECTED = "the expected records are read"


async def judge(bench: Bench, test: Test) -> list[CaseResult]:
    """One read of the test's configured catalog."""
    catalog = await usual_catalog(bench, test)
    expectation = None
    if test.expect_records and test.expect_records.path:
        expectation = Expectation.read(bench.subject.folder, test.expect_records)
    seen = Observation.of(catalog, test, expectation)
    answer = await read(bench, test, catalog, listen=seen)
    if not answer.ending.is_good:
        return [_ended(answer), _lines(answer), _records(seen)]
    bench.remember(test, catalog, {key: s.records for key, s in seen.streams.items()})
    cases = [
        _ended(answer),
        _lines(answer),
        _case("only streams that were asked for are read", seen.strangers, answer),
        _records(seen),
        _case("records have their primary keys", seen.keyless, answer),
        _case("no stream is empty", _empty(seen), answer),
        _expected(bench, test, expectation),
        _statuses(bench, seen),
    ]
    if test.validate_state_messages:
        cases.append(_case("states are valid", seen.state_problems, answer))
    if test.validate_data_points:
        cases.append(_case("each field has a value somewhere", _unseen(seen), answer))
    return cases


def _case(name: str, problems: Problems | Iterator[str], answer: Answer) -> CaseResult:
    return judged(Category.BASIC_READ, name, problems, details=answer.details)


def _ended(answer: Answer) -> CaseResult:
    problems = answers.ended_badly(answer)
    return answer.judged(Category.BASIC_READ, "read ends with exit code 0", problems)


def _lines(answer: Answer) -> CaseResult:
    return _case("every line of read is a message", answer.faults, answer)


def _records(seen: Observation) -> CaseResult:
    name = "records match the schemas of their streams"
    if not seen.test.validate_schema:
        return skipped(Category.BASIC_READ, name, "`validate_schema` is false")
    return judged(Category.BASIC_READ, name, seen.mismatches)


def _empty(seen: Observation) -> Iterator[str]:
    for key, stream in seen.streams.items():
        if not stream.records.count and key.name not in seen.test.empty_streams:
            yield f"stream `{key}` gives no records; if that is right, name it in `empty_streams`"


def _expected(bench: Bench, test: Test, expectation: Expectation | None) -> CaseResult:
    if expectation:
        return judged(Category.BASIC_READ, _EXPECTED, expectation.finish())
    if test.expect_records and test.expect_records.bypass_reason:
        return skipped(Category.BASIC_READ, _EXPECTED, test.expect_records.bypass_reason)
    because = "no `expect_records`"
    if bench.subject.settings.strictness is Strictness.LOW:
        return skipped(Category.BASIC_READ, _EXPECTED, because)
    because += ": under `test_strictness_level: high` give it a `path` or a `bypass_reason`"
    return judged(Category.BASIC_READ, _EXPECTED, [because])


def _statuses(bench: Bench, seen: Observation) -> CaseResult:
    name = "each stream tells STARTED first and COMPLETE last"
    if bench.subject.settings.level is Level.YEAR_2021:
        return skipped(Category.BASIC_READ, name, "streams of 2021 told no status")
    if not seen.test.validate_stream_statuses:
        return skipped(Category.BASIC_READ, name, "`validate_stream_statuses` is false")
    problems = (
        f"stream `{key}`: {problem}"
        for key, stream in seen.streams.items()
        for problem in stream.statuses.problems()
    )
    return judged(Category.BASIC_READ, name, problems)


def _unseen(seen: Observation) -> Iterator[str]:
    for key, stream in seen.streams.items():
        if stream.records.count:
            for name in stream.properties.keys() - stream.columns:
                yield f"stream `{key}`: no record has a value in `{name}`"
