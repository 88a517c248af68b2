"""`read` twice from the beginning: both times the same records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from build_config.acceptance import answers
from build_config.acceptance.case import CaseResult, Category, Problems, judged
from build_config.acceptance.reading import in_full_refresh, read, usual_catalog
from build_config.acceptance.record_sets import RecordSet, without
from build_config.connector_protocol.catalog import ConfiguredCatalog, StreamKey

if TYPE_CHECKING:
    from build_config.acceptance.bench import Bench
    from build_config.acceptance.config import Test
    from build_config.acceptance.conversation import Answer
    from build_config.connector_protocol.messages import Message

_NAME = "two full refreshes give the same records"


async def judge(bench: Bench, test: Test) -> list[CaseResult]:
    """Two reads; the one that basic_read made counts as the first where it was the same."""
    catalog = in_full_refresh(await usual_catalog(bench, test))
    seconds = 0.0
    first: Mapping[StreamKey, RecordSet] | None = bench.remembered(test, catalog)
    if first is None:
        first, answer = await _read(bench, test, catalog)
        seconds += answer.ending.seconds
        if not answer.ending.is_good:
            return [_failed("the first read", answer, seconds)]
    second, answer = await _read(bench, test, catalog)
    seconds += answer.ending.seconds
    if not answer.ending.is_good:
        return [_failed("the second read", answer, seconds)]
    problems = Problems()
    for key, records in first.items():
        told = records.differences(second[key])
        problems.add_all(f"stream `{key}`: {difference}" for difference in told)
    if not any(records.count for records in first.values()):
        problems.add("there are no records to compare")
    return [judged(Category.FULL_REFRESH, _NAME, problems, seconds=seconds, details=answer.details)]


async def _read(
    bench: Bench, test: Test, catalog: ConfiguredCatalog
) -> tuple[dict[StreamKey, RecordSet], Answer]:
    sets = {entry.stream.key: RecordSet() for entry in catalog.streams}
    ignored = test.ignored_fields

    def listen(message: Message) -> None:
        if message.type != "RECORD":
            return
        key = StreamKey.of(message.payload, "stream")
        if key in sets:
            data = message.payload["data"]
            fields = ignored.get(key.name)
            sets[key].add(without(data, fields) if fields else data)

    answer = await read(bench, test, catalog, listen=listen)
    return sets, answer


def _failed(which: str, answer: Answer, seconds: float) -> CaseResult:
    problems = [f"{which} {problem}" for problem in answers.ended_badly(answer)]
    return judged(Category.FULL_REFRESH, _NAME, problems, seconds=seconds, details=answer.details)
