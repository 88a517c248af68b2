"""One stream: rows of its table in, messages out."""

from typing import Any, Final

import orjson
from base_python.errors import ConnectorError
from base_python.output import Output, now

from source_postgres.catalog import StreamSettings
from source_postgres.rows import Query, Row, stream_rows
from source_postgres.state import Counter, Progress, Tally, parse_progress
from source_postgres.tables import Connection, Table
from source_postgres.types import Column, shape_of

# How airbyte-cdk writes the state of a stream that has no cursor.
WITHOUT_CURSOR: Final = {"__ab_no_cursor_state_message": True}


class StreamReader:
    """Reads one stream, inside of one transaction that sees one state of the table."""

    def __init__(
        self,
        connection: Connection,
        output: Output,
        settings: StreamSettings,
        table: Table,
        checkpoint_records: int,
    ) -> None:
        self._connection = connection
        self._output = output
        self._settings = settings
        self._checkpoint_records = checkpoint_records
        self._cursor = _cursor(settings, table)
        self._query = Query(table=table, columns=_columns(settings, table), cursor=self._cursor)
        descriptor = orjson.dumps({"stream": settings.name})
        if settings.namespace:
            pair = {"namespace": settings.namespace, "stream": settings.name}
            descriptor = orjson.dumps(pair)
        self._start = b'{"type":"RECORD","record":' + descriptor[:-1] + b',"data":'
        self._unconfirmed = 0  # records since the last state
        self._has_records = False

    def read(self) -> None:
        """Write the stream's records and states.

        Raises:
            ConnectorError: the state is not one of ours.
            psycopg.Error: what the server has to say.
        """
        if self._cursor is None:
            for row in stream_rows(self._connection, self._query.rows()):
                self._record(row)
            self._state(WITHOUT_CURSOR)
            return
        given = parse_progress(self._settings.state, self._cursor.name)
        if self._settings.state.get("cursor_field") and not given.has_begun:
            text = f"stream `{self._settings.name}`: the state is of another cursor; starting over"
            self._output.log("WARN", text)
        nulls = self._read_nulls(given, self._cursor)
        self._read_ordered(given, nulls, self._cursor.name)

    def _read_nulls(self, given: Progress, cursor: Column) -> Tally | None:
        """Read rows without a cursor, unless they are those that were read before."""
        if cursor.is_required or (given.has_begun and given.nulls is None):
            return given.nulls
        if given.nulls is not None and self._tally("IS NULL") == given.nulls:
            return given.nulls
        nulls = Counter()
        for row in stream_rows(self._connection, self._query.rows("IS NULL")):
            nulls.add(row[0])
            self._record(row)
        return nulls.tally()

    def _read_ordered(self, given: Progress, nulls: Tally | None, cursor_field: str) -> None:
        """Read rows behind the cursor; states come where the cursor moves on, and at the end."""
        condition, ties = "IS NOT NULL", Counter()
        if given.cursor is not None:
            condition = ">="
            if given.ties is not None and self._tally("=", given.cursor) == given.ties:
                condition, ties = ">", Counter(given.ties)
        current = None if given.cursor is None else given.cursor.encode()

        def state() -> dict[str, Any]:
            cursor = None if current is None else current.decode()
            tally = None if current is None else ties.tally()
            return Progress(cursor=cursor, ties=tally, nulls=nulls).state(cursor_field)

        for row in stream_rows(self._connection, self._query.rows(condition, given.cursor or "")):
            if row[1] != current:
                # In the text of `given` someone may have written the same value another way.
                if self._unconfirmed >= self._checkpoint_records:
                    self._state(state())
                current, ties = row[1], Counter()
            ties.add(row[0])
            self._record(row)
        self._state(state())

    def _tally(self, condition: str, value: str = "") -> Tally:
        """What the rows of a group add up to now."""
        counter = Counter()
        for row in stream_rows(self._connection, self._query.rows(condition, value)):
            counter.add(row[0])
        return counter.tally()

    def _record(self, row: Row) -> None:
        data, _, changes = row
        meta = b""
        if changes is not None:
            meta = b',"meta":' + _meta(changes)
        line = b'%b%b,"emitted_at":%d%b}}\n' % (self._start, data, now(), meta)
        self._unconfirmed += 1
        self._output.line(line)
        if not self._has_records:
            self._has_records = True
            self._output.status(self._settings.descriptor, "RUNNING")

    def _state(self, state: dict[str, Any]) -> None:
        content = {
            "type": "STREAM",
            "stream": {"stream_descriptor": self._settings.descriptor, "stream_state": state},
            "sourceStats": {"recordCount": float(self._unconfirmed)},
        }
        self._unconfirmed = 0
        self._output.message("STATE", "state", content)


def _columns(settings: StreamSettings, table: Table) -> list[Column]:
    """Those of the table's columns that the catalog asks for."""
    if not settings.fields:
        return list(table.columns)
    return [column for column in table.columns if column.name in settings.fields]


def _cursor(settings: StreamSettings, table: Table) -> Column | None:
    if settings.cursor_field is None:
        return None
    column = table.column(settings.cursor_field)
    name = f"stream `{settings.name}`"
    if column is None:
        raise ConnectorError(f"{name}: there is no column `{settings.cursor_field}` for a cursor")
    if not shape_of(column).is_cursor:
        raise ConnectorError(f"{name}: `{column.name}` is a `{column.cast}`, which is no cursor")
    return column


def _meta(changes: bytes) -> bytes:
    listed = [
        {"field": name, "change": "NULLED", "reason": "SOURCE_SERIALIZATION_ERROR"}
        for name in orjson.loads(changes)
    ]
    return orjson.dumps({"changes": listed})
