"""Columns of a table: a JSON Schema in, SQL types and a function from records to rows out."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from destination_postgres.json_values import UNSTORABLE
from destination_postgres.naming import legal_column
from destination_postgres.values import NULL, converter, json_cell

EXTRACTED_AT: Final = "_airbyte_extracted_at"
EXTRA: Final = "_airbyte_extra"
META: Final = "_airbyte_meta"
KEY: Final = "_airbyte_key"
ORDER: Final = "_airbyte_order"  # of a temporary table
OWN_COLUMNS: Final = {EXTRACTED_AT: "timestamp with time zone", EXTRA: "jsonb", META: "jsonb"}
# A row must fit a page of 8 KiB, to which each long value adds a pointer of 18 bytes.
MOST_COLUMNS: Final = 400
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

SQL_TYPES: Final = {
    "integer": "bigint",
    "number": "numeric",
    "boolean": "boolean",
    "object": "jsonb",
    "array": "jsonb",
}
FORMATS: Final = {
    "date": "date",
    "date-time": "timestamp with time zone",
    "time": "time with time zone",
}
AIRBYTE_TYPES: Final = {
    "timestamp_without_timezone": "timestamp without time zone",
    "timestamp_with_timezone": "timestamp with time zone",
    "time_without_timezone": "time without time zone",
    "time_with_timezone": "time with time zone",
    "big_number": "numeric",
    "big_integer": "numeric",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A field of records and the column that holds it."""

    field: str
    name: str
    sql_type: str


def columns_of(json_schema: Mapping[str, Any], keys: Collection[str]) -> list[Column]:
    """A column for each property, and for each key whether the schema knows it or not.

    What finds no column, for there are too many or its name is taken, lands in `_airbyte_extra`.
    """
    properties = dict(json_schema.get("properties") or {})
    taken = {*OWN_COLUMNS, KEY, ORDER}
    columns: list[Column] = []
    for field in dict.fromkeys([*keys, *properties]):
        name = legal_column(field)
        if name not in taken and len(columns) < MOST_COLUMNS:
            taken.add(name)
            sql_type = _sql_type(properties.get(field))
            columns.append(Column(field=field, name=name, sql_type=sql_type))
    return columns


def _sql_type(described: Any) -> str:
    if not isinstance(described, dict):
        return "jsonb"
    declared = described.get("type")
    names = {declared} if isinstance(declared, str) else set(declared or ())
    types = {SQL_TYPES.get(name, _text_type(described)) for name in names - {"null"}}
    if types == {"bigint", "numeric"}:
        return "numeric"
    return types.pop() if len(types) == 1 else "jsonb"


def _text_type(described: Mapping[str, Any]) -> str:
    plain = FORMATS.get(str(described.get("format")), "text")
    return AIRBYTE_TYPES.get(str(described.get("airbyte_type")), plain)


MakeRow = Callable[[Mapping[str, Any]], list[str]]


def row_maker(columns: Sequence[Column]) -> MakeRow:
    """A function from a record message's payload to cells: the columns, then our own three.

    This runs once for each record. A value that is not of its column's type goes to
    `_airbyte_extra`, and `_airbyte_meta` says so.
    """
    known = [(column.field, converter(column.sql_type)) for column in columns]
    fields = frozenset(column.field for column in columns)
    extracted_at = _moments()

    def make(record: Mapping[str, Any]) -> list[str]:
        data = record["data"]
        get = data.get
        extra: dict[str, Any] = {}
        changes: list[dict[str, str]] = []
        cells = []
        for field, convert in known:
            value = get(field)
            if value is None:
                cells.append(NULL)
                continue
            cell = convert(value)
            if cell is None:
                extra[field] = value
                changes.append(_change(field, "NULLED", "DESTINATION_TYPECAST_ERROR"))
                cell = NULL
            elif type(cell) is not str:
                changes.append(_change(field, "TRUNCATED", "DESTINATION_SERIALIZATION_ERROR"))
            cells.append(cell)
        if not data.keys() <= fields:
            extra.update((field, data[field]) for field in data if field not in fields)
        meta = _meta(record.get("meta"), changes)
        cells += (
            extracted_at(record.get("emitted_at")),
            json_cell(extra) if extra else NULL,
            json_cell(meta) if meta else NULL,
        )
        return cells

    return make


def _change(field: str, change: str, reason: str) -> dict[str, str]:
    return {"field": UNSTORABLE.sub("_", field), "change": change, "reason": reason}


def _meta(meta: Any, changes: list[dict[str, str]]) -> Any:
    if not changes:
        return meta
    given = meta if isinstance(meta, dict) else {}
    return {**given, "changes": [*(given.get("changes") or ()), *changes]}


def _moments() -> Callable[[Any], str]:
    """A function from `emitted_at` to a cell; most records share it with the one before."""
    last: Any = None
    cell = NULL

    def moment(emitted_at: Any) -> str:
        nonlocal last, cell
        if emitted_at != last:
            last, cell = emitted_at, NULL
            with suppress(TypeError, OverflowError):
                cell = (EPOCH + timedelta(milliseconds=emitted_at)).isoformat()
        return cell

    return moment
