"""One stream's table: rows in, kept as the sync mode says."""

import hashlib
import sqlite3
from collections.abc import Mapping
from typing import Any

from destination_sqlite.catalog import StreamSettings
from destination_sqlite.columns import OWN_COLUMNS, Column, Row, columns_of, row_maker
from destination_sqlite.names import expression, legal, quoted

# For a UNIQUE index each NULL is unlike the next; here null is a value of a key like any other.
ABSENT = "x''"


class StreamTable:
    """The table of a stream, made or widened on construction; rows collect until `flush`.

    Under overwrite they go to a new table, which `replace` puts in the place of the old one.
    """

    def __init__(self, connection: sqlite3.Connection, settings: StreamSettings, name: str) -> None:
        self._connection = connection
        self._settings = settings
        self._final = name
        self.replaces = settings.sync_mode == "overwrite"
        self._table = f"_airbyte_new_{name}" if self.replaces else name
        key_fields = [path[0] for path in (*settings.primary_key, settings.cursor) if path]
        columns = columns_of(settings.json_schema, key_fields)
        if self.replaces:
            connection.execute(f"DROP TABLE IF EXISTS {quoted(self._table)}")
        self._columns = self._prepare(columns)
        self._make_row = row_maker(self._columns)
        self._insert = self._insert_statement()
        self._rows: list[Row] = []

    def add(self, record: Mapping[str, Any], line: bytes) -> None:
        """Keep a record, and the line that it came in, for the next flush.

        Raises:
            KeyError, TypeError, AttributeError: not a record.
        """
        self._rows.append(self._make_row(record, line))

    def flush(self) -> None:
        """Hand all rows to SQLite, inside the transaction that is open."""
        if self._rows:
            self._connection.executemany(self._insert, self._rows)
            self._rows = []

    def replace(self) -> None:
        """Put the new table in the place of the old one; both or neither, with the transaction."""
        self._connection.execute(f"DROP TABLE IF EXISTS {quoted(self._final)}")
        self._connection.execute(
            f"ALTER TABLE {quoted(self._table)} RENAME TO {quoted(self._final)}"
        )

    def discard(self) -> None:
        """Drop the new table: the old one stays."""
        self._connection.execute(f"DROP TABLE IF EXISTS {quoted(self._table)}")

    def _prepare(self, columns: list[Column]) -> list[Column]:
        """Create the table, or add what it lacks; the columns as they are now."""
        table = quoted(self._table)
        wanted = {column.name: column.sql_type for column in columns} | OWN_COLUMNS
        definition = ", ".join(f"{quoted(name)} {kind}" for name, kind in wanted.items())
        self._connection.execute(f"CREATE TABLE IF NOT EXISTS {table} ({definition})")
        existing = {
            name.lower(): kind
            for _, name, kind, *_ in self._connection.execute(f"PRAGMA table_info({table})")
        }
        for name, kind in wanted.items():
            if name.lower() not in existing:
                self._connection.execute(f"ALTER TABLE {table} ADD COLUMN {quoted(name)} {kind}")
        if self._settings.primary_key:
            self._index()
        return [_as_stored(column, existing) for column in columns]

    def _key(self) -> str:
        parts = (expression(_column_path(path)) for path in self._settings.primary_key)
        return ", ".join(f"ifnull({part}, {ABSENT})" for part in parts)

    def _index(self) -> None:
        """A unique index over the primary key, for which older duplicates have to go."""
        table, key = quoted(self._table), self._key()
        digest = hashlib.sha256(f"{self._table}\0{key}".encode()).hexdigest()[:16]
        index = f"_airbyte_key_{digest}"
        found = self._connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ? COLLATE NOCASE"
            " AND name LIKE '\\_airbyte\\_key\\_%' ESCAPE '\\'",
            (self._table,),
        ).fetchall()
        if found == [(index,)]:
            return
        for (other,) in found:
            self._connection.execute(f"DROP INDEX {quoted(other)}")
        path = _column_path(self._settings.cursor)
        newest = f"{expression(path)} DESC, rowid DESC" if path else "rowid DESC"
        self._connection.execute(
            f"DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM (SELECT rowid, row_number()"  # noqa: S608 - every name is quoted
            f" OVER (PARTITION BY {key} ORDER BY {newest}) AS place FROM {table}) WHERE place > 1)"
        )
        self._connection.execute(f"CREATE UNIQUE INDEX {quoted(index)} ON {table} ({key})")

    def _insert_statement(self) -> str:
        names = [quoted(name) for name in (*(it.name for it in self._columns), *OWN_COLUMNS)]
        values = ", ".join("?" * len(names))
        statement = f"INSERT INTO {quoted(self._table)} ({', '.join(names)}) VALUES ({values})"  # noqa: S608 - every name is quoted
        if not self._settings.primary_key:
            return statement
        updates = ", ".join(f"{name} = excluded.{name}" for name in names)
        statement += f" ON CONFLICT ({self._key()}) DO UPDATE SET {updates}"
        if not self._settings.cursor:
            return statement
        path = _column_path(self._settings.cursor)
        stored, new = expression(path, quoted(self._table)), expression(path, "excluded")
        return f"{statement} WHERE {stored} IS NULL OR {new} >= {stored}"


def _as_stored(column: Column, existing: Mapping[str, str]) -> Column:
    """The column with the type it has in the table, which an older sync may have chosen."""
    known = existing.get(column.name.lower(), column.sql_type)
    return Column(
        field=column.field, name=column.name, sql_type=_held_type(known), is_key=column.is_key
    )


def _held_type(declared: str) -> str:
    return declared if declared in {"INTEGER", "REAL", "BOOLEAN", "TEXT", "JSON"} else ""


def _column_path(path: tuple[str, ...]) -> tuple[str, ...]:
    return (legal(path[0]), *path[1:]) if path else ()
