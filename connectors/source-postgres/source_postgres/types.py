"""Types of PostgreSQL: a column in, its JSON Schema and the SQL that gives it as JSON out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from postgres_base.names import literal, quoted

# What a double holds without rounding, and what fits 64 bits: the most that readers of JSON keep.
EXACT_DIGITS: Final = 15
INTEGER_DIGITS: Final = 18
ANY_JSON: Final = ["null", "object", "array", "string", "number", "boolean"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A column as the catalog of the server describes it.

    Attributes:
        type_name: of the base type where the column has a domain; empty outside `pg_catalog`.
        kind: `pg_type.typtype` of the base type: `b` base, `e` enum, `c` composite, `r` range.
        modifier: `atttypmod`; for numeric it holds precision and scale, -1 is neither.
        element: name of the element's type where the type is an array.
        cast: the type as SQL writes it.
        is_required: declared NOT NULL.
    """

    name: str
    type_name: str
    kind: str = "b"
    modifier: int = -1
    element: str | None = None
    cast: str = "text"
    is_required: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """How a column is told.

    Attributes:
        schema: its JSON Schema, without null.
        expression: SQL for its value, with `{}` for the column; `to_json` makes JSON of it.
        lossy: SQL that is true where the value has no JSON and becomes null; empty where all have.
        is_cursor: whether it has an order that time or insertion follows.
    """

    schema: Mapping[str, Any]
    expression: str = "{}"
    lossy: str = ""
    is_cursor: bool = False


def _string(**more: str) -> dict[str, Any]:
    return {"type": "string", **more}


_NOT_A_NUMBER: Final = "{} IN ('NaN', 'Infinity', '-Infinity')"
# ISO 8601 has the years 1 to 9999 only.
_DATE: Final = "(NOT isfinite({}) OR {} < '0001-01-01' OR {} >= '10000-01-01')"
_INTEGER: Final = Shape(schema={"type": "integer"}, is_cursor=True)
_FLOAT: Final = Shape(schema={"type": "number"}, lossy=_NOT_A_NUMBER, is_cursor=True)
_TEXT: Final = Shape(schema=_string(), expression="{}::text")
_ORDERED_TEXT: Final = Shape(schema=_string(), expression="{}::text", is_cursor=True)
_JSON: Final = Shape(schema={"type": ANY_JSON})

SHAPES: Final[Mapping[str, Shape]] = {
    "bool": Shape(schema={"type": "boolean"}),
    "int2": _INTEGER,
    "int4": _INTEGER,
    "int8": _INTEGER,
    "oid": Shape(schema={"type": "integer"}, expression="{}::int8", is_cursor=True),
    "float4": _FLOAT,
    "float8": _FLOAT,
    "text": _ORDERED_TEXT,
    "varchar": _ORDERED_TEXT,
    "bpchar": _ORDERED_TEXT,
    "name": _ORDERED_TEXT,
    "uuid": Shape(schema=_string(format="uuid"), is_cursor=True),
    "date": Shape(schema=_string(format="date"), lossy=_DATE, is_cursor=True),
    "timestamp": Shape(
        schema=_string(format="date-time", airbyte_type="timestamp_without_timezone"),
        lossy=_DATE,
        is_cursor=True,
    ),
    "timestamptz": Shape(
        schema=_string(format="date-time", airbyte_type="timestamp_with_timezone"),
        lossy=_DATE,
        is_cursor=True,
    ),
    "time": Shape(
        schema=_string(format="time", airbyte_type="time_without_timezone"),
        expression="{}::text",
        is_cursor=True,
    ),
    # Hours alone are no offset in ISO 8601's extended form: `+00` becomes `+00:00`.
    "timetz": Shape(
        schema=_string(format="time", airbyte_type="time_with_timezone"),
        expression="regexp_replace({}::text, '([+-][0-9][0-9])$', '\\1:00')",
        is_cursor=True,
    ),
    "interval": _TEXT,  # ISO 8601, such as P1DT2H
    # RFC 2045 breaks lines after 76 characters, JSON Schema's base64 does not.
    "bytea": Shape(
        schema=_string(contentEncoding="base64"),
        expression="translate(encode({}, 'base64'), E'\\n', '')",
    ),
    "json": _JSON,
    "jsonb": _JSON,
}


def shape_of(column: Column) -> Shape:
    """How to tell a column; of a type that has no JSON of its own, the text."""
    if column.element is not None:
        # Text keeps the digits; and what is not a number is no JSON number either.
        is_numeric = column.element == "numeric"
        expression = "{}::text[]" if is_numeric else "{}"
        return Shape(schema={"type": "array"}, expression=expression)
    if column.kind == "c":
        return Shape(schema={"type": "object"})
    if column.type_name == "numeric":
        return _numeric(column.modifier)
    return SHAPES.get(column.type_name, _TEXT)


def _numeric(modifier: int) -> Shape:
    if modifier >= 0:
        # make_numeric_typmod() in the server's numeric.c; the scale has a sign since version 15.
        precision = ((modifier - 4) >> 16) & 0xFFFF
        scale = (((modifier - 4) & 0x7FF) ^ 1024) - 1024
        if scale <= 0 and precision - scale <= INTEGER_DIGITS:
            return Shape(schema={"type": "integer"}, lossy=_NOT_A_NUMBER, is_cursor=True)
        if precision <= EXACT_DIGITS:
            return Shape(schema={"type": "number"}, lossy=_NOT_A_NUMBER, is_cursor=True)
    schema = {"type": "string", "airbyte_type": "big_number"}
    return Shape(schema=schema, expression="{}::text", is_cursor=True)


def schema_of(column: Column) -> dict[str, Any]:
    """JSON Schema of a column's values; null is among them unless nothing can make it so."""
    shape = shape_of(column)
    schema = dict(shape.schema)
    if not (column.is_required and not shape.lossy) and schema["type"] != ANY_JSON:
        schema["type"] = ["null", schema["type"]]
    return schema


@dataclass(kw_only=True, slots=True)
class RowSql:
    """SQL for a row: `values` of its columns, and `changes`: names of those that became null."""

    values: list[str] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)


def row_sql(columns: list[Column], alias: str) -> RowSql:
    """SQL that gives a row of the table `alias` as JSON, and what could not be told of it."""
    row = RowSql()
    for column in columns:
        reference = f"{alias}.{quoted(column.name)}"
        shape = shape_of(column)
        expression = shape.expression.replace("{}", reference)
        if shape.lossy:
            lossy = shape.lossy.replace("{}", reference)
            expression = f"CASE WHEN {lossy} THEN NULL ELSE {expression} END"
            row.changes.append(f"CASE WHEN {lossy} THEN {literal(column.name)}::text END")
        row.values.append(f"{expression} AS {quoted(column.name)}")
    return row
