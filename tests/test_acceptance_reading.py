"""Two reads compared, states resumed from, statuses in order: on records of a few fields."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterable
from typing import Any

import pytest

from build_config.acceptance.case import Problems
from build_config.acceptance.config import ExpectedRecords, Test
from build_config.acceptance.expected_records import Expectation
from build_config.acceptance.observation import Observation
from build_config.acceptance.record_sets import RecordSet, without
from build_config.acceptance.recording import Recording
from build_config.acceptance.stream_statuses import Statuses
from build_config.connector_protocol.catalog import ConfiguredCatalog, Stream, StreamKey
from build_config.connector_protocol.messages import Message

USERS = StreamKey("users")


def catalog(*names: str) -> ConfiguredCatalog:
    streams = (
        Stream.from_document(
            {
                "name": name,
                "json_schema": {"properties": {"id": {"type": "integer"}, "at": {}}},
                "supported_sync_modes": ["incremental"],
                "default_cursor_field": ["at"],
            }
        )
        for name in names or ("users",)
    )
    return ConfiguredCatalog.of(streams, sync_mode="incremental")


def record(data: dict[str, Any], stream: str = "users", line: int = 1) -> Message:
    return Message("RECORD", {"stream": stream, "data": data, "emitted_at": 1}, line)


def state(value: int, stream: str = "users", line: int = 1) -> Message:
    described = {"stream_descriptor": {"name": stream}, "stream_state": {"at": value}}
    return Message("STATE", {"type": "STREAM", "stream": described}, line)


def records(*values: Any) -> RecordSet:
    found = RecordSet()
    for value in values:
        found.add({"id": value})
    return found


def test_two_reads_in_another_order_are_equal() -> None:
    assert list(records(1, 2, 2).differences(records(2, 1, 2))) == []


def test_a_difference_is_told_with_an_example() -> None:
    assert list(records(1, 2).differences(records(1, 3))) == [
        "only in the first read: {'id': 2}",
        "only in the second read: {'id': 3}",
    ]
    assert list(records(1, 2).differences(records(1, 2, 2))) == [
        "2 records in the first read, 3 in the second",
        "only in the second read: {'id': 2}",
    ]


def test_many_records_are_compared_in_bounded_memory() -> None:
    tracemalloc.start()
    try:
        first, second = records(*range(150_000)), records(*range(1, 150_001))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert list(first.differences(second)) == ["the two reads give different records"]
    assert list(first.differences(first)) == []
    assert peak < 64 << 20


def test_fields_are_left_out_by_their_path() -> None:
    data = {"id": 1, "at": 2, "in": {"a": 1, "b": 2}}
    assert without(data, ["at", "in/b", "none", "id/x"]) == {"id": 1, "in": {"a": 1}}
    assert data["in"] == {"a": 1, "b": 2}


def recording(*messages: Message, names: tuple[str, ...] = ()) -> Recording:
    heard = Recording.of(catalog(*names), {})
    for message in messages:
        heard(message)
    return heard


def at(*values: int) -> list[Message]:
    return [record({"id": number, "at": value}) for number, value in enumerate(values)]


def problems(first: Recording, index: int, resumed: Iterable[Message]) -> list[str]:
    _, done = first.checkpoint(index)
    return list(first.wrong_in(recording(*resumed), done))


def test_a_read_that_goes_on_behind_the_state_is_right() -> None:
    one, two, three = at(1, 2, 3)
    first = recording(one, two, state(2), three, state(3))
    assert problems(first, 0, [three]) == []
    assert problems(first, 1, []) == []


def test_what_is_lost_and_what_is_repeated_is_told() -> None:
    one, two, three = at(1, 2, 3)
    first = recording(one, two, state(2), three)
    assert problems(first, 0, []) == [
        "stream `users`: 1 records are lost, such as {'id': 2, 'at': 3}"
    ]
    assert problems(first, 0, [one, three]) == [
        "stream `users`: 1 records from before the cursor come again, such as {'id': 0, 'at': 1}"
    ]


def test_records_of_the_last_value_may_come_again() -> None:
    one, two, three = at(1, 2, 2)
    first = recording(one, two, three, state(2))
    assert problems(first, 0, [two, three]) == []


def test_numbers_in_text_may_be_a_cursor() -> None:
    """As text "9" is the last; what was read last may come again all the same."""
    nine, ten = (record({"id": number, "at": str(number)}) for number in (9, 10))
    first = recording(nine, ten, state(10))
    assert problems(first, 0, [ten]) == []


def test_a_stream_without_a_state_yet_starts_from_the_beginning() -> None:
    order = record({"id": 7, "at": 1}, "orders")
    (user,) = at(1)
    first = recording(order, user, state(1), names=("users", "orders"))
    checkpoint, done = first.checkpoint(0)
    assert done == {StreamKey("users"): 1, StreamKey("orders"): 0}
    assert len(checkpoint.document()) == 1
    resumed = recording(names=("users", "orders"))
    assert list(first.wrong_in(resumed, done)) == [
        "stream `orders`: 1 records are lost, such as {'id': 7, 'at': 1}"
    ]


def test_a_state_that_is_said_twice_counts_once() -> None:
    assert len(recording(state(1), state(1), state(2)).states) == 2


def statuses(*steps: str) -> list[str]:
    told = Statuses()
    for line, step in enumerate(steps, 1):
        if step == "record":
            told.take_record(line)
        else:
            told.take(step, line)
    return list(told.problems())


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ("STARTED RUNNING record record COMPLETE", []),
        ("STARTED COMPLETE", []),
        ("STARTED record RUNNING RUNNING COMPLETE", []),
        ("", ["it never tells a status: STARTED and COMPLETE are missing"]),
        ("STARTED RUNNING", ["its last status is RUNNING: COMPLETE is missing"]),
        ("RUNNING COMPLETE", ["line 1: RUNNING after nothing"]),
        ("STARTED COMPLETE record", ["line 3: a record after COMPLETE"]),
        ("record STARTED COMPLETE", ["line 1: a record before STARTED"]),
        ("STARTED COMPLETE COMPLETE", ["line 3: COMPLETE after COMPLETE"]),
        ("STARTED INCOMPLETE", ["its last status is INCOMPLETE: COMPLETE is missing"]),
    ],
)
def test_statuses_have_an_order(steps: str, expected: list[str]) -> None:
    assert statuses(*steps.split()) == expected


def expectation(*expected: dict[str, Any], **rules: Any) -> Expectation:
    return Expectation(
        rules=ExpectedRecords(path="x", **rules), path="x", left={USERS: list(expected)}
    )


def told(expected: Expectation, *read: dict[str, Any]) -> str:
    for line, data in enumerate(read, 1):
        expected.take(USERS, data, line)
    return str(expected.finish())


def test_expected_records_come_in_any_order_among_others() -> None:
    assert told(expectation({"id": 1}, {"id": 2}), {"id": 3}, {"id": 2}, {"id": 1}) == ""


def test_numbers_are_equal_however_they_are_written() -> None:
    assert told(expectation({"id": 1}), {"id": 1.0}) == ""


def test_an_expected_record_that_is_not_read_is_told() -> None:
    assert told(expectation({"id": 1})) == 'stream `users`: not read: {"id": 1}'


def test_the_exact_order_names_the_field_that_differs() -> None:
    expected = expectation({"id": 1}, {"id": 2}, exact_order=True)
    assert told(expected, {"id": 1}, {"id": 3, "x": 1}) == (
        "stream `users`, line 2: `id` is 3 instead of 2; `x` is not expected"
    )


def test_other_records_and_fields_can_be_forbidden_or_allowed() -> None:
    assert "not expected" in told(expectation(extra_records=False), {"id": 1})
    assert (
        told(expectation({"a": {"b": 1}}, extra_fields=True), {"a": {"b": 1, "c": 2}, "d": 3}) == ""
    )


def observe(test: Test, *messages: Message) -> Observation:
    seen = Observation.of(catalog(), test)
    for message in messages:
        seen(message)
    return seen


def test_states_of_two_kinds_are_told() -> None:
    legacy = Message("STATE", {"data": {}}, 2)
    seen = observe(Test(), state(1), legacy)
    assert str(seen.state_problems) == "line 2: LEGACY after states of another type"


def test_a_switch_turns_a_check_off() -> None:
    odd = record({"id": "x", "more": 1})
    assert observe(Test(), odd).mismatches.count == 2
    assert observe(Test(fail_on_extra_columns=False), odd).mismatches.count == 1
    assert not observe(Test(validate_schema=False), odd).mismatches


def test_a_million_problems_are_counted_and_five_are_told() -> None:
    found = Problems()
    for number in range(1_000_000):
        found.add(f"problem {number}")
    assert len(found.first) == 5
    assert str(found).endswith("problem 4; and 999995 more")
