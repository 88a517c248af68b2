"""Columns of a table: a JSON Schema in, SQL types and a function from data to row out."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from destination_sqlite.names import legal

EXTRACTED_AT: Final = "_airbyte_extracted_at"
EXTRA: Final = "_airbyte_extra"
META: Final = "_airbyte_meta"
OWN_COLUMNS: Final = {EXTRACTED_AT: "INTEGER", EXTRA: "TEXT", META: "TEXT"}
MOST_COLUMNS: Final = 1900  # SQLite stops at 2000; what is left out here lands in `_airbyte_extra`
LARGEST_INTEGER: Final = 2**63 - 1
LARGEST_EXACT_REAL: Final = 2**53

NOTHING: Final = type(None)
# What a column of a type holds without SQLite changing it; anything else goes to `_airbyte_extra`.
HELD: Final[Mapping[str, frozenset[type]]] = {
    "INTEGER": frozenset({NOTHING, int}),
    "REAL": frozenset({NOTHING, int, float}),
    "BOOLEAN": frozenset({NOTHING, bool}),
    "TEXT": frozenset({NOTHING, str}),
    "JSON": frozenset({NOTHING}),
    "": frozenset({NOTHING, int, float, bool, str}),
}
SCALARS: Final = HELD[""]
SQL_TYPES: Final = {
    "integer": "INTEGER",
    "number": "REAL",
    "boolean": "BOOLEAN",
    "string": "TEXT",
    "object": "JSON",
    "array": "JSON",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A field of records and the column that holds it."""

    field: str
    name: str
    sql_type: str
    is_key: bool = False


def columns_of(json_schema: Mapping[str, Any], keys: Collection[str]) -> list[Column]:
    """A column for each property, and for each key whether the schema knows it or not.

    Of names that SQLite takes for one (`id`, `ID`) the first gets the column.
    """
    properties = dict(json_schema.get("properties") or {})
    ordered = [*dict.fromkeys(keys), *(name for name in properties if name not in keys)]
    taken = {name.lower() for name in OWN_COLUMNS}
    columns = []
    for field in ordered[:MOST_COLUMNS]:
        name = legal(field)
        if name.lower() not in taken:
            taken.add(name.lower())
            sql_type = _sql_type(properties.get(field))
            columns.append(Column(field=field, name=name, sql_type=sql_type, is_key=field in keys))
    return columns


def _sql_type(described: Any) -> str:
    declared = described.get("type") if isinstance(described, dict) else None
    names = {declared} if isinstance(declared, str) else set(declared or ())
    types = {SQL_TYPES.get(name, "") for name in names - {"null"}}
    if types == {"INTEGER", "REAL"}:
        return "REAL"
    return types.pop() if len(types) == 1 else ""


Row = tuple[Any, ...]
MakeRow = Callable[[Mapping[str, Any]], Row]


def row_maker(columns: Sequence[Column]) -> MakeRow:
    """A function from a record message's payload to a row: the columns, then our own three.

    This runs once for each record, so it tests types by table and builds no objects on the way.
    """
    held = [(column.field, _held(column)) for column in columns]
    fields = frozenset(column.field for column in columns)
    json_columns = frozenset(column.field for column in columns if column.sql_type in {"JSON", ""})
    keys = frozenset(column.field for column in columns if column.is_key)
    reals = frozenset(column.field for column in columns if column.sql_type == "REAL") - keys

    def odd(field: str, value: Any, extra: dict[str, Any]) -> Any:
        kind = type(value)
        if kind in {dict, list} and (field in json_columns or field in keys):
            return orjson.dumps(value).decode()
        if kind is int and field in keys | json_columns:
            return str(value)  # beyond 64 bits
        extra[field] = value
        return None

    def make(record: Mapping[str, Any]) -> Row:
        data = record["data"]
        get = data.get
        extra: dict[str, Any] = {}
        row = []
        for field, kinds in held:
            value = get(field)
            kind = type(value)
            if kind not in kinds or (
                kind is int and (value > LARGEST_INTEGER or (field in reals and _rounds(value)))
            ):
                value = odd(field, value, extra)
            row.append(value)
        if not data.keys() <= fields:
            extra.update((field, data[field]) for field in data if field not in fields)
        meta = record.get("meta")
        row += (
            record.get("emitted_at"),
            orjson.dumps(extra).decode() if extra else None,
            orjson.dumps(meta).decode() if meta else None,
        )
        return tuple(row)

    return make


def _held(column: Column) -> frozenset[type]:
    # A key must never become null for its type: two records would become one.
    return HELD[column.sql_type] | SCALARS if column.is_key else HELD[column.sql_type]


def _rounds(value: int) -> bool:
    return not -LARGEST_EXACT_REAL <= value <= LARGEST_EXACT_REAL
