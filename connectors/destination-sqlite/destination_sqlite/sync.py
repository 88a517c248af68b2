"""A sync: lines of Airbyte messages in, tables and confirmed states out."""

import logging
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import orjson

from destination_sqlite.catalog import StreamSettings
from destination_sqlite.errors import IncompleteStreamError, ProtocolError
from destination_sqlite.names import StreamKey, table_names
from destination_sqlite.table import StreamTable

logger = logging.getLogger("airbyte")

# Rows are handed to SQLite in batches, which bounds the memory.
BATCH_RECORDS: Final = 2000
BATCH_BYTES: Final = 4 << 20
# A commit waits for the disk. States that follow one another quickly share one.
SECONDS_BETWEEN_COMMITS: Final = 0.5
MOST_WARNINGS: Final = 5


class Sync:
    """One run of `write`. There is a transaction at all times; it ends where a state is confirmed.

    So the database holds what was confirmed, and nothing else after a crash.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        streams: Sequence[StreamSettings],
        confirm: Callable[[bytes], None],
    ) -> None:
        self._connection = connection
        self._confirm = confirm
        names = table_names(streams)
        connection.execute("BEGIN IMMEDIATE")
        self._tables: dict[StreamKey, StreamTable] = {}
        for stream in streams:
            key = (stream.namespace, stream.name)
            self._tables[key] = StreamTable(connection, stream, names[key])
        self._commit()
        self._statuses: dict[StreamKey, str] = {}
        self._waiting: list[bytes] = []  # states whose records are not committed yet
        self._held: list[bytes] = []  # states of tables that are replaced at the very end
        self._records = self._bytes = self._lines = self._warnings = 0
        self._has_messages = self._has_failed = False

    def patience(self) -> float | None:
        """How long the next line may take before `commit` should be called, in seconds."""
        if not self._waiting:
            return None
        return max(0.0, self._committed_at + SECONDS_BETWEEN_COMMITS - time.monotonic())

    def accept(self, line: bytes) -> None:
        """Take one line.

        Raises:
            ProtocolError: a record or state that cannot be understood.
        """
        self._lines += 1
        try:
            message = orjson.loads(line)
            kind = message.get("type") if type(message) is dict else None
            if kind == "RECORD":
                self._record(message["record"], line)
            elif kind == "STATE":
                self._state(message["state"], line)
            elif kind == "TRACE":
                self._trace(message["trace"])
            elif kind is None:
                self._warn(f"ignored line {self._lines}, which is not a message")
                return
            self._has_messages = True
        except orjson.JSONDecodeError:
            self._skip(line)
        except (KeyError, TypeError, AttributeError) as error:
            raise ProtocolError(
                f"line {self._lines} is not an Airbyte message: {error!r}"
            ) from error

    def commit(self) -> None:
        """Commit what has come, then confirm the states that waited for it."""
        self._flush()
        self._commit()
        states, self._waiting = self._waiting, []
        for state in states:
            self._confirm(state)

    def finish(self) -> None:
        """The input has ended: replace what is to be replaced, confirm the rest.

        Raises:
            IncompleteStreamError: a stream that replaces a table did not complete; its table is as
                it was, and what other streams brought is committed.
        """
        self._flush()
        incomplete = [key for key, table in self._tables.items() if not self._replace(key, table)]
        self.commit()
        self._connection.execute("COMMIT")
        if incomplete:
            names = ", ".join(f"`{name}`" for _, name in incomplete)
            raise IncompleteStreamError(f"did not complete, so its table is as it was: {names}")
        for state in self._held:
            self._confirm(state)

    def _record(self, record: Mapping[str, Any], line: bytes) -> None:
        table = self._tables.get((record.get("namespace") or None, record["stream"]))
        if table is None:
            self._warn(f"ignored a record of `{record['stream']}`, which is not in the catalog")
            return
        table.add(record, line)
        self._records += 1
        self._bytes += len(line)
        if self._records >= BATCH_RECORDS or self._bytes >= BATCH_BYTES:
            self._flush()

    def _state(self, state: Mapping[str, Any], line: bytes) -> None:
        if self._waits_for_replacement(state):
            self._held.append(line)
            return
        self._waiting.append(line)
        if self.patience() == 0.0:
            self.commit()

    def _waits_for_replacement(self, state: Mapping[str, Any]) -> bool:
        """Whether the state speaks of a table that is replaced only when the input has ended."""
        described = state.get("stream") or {}
        descriptor = described.get("stream_descriptor") if state.get("type") == "STREAM" else None
        if descriptor is None:
            return any(table.replaces for table in self._tables.values())
        table = self._tables.get((descriptor.get("namespace") or None, descriptor["name"]))
        return table is not None and table.replaces

    def _trace(self, trace: Mapping[str, Any]) -> None:
        if trace.get("type") == "ERROR":
            self._has_failed = True
        if trace.get("type") == "STREAM_STATUS":
            described = trace["stream_status"]
            descriptor = described["stream_descriptor"]
            key = (descriptor.get("namespace") or None, descriptor["name"])
            self._statuses[key] = described["status"]

    def _skip(self, line: bytes) -> None:
        if not line.strip():
            return
        if b'"RECORD"' in line or b'"STATE"' in line:
            raise ProtocolError(f"line {self._lines} is a message that was cut off or damaged")
        self._warn(f"ignored line {self._lines}, which is not JSON")

    def _warn(self, message: str) -> None:
        self._warnings += 1
        if self._warnings <= MOST_WARNINGS:
            logger.warning(message)

    def _replace(self, key: StreamKey, table: StreamTable) -> bool:
        """Whether nothing is wrong with the stream; replaces its table when that is the mode."""
        if not table.replaces:
            return True
        # A source of before 2022 sends no statuses: then the end of its output is all there is.
        status = self._statuses.get(key)
        is_complete = status == "COMPLETE" or (
            not self._statuses and self._has_messages and not self._has_failed
        )
        if is_complete:
            table.replace()
        else:
            table.discard()
        return is_complete

    def _flush(self) -> None:
        for table in self._tables.values():
            table.flush()
        self._records = self._bytes = 0

    def _commit(self) -> None:
        self._connection.execute("COMMIT")
        self._connection.execute("BEGIN IMMEDIATE")
        self._committed_at = time.monotonic()
