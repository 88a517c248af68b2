"""Columns of a table: a JSON Schema in, SQL types and a function from data to row out."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from destination_sqlite.json_values import dumps, exact, may_round
from destination_sqlite.names import legal

EXTRACTED_AT: Final = "_airbyte_extracted_at"
EXTRA: Final = "_airbyte_extra"
META: Final = "_airbyte_meta"
OWN_COLUMNS: Final = {EXTRACTED_AT: "INTEGER", EXTRA: "TEXT", META: "TEXT"}
MOST_COLUMNS: Final = 1900  # SQLite stops at 2000; what is left out here lands in `_airbyte_extra`
INTEGERS: Final = range(-(2**63), 2**63)
EXACT_REALS: Final = range(-(2**53), 2**53 + 1)

NOTHING: Final = type(None)
NUMBERS: Final = frozenset({int, float})
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
MakeRow = Callable[[Mapping[str, Any], bytes], Row]
PutAside = Callable[[str, Any, dict[str, Any]], Any]


def row_maker(columns: Sequence[Column]) -> MakeRow:
    """A function from a record and the line it came in to a row: the columns, then our own three.

    This runs once for each record, so it tests types by table and builds no objects on the way.
    A record in which an integer may have become a double is read again.
    """
    held = [(column.field, _held(column), *_limits(column)) for column in columns]
    fields = frozenset(column.field for column in columns)
    put_aside = _put_aside(columns)

    def make(record: Mapping[str, Any], line: bytes) -> Row:
        data = record["data"]
        get = data.get
        extra: dict[str, Any] = {}
        row = []
        is_plain = True
        for field, kinds, smallest, largest in held:
            value = get(field)
            kind = type(value)
            if kind not in kinds or (kind in NUMBERS and not smallest <= value <= largest):
                value = put_aside(field, value, extra)
                is_plain = False
            row.append(value)
        if not data.keys() <= fields:
            extra.update((field, data[field]) for field in data if field not in fields)
            is_plain = False
        if not is_plain and may_round(line):
            return make(exact(line)["record"], b"")
        meta = record.get("meta")
        row += (
            record.get("emitted_at"),
            dumps(extra) if extra else None,
            dumps(meta) if meta else None,
        )
        return tuple(row)

    return make


def _put_aside(columns: Sequence[Column]) -> PutAside:
    """A function from a value that its column may not hold to one that it does.

    What it cannot hold in any form goes to `_airbyte_extra`.
    """
    json_columns = frozenset(column.field for column in columns if column.sql_type in {"JSON", ""})
    keys = frozenset(column.field for column in columns if column.is_key)
    doubles = frozenset(column.field for column in columns if float in _held(column))
    # Where digits stay text; in other columns SQLite makes a double of them, and of two keys one.
    texts = frozenset(
        column.field
        for column in columns
        if column.sql_type == "" or (column.sql_type == "TEXT" and column.is_key)
    )

    def put_aside(field: str, value: Any, extra: dict[str, Any]) -> Any:
        kind = type(value)
        if kind in {dict, list} and (field in json_columns or field in keys):
            return dumps(value)
        if kind is float and field in doubles:
            return value
        if kind is int and field in json_columns and value in INTEGERS:
            return value
        if kind is int and field in keys | texts:
            return str(value) if field in texts else str(value).encode()
        extra[field] = value
        return None

    return put_aside


def _held(column: Column) -> frozenset[type]:
    # A key must never become null for its type: two records would become one.
    return HELD[column.sql_type] | SCALARS if column.is_key else HELD[column.sql_type]


def _limits(column: Column) -> tuple[int, int]:
    """The smallest and the largest integer that a column holds exactly."""
    held = EXACT_REALS if column.sql_type == "REAL" else INTEGERS
    return held.start, held.stop - 1
