"""Schemas that are none, values that do not fit, and how both are told."""

from __future__ import annotations

import pytest

from build_config.connector_protocol.json_schema import (
    SchemaError,
    compile_schema,
    faults,
    place,
)
from build_config.connector_protocol.schema_walk import nodes


def test_a_value_that_fits_has_no_faults() -> None:
    assert faults(compile_schema({"type": "object"}), {}) == ()


def test_a_fault_names_the_place() -> None:
    schema = {"properties": {"users": {"items": {"required": ["id"]}}}}
    found = faults(compile_schema(schema), {"users": [{"id": 1}, {}]}, under="data")
    assert found == ("`data.users[1].id` is missing",)


def test_only_the_first_faults_are_told() -> None:
    validator = compile_schema({"items": {"type": "string"}})
    assert len(faults(validator, [1] * 100, most=3)) == 3


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"type": "strin"}, '`type`: "strin"'),
        ({"properties": {"a": 3}}, "`properties.a`: 3 is not of types"),
        ({"$ref": "#/definitions/x"}, "/definitions/x"),
        ({"$ref": "https://example.org/schema.json"}, "https://example.org/schema.json"),
        ({"properties": {"a": {"pattern": "(?<x"}}}, "`properties.a.pattern`"),
        ([], "[]"),
    ],
)
def test_what_is_no_schema_is_refused_with_its_place(schema: object, told: str) -> None:
    with pytest.raises(SchemaError) as raised:
        compile_schema(schema)
    assert told in str(raised.value)


def test_secret_values_are_not_quoted() -> None:
    validator = compile_schema({"properties": {"a": {"type": "integer"}}}, hide_values=True)
    found = faults(validator, {"a": "hunter2"})
    assert found == ('`a`: the value is not of type "integer"',)


@pytest.mark.parametrize(
    ("name", "value", "is_valid"),
    [
        ("date-time", "2021-01-01T00:00:00Z", True),
        ("date-time", "2021-01-01T00:00:00", True),
        ("date-time", "2021-01-01 00:00:00.123456789+01:00", True),
        ("date-time", "2021-01-01", False),
        ("date-time", "yesterday", False),
        ("date", "2021-01-01", True),
        ("date", "0044-03-15 BC", True),
        ("date", "2021-02-30", False),
        ("time", "12:00:00", True),
        ("time", "25:00", False),
    ],
)
def test_times_are_read_as_warehouses_do(name: str, value: str, *, is_valid: bool) -> None:
    assert compile_schema({"format": name}).is_valid(value) is is_valid


def test_places_are_written_as_people_write_them() -> None:
    assert place(["a", 0, "b c", "d"]) == 'a[0]["b c"].d'
    assert place([], "record") == "record"


def test_all_schemas_within_a_schema_are_found() -> None:
    schema = {
        "properties": {
            "": {},
            "list": {"items": {"properties": {"id": {}}}},
            "one": {"oneOf": [{"properties": {"kind": {"const": "a"}}}, True]},
        },
        "definitions": {"x": {}},
    }
    paths = [path for path, _ in nodes(schema)]
    assert paths == [
        "",
        "",
        "list",
        "list[]",
        "list[].id",
        "one",
        "one.oneOf[0]",
        "one.oneOf[0].kind",
        "x",
    ]


def test_a_schema_without_end_ends() -> None:
    endless: dict[str, object] = {}
    endless["items"] = endless
    assert len(list(nodes(endless))) < 200
