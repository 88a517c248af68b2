"""Types of columns: rows of a sample in, a JSON Schema out."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

JSON_TYPES: Final[Mapping[type, str]] = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    dict: "object",
    list: "array",
}

# 18 digits fit 64 bits; a leading zero (a postal code, a phone number) would be lost in a number.
INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
# 15 digits are what a double holds without rounding.
NUMBER: Final = re.compile(
    r"-?(?=(?:\.?[0-9]){1,15}(?:[eE]|$))(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,2})?"
)
BOOLEANS: Final = {
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}


def type_of_cell(cell: str, null_values: frozenset[str]) -> str:
    """The narrowest JSON type that holds a CSV cell."""
    if cell in null_values:
        return "null"
    if cell in BOOLEANS:
        return "boolean"
    if INTEGER.fullmatch(cell):
        return "integer"
    return "number" if NUMBER.fullmatch(cell) else "string"


def merged(one: str, other: str) -> str:
    """The narrowest type that holds both; anything can be written as a string."""
    if other in {one, "null"}:
        return one
    if one == "null":
        return other
    return "number" if {one, other} == {"integer", "number"} else "string"


def merge_row(types: dict[str, str], row: Iterable[tuple[str, str]]) -> None:
    """Widen `types` (column to type) by one row of (column, type)."""
    for column, found in row:
        types[column] = merged(types.get(column, "null"), found)


def json_schema(types: Mapping[str, str]) -> dict[str, Any]:
    """The stream's schema; a column that was always null is taken for a string."""
    columns: dict[str, Any] = {}
    for column, found in types.items():
        columns[column] = {"type": ["null", "string" if found == "null" else found]}
        if found == "object":
            columns[column]["additionalProperties"] = True
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "additionalProperties": True,
        "properties": {
            **columns,
            "_file": {"type": "string", "description": "Path or address of the file."},
            "_line": {"type": "integer", "description": "Line on which the record starts, from 1."},
            "_file_modified_at": {
                "type": ["null", "string"],
                "format": "date-time",
                "airbyte_type": "timestamp_with_timezone",
                "description": "When the file was last modified, in UTC.",
            },
            "_extra": {
                "type": ["null", "object"],
                "additionalProperties": True,
                "description": "Unknown columns, and values of another type.",
            },
        },
    }
