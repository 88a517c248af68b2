"""One stream's table: records in, kept as the sync mode says."""

from collections.abc import Mapping
from typing import Any

from postgres_base.names import quoted
from psycopg.errors import DependentObjectsStillExist

from destination_postgres.catalog import StreamSettings
from destination_postgres.columns import KEY, ORDER, OWN_COLUMNS, Column, columns_of, row_maker
from destination_postgres.keys import Key, prepare_key
from destination_postgres.naming import TableName
from destination_postgres.schema import Connection, widen


class StreamTable:
    """The table of a stream, made or widened on construction; rows collect until `flush`.

    Under overwrite they go to a new table, which `replace` puts in the place of the old one. Under
    append_dedup they go through a temporary table, from which one statement takes the newest.
    """

    def __init__(
        self, connection: Connection, settings: StreamSettings, name: TableName, number: int
    ) -> None:
        self._connection = connection
        self._final = name
        self.replaces = settings.sync_mode == "overwrite"
        self._table = name.beside("_airbyte_new_") if self.replaces else name
        if self.replaces:
            connection.execute(f"DROP TABLE IF EXISTS {self._table.sql}")
        fields = [path[0] for path in (*settings.primary_key, settings.cursor) if path]
        self._columns = widen(connection, self._table, columns_of(settings.json_schema, fields))
        self._names = [*(column.name for column in self._columns), *OWN_COLUMNS]
        self._make_row = row_maker(self._columns)
        self._lines: list[str] = []
        self._batch, self._merge = "", ""
        if settings.primary_key:
            key = Key(
                paths=settings.primary_key, cursor_path=settings.cursor, columns=self._columns
            )
            prepare_key(connection, self._table, key)
            self._batch = f"_airbyte_batch_{number}"
            make_batch(connection, self._batch, self._columns)
            self._merge = merge_statement(self._batch, self._table, key)

    def add(self, record: Mapping[str, Any]) -> None:
        """Keep a record for the next flush.

        Raises:
            KeyError, TypeError, AttributeError: not a record.
        """
        cells = self._make_row(record)
        if self._batch:
            cells.append(str(len(self._lines)))
        self._lines.append("\t".join(cells))

    def flush(self) -> None:
        """Hand all rows to the server, inside the transaction that is open."""
        if not self._lines:
            return
        target = self._table.sql
        names = self._names
        if self._batch:
            target, names = f"pg_temp.{quoted(self._batch)}", [*names, ORDER]
        self._lines.append("")  # the last line has an end too
        with self._connection.cursor() as cursor:
            with cursor.copy(f"COPY {target} ({_listed(names)}) FROM STDIN") as copy:
                copy.write("\n".join(self._lines))
            if self._batch:
                cursor.execute(self._merge)
                cursor.execute(f"TRUNCATE {target}")
        self._lines = []

    def replace(self) -> None:
        """Put the new table in the place of the old one; both or neither, with the transaction."""
        try:
            with self._connection.transaction():  # a savepoint: the outer one goes on
                self._connection.execute(f"DROP TABLE IF EXISTS {self._final.sql}")
                self._connection.execute(
                    f"ALTER TABLE {self._table.sql} RENAME TO {quoted(self._final.name)}"
                )
        except DependentObjectsStillExist:
            self._refill()

    def discard(self) -> None:
        """Drop the new table: the old one stays."""
        self._connection.execute(f"DROP TABLE IF EXISTS {self._table.sql}")

    def _refill(self) -> None:
        """Give the old table the new rows: views stand on it, and would have to go with it.

        A column whose type changed keeps the old one, where the server can cast.
        """
        stored = widen(self._connection, self._final, self._columns)
        types = {column.name: column.sql_type for column in stored} | OWN_COLUMNS
        values = ", ".join(f"{quoted(name)}::{types[name]}" for name in self._names)
        self._connection.execute(f"TRUNCATE {self._final.sql}")
        self._connection.execute(
            f"INSERT INTO {self._final.sql} ({_listed(self._names)})"  # noqa: S608 - every name is quoted
            f" SELECT {values} FROM {self._table.sql}"
        )
        self.discard()


def make_batch(connection: Connection, name: str, columns: list[Column]) -> None:
    """A temporary table for the rows of one flush, in their order."""
    types = {column.name: column.sql_type for column in columns} | OWN_COLUMNS
    definition = ", ".join(f"{quoted(name)} {kind}" for name, kind in types.items())
    connection.execute(f"CREATE TEMP TABLE {quoted(name)} ({definition}, {ORDER} bigint)")


def merge_statement(batch: str, table: TableName, key: Key) -> str:
    """SQL that takes the newest row of each key, unless the table has a newer one."""
    own = [*(column.name for column in key.columns), *OWN_COLUMNS]
    names = _listed([*own, KEY])
    updates = ", ".join(f"{quoted(name)} = excluded.{quoted(name)}" for name in own)
    newest = [f"{key.cursor()} DESC NULLS LAST"] if key.cursor_path else []
    order = ", ".join([KEY, *newest, f"{ORDER} DESC"])
    statement = (
        f"INSERT INTO {table.sql} AS stored ({names}) SELECT DISTINCT ON ({KEY}) {names}"  # noqa: S608 - every name is quoted
        f" FROM (SELECT *, {key.sql()} AS {KEY} FROM pg_temp.{quoted(batch)}) AS batch"
        f" ORDER BY {order} ON CONFLICT ({KEY}) DO UPDATE SET {updates}"
    )
    if not key.cursor_path:
        return statement
    stored, new = key.cursor("stored."), key.cursor("excluded.")
    return f"{statement} WHERE {stored} IS NULL OR {new} >= {stored}"


def _listed(names: list[str]) -> str:
    return ", ".join(map(quoted, names))
