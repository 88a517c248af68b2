"""What makes two records one: key and cursor of a stream in, SQL and a unique index out.

The key of a row is a hash of its key fields. So null is a value of a key like any other, a text of
any length can be one, and so can a value that is not of its column's type.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from postgres_base.names import literal, qualified, quoted

from destination_postgres.catalog import FieldPath
from destination_postgres.columns import EXTRA, EXTRACTED_AT, KEY, Column
from destination_postgres.naming import TableName
from destination_postgres.schema import Connection


@dataclass(frozen=True, kw_only=True, slots=True)
class Key:
    """A primary key and a cursor over columns; an empty `cursor_path` is none."""

    paths: tuple[FieldPath, ...]
    cursor_path: FieldPath
    columns: Sequence[Column]

    def sql(self) -> str:
        """SQL for the key of a row."""
        values = ", ".join(
            f"coalesce({', '.join([*self._in_column(path), _in_extra(path)])}, 'null')"
            for path in self.paths
        )
        return f"sha256(convert_to(jsonb_build_array({values})::text, 'UTF8'))"

    def cursor(self, prefix: str = "") -> str:
        """SQL for the cursor of a row; `prefix` is the name of its table, with a point."""
        path = self.cursor_path
        column = self._column(path[0])
        if column is None:
            return f"{prefix}{_in_extra(path)}"
        reference = prefix + quoted(column.name)
        if len(path) > 1:
            return f"to_jsonb({reference}) #> {_array(path[1:])}"
        return f'{reference} COLLATE "C"' if column.sql_type == "text" else reference

    def written(self) -> str:
        """The definition, to tell whether it is the one that the table's keys were made by."""
        return "key: " + json.dumps(self.paths)

    def _column(self, field: str) -> Column | None:
        return next((column for column in self.columns if column.field == field), None)

    def _in_column(self, path: FieldPath) -> list[str]:
        column = self._column(path[0])
        if column is None:
            return []
        inner = f" #> {_array(path[1:])}" if path[1:] else ""
        return [f"to_jsonb({quoted(column.name)}){inner}"]


def _in_extra(path: FieldPath) -> str:
    return f"{EXTRA} #> {_array(path)}"


def _array(path: FieldPath) -> str:
    # A NUL was replaced on the way to the server, in names as well as in values.
    steps = ", ".join(literal(step.replace("\0", "\N{REPLACEMENT CHARACTER}")) for step in path)
    return f"ARRAY[{steps}]::text[]"


def prepare_key(connection: Connection, table: TableName, key: Key) -> None:
    """Give every row of the table its key, under a unique index; of rows with one key the newest.

    Costs nothing where an earlier sync did it, and nobody wrote without a key since.
    """
    connection.execute(f"ALTER TABLE {table.sql} ADD COLUMN IF NOT EXISTS {KEY} bytea")
    known = connection.execute(
        "SELECT col_description(attrelid, attnum) FROM pg_attribute"
        " WHERE attrelid = %s::regclass AND attname = %s",
        (table.sql, KEY),
    ).fetchone()
    index = table.beside("_airbyte_key_")
    without = connection.execute(f"SELECT 1 FROM {table.sql} WHERE {KEY} IS NULL LIMIT 1")  # noqa: S608 - every name is quoted
    if known != (key.written(),) or without.fetchone():
        connection.execute(f"DROP INDEX IF EXISTS {qualified(index.schema, index.name)}")
        connection.execute(f"UPDATE {table.sql} SET {KEY} = {key.sql()}")  # noqa: S608 - see above
        newest = [f"{key.cursor()} DESC NULLS LAST"] if key.cursor_path else []
        order = ", ".join([*newest, f"{EXTRACTED_AT} DESC NULLS LAST", "ctid DESC"])
        connection.execute(
            f"DELETE FROM {table.sql} WHERE ctid IN (SELECT ctid FROM (SELECT ctid, row_number()"  # noqa: S608 - see above
            f" OVER (PARTITION BY {KEY} ORDER BY {order}) AS place FROM {table.sql}) AS ranked"
            " WHERE place > 1)"
        )
        text = literal(key.written())
        connection.execute(f"COMMENT ON COLUMN {table.sql}.{KEY} IS {text}")
    connection.execute(
        f"CREATE UNIQUE INDEX IF NOT EXISTS {quoted(index.name)} ON {table.sql} ({KEY})"
    )
