"""Schemas and tables of the database: what is wanted in, what is there now out."""

import uuid
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import psycopg
from base_python.errors import ConnectorError
from postgres_base.names import qualified, quoted
from psycopg.errors import DuplicateSchema, LockNotAvailable, UniqueViolation

from destination_postgres.columns import OWN_COLUMNS, Column
from destination_postgres.naming import TableName

Connection = psycopg.Connection[tuple[Any, ...]]


def make_schema(connection: Connection, name: str) -> bool:
    """Make a schema unless it exists; whether it was made.

    `IF NOT EXISTS` asks for the right to make one even where there is nothing to do.
    """
    found = connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", (name,))
    if found.fetchone():
        return False
    try:
        connection.execute(f"CREATE SCHEMA {quoted(name)}")
    except (DuplicateSchema, UniqueViolation):  # someone else was quicker
        return False
    return True


def try_out(connection: Connection, schema: str) -> None:
    """Make a table as a sync would, fill it and drop it: nothing else proves that a sync can."""
    name = f"_airbyte_check_{uuid.uuid4().hex}"
    table = qualified(schema, name)
    is_new = make_schema(connection, schema)
    try:
        with connection.transaction():
            connection.execute(f"CREATE TABLE {table} (value bigint)")
            connection.execute(f"INSERT INTO {table} VALUES (1)")  # noqa: S608 - quoted, and our own
            connection.execute(f"CREATE TEMP TABLE {quoted(name)} (value bigint)")
        connection.execute(f"DROP TABLE {table}, pg_temp.{quoted(name)}")
    finally:
        if is_new:
            connection.execute(f"DROP SCHEMA {quoted(schema)}")


def lock(connection: Connection, tables: Iterable[TableName]) -> None:
    """Keep other syncs from these tables until the connection ends; waits for one that is ending.

    Raises:
        ConnectorError: another sync is writing to one of them.
    """
    # In one order, so that two syncs cannot wait for each other.
    for table in sorted(tables, key=lambda table: table.sql):
        try:
            connection.execute(
                "SELECT pg_advisory_lock(hashtextextended(%s, 0))", (f"airbyte {table.sql}",)
            )
        except LockNotAvailable as error:
            text = f"another sync is writing to {table.sql}"
            raise ConnectorError(text, "transient_error") from error


def widen(connection: Connection, table: TableName, columns: Iterable[Column]) -> list[Column]:
    """Make the table, or add what it lacks; the columns with the types that they have in it.

    A type that an older sync, or someone else, chose stays as it is.
    """
    columns = list(columns)
    wanted = {column.name: column.sql_type for column in columns} | OWN_COLUMNS
    definition = ", ".join(f"{quoted(name)} {kind}" for name, kind in wanted.items())
    connection.execute(f"CREATE TABLE IF NOT EXISTS {table.sql} ({definition})")
    existing: dict[str, str] = dict(
        connection.execute(
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
            " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
            (table.sql,),
        ).fetchall()
    )
    missing = [
        f"ADD COLUMN {quoted(name)} {kind}" for name, kind in wanted.items() if name not in existing
    ]
    if missing:
        connection.execute(f"ALTER TABLE {table.sql} {', '.join(missing)}")
    return [
        replace(column, sql_type=existing.get(column.name, column.sql_type)) for column in columns
    ]
