import json
from decimal import Decimal
from typing import Any

import pytest
from destination_postgres.columns import Column, columns_of, row_maker
from destination_postgres.json_values import dumps, loads
from destination_postgres.values import NULL, converter

TEXT, STAMP, ZONED = "text", "timestamp without time zone", "timestamp with time zone"


@pytest.mark.parametrize(
    ("sql_type", "value", "cell"),
    [
        ("bigint", 2**63 - 1, "9223372036854775807"),
        ("bigint", -(2**63), "-9223372036854775808"),
        ("bigint", 2**63, None),
        ("bigint", 7.0, "7"),
        ("bigint", 7.5, None),
        ("bigint", True, None),
        ("bigint", "7", None),
        ("numeric", 0.1, "0.1"),
        ("numeric", 2.0, "2"),
        ("numeric", "12.50", "12.50"),
        ("numeric", "NaN", "NaN"),
        ("numeric", "Infinity", None),
        ("numeric", "1_000", None),
        ("numeric", Decimal("1E+400"), "1E+400"),
        ("numeric", Decimal("1E+400000"), None),
        ("boolean", True, "t"),
        ("boolean", 1, None),
        (TEXT, 'a\tb\n\\N "q"', 'a\\tb\\n\\\\N "q"'),
        (TEXT, 7, None),
        ("date", "2026-02-28", "2026-02-28"),
        ("date", "2026-02-30", None),
        ("date", "2026-01-01T00:00:00Z", None),
        ("date", "0000-01-01", None),
        (STAMP, "2026-01-01T00:00:00.123456789", "2026-01-01T00:00:00.123456789"),
        (STAMP, "2026-01-01T00:00:00Z", None),
        (ZONED, "2026-01-01 00:00:00+05:30", "2026-01-01 00:00:00+05:30"),
        (ZONED, "2026-01-01T00:00:00+23:00", None),
        (ZONED, "2026-01-01T25:00:00Z", None),
        (ZONED, "now", None),
        ("time without time zone", "23:59:59", "23:59:59"),
        ("time without time zone", "23:59:59Z", None),
        ("time with time zone", "23:59:59+00:00", "23:59:59+00:00"),
        ("jsonb", {"a": "\\"}, '{"a":"\\\\\\\\"}'),
        ("point", "(1,2)", None),
    ],
)
def test_a_cell_is_what_the_server_takes_for_the_value(
    sql_type: str, value: Any, cell: str | None
) -> None:
    assert converter(sql_type)(value) == cell


def test_what_the_server_cannot_store_is_replaced_and_marked() -> None:
    for cell in (converter(TEXT)("a\0b"), converter("jsonb")({"a\0": ["\0"]})):
        assert "\N{REPLACEMENT CHARACTER}" in str(cell)
        assert type(cell) is not str
    # an escaped backslash before `u0000` is no NUL
    assert dumps({"a": "\\u0000"}) == ('{"a":"\\\\u0000"}', False)


@pytest.mark.parametrize(
    "text",
    [
        "123456789012345678901234567890",
        "0.12345678901234567890123",
        "1e400",
        "-9223372036854775809",
        "[1.10000000000000000000001]",
    ],
)
def test_numbers_of_any_size_go_through_as_they_are(text: str) -> None:
    told, is_changed = dumps(loads(text.encode()))
    assert not is_changed
    assert Decimal(told.strip("[]")) == Decimal(text.strip("[]"))


def test_half_a_surrogate_pair_is_read() -> None:
    assert loads(rb'{"a": "\ud800"}') == {"a": "\ud800"}
    with pytest.raises(ValueError, match=r"\S"):
        loads(b'{"a": "\\u')


def test_schemas_become_types() -> None:
    schema = {
        "properties": {
            "a": {"type": ["null", "integer"]},
            "b": {"type": ["integer", "number"]},
            "c": {"type": ["string", "integer"]},
            "d": {"type": "string", "format": "date-time"},
            "e": {
                "type": "string",
                "format": "date-time",
                "airbyte_type": "timestamp_without_timezone",
            },
            "f": {"type": "string", "airbyte_type": "big_number"},
            "g": {},
            "xmin": {"type": "string"},
            "_airbyte_meta": {"type": "string"},
        }
    }
    columns = {it.name: it.sql_type for it in columns_of(schema, ["k"])}
    assert columns == {
        "k": "jsonb",
        "a": "bigint",
        "b": "numeric",
        "c": "jsonb",
        "d": ZONED,
        "e": STAMP,
        "f": "numeric",
        "g": "jsonb",
        "_xmin": "text",
    }


def test_a_row_keeps_what_finds_no_column() -> None:
    make = row_maker([Column(field="n", name="n", sql_type="bigint")])
    record = {"data": {"n": "x", "other": 1}, "emitted_at": 1_500, "meta": {"changes": [{"a": 1}]}}
    number, moment, extra, meta = make(record)
    assert (number, moment) == (NULL, "1970-01-01T00:00:01.500000+00:00")
    assert json.loads(extra) == {"n": "x", "other": 1}
    assert [change.get("change") for change in json.loads(meta)["changes"]] == [None, "NULLED"]
    assert make({"data": {"n": None}}) == [NULL, NULL, NULL, NULL]
