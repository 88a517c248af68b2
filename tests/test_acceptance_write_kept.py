from __future__ import annotations

from typing import Any

import pytest

from build_config.acceptance.kept_records import differences, kept
from build_config.acceptance.messages_to_write import Data, Stream

USERS = Stream(
    name="users",
    mode="append_dedup",
    properties={
        "id": {"type": "integer"},
        "at": {"type": "string", "format": "date-time"},
        "hour": {"type": "string", "format": "time"},
        "value": {},
    },
    cursor="at",
)


def in_mode(mode: str) -> Stream:
    return Stream(name="users", mode=mode, properties=USERS.properties, cursor=USERS.cursor)


def user(number: int, day: int, value: Any = None) -> Data:
    return {"id": number, "at": f"2026-01-{day:02}T00:00:00Z", "value": value}


def told(sent: Any, found: Any, field: str = "value") -> list[str]:
    """What is said when one record with this value is read back with that one."""
    return list(differences(USERS, [{"id": 1, field: sent}], [{"id": 1, field: found}]))


def test_overwrite_keeps_what_came_last_and_append_everything() -> None:
    old, new = [user(1, 1)], [user(2, 1)]
    assert kept(in_mode("overwrite"), old, new) == new
    assert kept(in_mode("overwrite"), old, []) == []
    assert kept(in_mode("append"), old, new) == [*old, *new]


def test_append_dedup_keeps_the_newest_by_cursor_and_of_equals_the_last() -> None:
    old, older, newer = user(1, 2, "old"), user(1, 1, "older"), user(1, 3, "newer")
    assert kept(USERS, [old], [older]) == [old]
    assert kept(USERS, [old], [newer, older]) == [newer]
    again = user(1, 2, "again")
    assert kept(USERS, [old], [again]) == [again]


def test_the_order_of_records_does_not_matter() -> None:
    records = [user(1, 1, "a"), user(1, 1, "b"), user(2, 1)]
    assert list(differences(in_mode("append"), records, records[::-1])) == []


def test_records_that_are_missing_doubled_or_foreign_are_named() -> None:
    found = [user(1, 1), user(1, 1), user(3, 1)]
    assert list(differences(USERS, [user(1, 1), user(2, 1)], found)) == [
        "`users`: the record with `id` 1 is there 2 times instead of once",
        "`users`: the record with `id` 2 is there 0 times instead of once",
        "`users`: the record with `id` 3 is there once instead of 0 times",
    ]


@pytest.mark.parametrize(
    ("sent", "found", "field"),
    [
        (1, 1.0, "value"),
        (None, None, "value"),
        ("2026-01-01T02:00:00+02:00", "2026-01-01 00:00:00+00", "at"),
        ("2026-01-01T00:00:00", "2026-01-01T00:00:00Z", "at"),
        ("23:59:58", "23:59:58.000000", "hour"),
        ("a NUL \0 inside", "a NUL  inside", "value"),
        ({"a": [1, {"b": None}]}, {"a": [1.0, {"b": None}]}, "value"),
    ],
)
def test_the_same_value_written_in_another_way_is_the_same(
    sent: Any, found: Any, field: str
) -> None:
    assert told(sent, found, field) == []


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        (9007199254740993, 9007199254740992),
        (9007199254740993, 9007199254740992.0),
        (1, True),
        (0, False),
        (1, "1"),
        ("", None),
        (None, ""),
        ({"a": 1}, '{"a": 1}'),
        ([1, 2], [2, 1]),
        ("é", "e\u0301"),
        ("2026-01-01", "2026-01-01T00:00:00Z"),
    ],
)
def test_another_value_is_told(sent: Any, found: Any) -> None:
    (problem,) = told(sent, found)
    assert problem.startswith("`users`: the record with `id` 1: `value` is ")


def test_another_moment_is_told() -> None:
    (problem,) = told("2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z", "at")
    assert problem.endswith('`at` is "2026-01-01T00:00:01Z", not "2026-01-01T00:00:00Z"')


def test_a_field_that_the_schema_does_not_know_may_be_left_out_but_not_changed() -> None:
    assert told({"deep": 1}, None, "unknown") == []
    assert told({"deep": 1}, {"deep": 1}, "unknown") == []
    assert told({"deep": 1}, {"deep": 2}, "unknown") != []


def test_long_values_are_cut() -> None:
    (problem,) = told("x" * 10_000, "y" * 10_000)
    assert len(problem) < 250
