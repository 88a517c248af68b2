"""Rows of a table: a connection in, each row as JSON out, streamed by the server."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from base_python.errors import ConnectorError
from postgres_base.names import literal, qualified, quoted

from source_postgres.tables import Connection, Table
from source_postgres.types import Column, row_sql

Row = tuple[bytes, bytes | None, bytes | None]
"""The row as JSON, the cursor as text, and a JSON list of columns whose value has no JSON."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Query:
    """SQL that gives rows of a table, for one choice of columns and of a cursor."""

    table: Table
    columns: Sequence[Column]
    cursor: Column | None = None

    def rows(self, condition: str = "", value: str = "") -> str:
        """SQL for all rows, or for those whose cursor is as `condition` and `value` say.

        In the order of the cursor, then of the primary key.
        """
        row = row_sql(list(self.columns), "t")
        changes = "NULL::text"
        if row.changes:
            names = f"array_remove(ARRAY[{', '.join(row.changes)}], NULL)"
            changes = f"NULLIF(to_json({names})::text, '[]')"
        where = order = ""
        cursor = "NULL::text"
        if self.cursor:
            reference = f"t.{quoted(self.cursor.name)}"
            bound = f"{literal(value)}::{self.cursor.cast}" if value else ""
            cursor = f"{reference}::text"
            where = f" WHERE {reference} {condition} {bound}"
            keys = [reference, *(f"t.{quoted(name)}" for name in self.table.primary_key)]
            order = f" ORDER BY {', '.join(dict.fromkeys(keys))}"
        # A subquery in FROM gives the row its names; `r.*` is that row, even if a column is `r`.
        return (
            f"SELECT row_to_json(r.*)::text, {cursor}, {changes}"  # noqa: S608 - every name and value is quoted
            f" FROM {qualified(self.table.schema, self.table.name)} AS t"
            f" CROSS JOIN LATERAL (SELECT {', '.join(row.values)}) AS r{where}{order}"
        )


def stream_rows(connection: Connection, sql: str) -> Iterator[Row]:
    """Rows as the server sends them, one at a time: as much memory as the longest row takes.

    COPY and not a cursor: no round trip for each batch, and no plan made for the first rows only.

    Raises:
        ConnectorError: a row that is not UTF-8.
    """
    is_checked = connection.info.parameter_status("server_encoding") == "SQL_ASCII"
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY ({sql}) TO STDOUT (FORMAT binary)") as copy,
    ):
        # Said to be bytes, so that nobody decodes what is encoded again right away.
        copy.set_types(["bytea", "bytea", "bytea"])
        for row in copy.rows():
            data, value, changes = row
            if is_checked:
                _check_encoding(data)
            # Type json keeps the line breaks between its tokens; inside of its strings are none.
            if b"\n" in data or b"\r" in data:
                data = data.replace(b"\n", b" ").replace(b"\r", b" ")
            yield data, value, changes


def _check_encoding(data: bytes) -> None:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        raise ConnectorError(
            "the database is SQL_ASCII, and a row is not UTF-8: convert it to a known encoding"
        ) from error
