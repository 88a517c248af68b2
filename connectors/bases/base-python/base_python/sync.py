"""One run of `write`: lines of messages in, records at their writers and confirmed states out."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

import orjson

from base_python.catalog import ConfiguredStream, StreamKey, key_of
from base_python.errors import ConnectorError
from base_python.output import Output

# Saving waits for a disk or a server. States that follow one another quickly share one.
SECONDS_BETWEEN_SAVES: Final = 0.5
MOST_WARNINGS: Final = 5


class Writer(Protocol):
    """Where the records of one stream go."""

    def write(self, record: Mapping[str, Any]) -> None:
        """Take one record: its `data`, when it was `emitted_at`, perhaps its `meta`."""

    def save(self) -> None:
        """Return when all that was taken would survive a power cut; a state is confirmed then."""

    def finish(self) -> None:
        """The stream is complete and saved; under `overwrite` it replaces what was there."""

    def discard(self) -> None:
        """The stream broke off; under `overwrite` what was there before stays."""


class Sync:
    """Hands records on, and confirms a state when everything before it is saved."""

    def __init__(self, writers: Sequence[tuple[ConfiguredStream, Writer]], output: Output) -> None:
        self._writers: dict[StreamKey, Writer] = {stream.key: it for stream, it in writers}
        self._replacing = {
            stream.key for stream, _ in writers if stream.destination_sync_mode == "overwrite"
        }
        self._output = output
        self._statuses: dict[StreamKey, str] = {}
        self._unsaved: list[bytes] = []  # states whose records are not saved yet
        self._held: list[bytes] = []  # states of streams that replace others at the very end
        self._saved_at = time.monotonic()
        self._lines = self._warnings = 0
        self._has_messages = self._has_failed = False

    def patience(self) -> float | None:
        """How long the next line may take before `save` should be called, in seconds."""
        if not self._unsaved:
            return None
        return max(0.0, self._saved_at + SECONDS_BETWEEN_SAVES - time.monotonic())

    def accept(self, line: bytes) -> None:
        """Take one line.

        Raises:
            ConnectorError: a record or state that cannot be understood: going on would lose it.
        """
        self._lines += 1
        try:
            message = orjson.loads(line)
        except orjson.JSONDecodeError:
            self._skip(line)
            return
        try:
            self._take(message, line)
        except (KeyError, TypeError, AttributeError) as error:
            raise ConnectorError(
                f"line {self._lines} is not an Airbyte message: {error!r}", "system_error"
            ) from error

    def save(self) -> None:
        """Save what has come, then confirm the states that waited for it."""
        for writer in self._writers.values():
            writer.save()
        self._saved_at = time.monotonic()
        self._confirm(self._unsaved)

    def finish(self) -> None:
        """The input has ended: finish the streams that are complete, confirm the rest.

        Raises:
            ConnectorError: a stream that was to replace another one did not complete.
        """
        self.save()
        broken_off = [key for key in self._writers if not self._is_finished(key)]
        if broken_off:
            names = ", ".join(f"`{name}`" for _, name in broken_off)
            raise ConnectorError(
                f"did not complete, so it is as it was: {names}", "transient_error"
            )
        self._confirm(self._held)

    def _take(self, message: Any, line: bytes) -> None:
        kind = message.get("type") if isinstance(message, dict) else None
        if kind == "RECORD":
            self._record(message["record"])
        elif kind == "STATE":
            self._state(message["state"], line)
        elif kind == "TRACE":
            self._trace(message["trace"])
        elif kind is None:
            self._warn(f"ignored line {self._lines}, which is not a message")
            return
        self._has_messages = True

    def _record(self, record: Mapping[str, Any]) -> None:
        writer = self._writers.get((record.get("namespace") or None, record["stream"]))
        if writer is None:
            self._warn(f"ignored a record of `{record['stream']}`, which is not in the catalog")
        elif not isinstance(record["data"], dict):
            raise TypeError("`data` is not an object")
        else:
            writer.write(record)

    def _state(self, state: Mapping[str, Any], line: bytes) -> None:
        part = state.get("stream") if state.get("type") == "STREAM" else None
        # A state that is not of one stream is of all.
        keys = self._replacing if part is None else {key_of(part["stream_descriptor"])}
        if keys & self._replacing:
            self._held.append(line)
            return
        self._unsaved.append(line)
        if self.patience() == 0.0:
            self.save()

    def _trace(self, trace: Mapping[str, Any]) -> None:
        if trace["type"] == "ERROR":
            self._has_failed = True
        elif trace["type"] == "STREAM_STATUS":
            described = trace["stream_status"]
            self._statuses[key_of(described["stream_descriptor"])] = described["status"]

    def _is_finished(self, key: StreamKey) -> bool:
        """Whether nothing is wrong with the stream; has its writer finish it."""
        # A source of before 2022 sends no statuses: then the end of its output is all there is.
        is_complete = self._statuses.get(key) == "COMPLETE" or (
            not self._statuses and self._has_messages and not self._has_failed
        )
        if is_complete or key not in self._replacing:
            self._writers[key].finish()
            return True
        self._writers[key].discard()
        return False

    def _confirm(self, states: list[bytes]) -> None:
        """Byte for byte as they came."""
        for state in states:
            self._output.line(state + b"\n")
        states.clear()
        self._output.flush()

    def _skip(self, line: bytes) -> None:
        if not line.strip():
            return
        if b'"RECORD"' in line or b'"STATE"' in line:
            raise ConnectorError(
                f"line {self._lines} is a message that was cut off or damaged", "system_error"
            )
        self._warn(f"ignored line {self._lines}, which is not JSON")

    def _warn(self, text: str) -> None:
        self._warnings += 1
        if self._warnings <= MOST_WARNINGS:
            self._output.log("WARN", text)
