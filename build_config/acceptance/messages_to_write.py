"""Streams and records in, the catalog and the lines that a destination is given out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from build_config.connector_protocol.level import Level

Data = dict[str, Any]

EMITTED_AT: Final = 1_767_225_600_000
"""2026-01-01 in milliseconds, for every record: what is written is the same on every run."""

_BLOCK: Final = 1 << 18
_OF_ONE_SYNC: Final = ("sourceStats", "destinationStats")


@dataclass(frozen=True, kw_only=True, slots=True)
class Stream:
    """A stream as it is configured.

    Attributes:
        mode: `append`, `overwrite` or `append_dedup`.
        properties: of its JSON Schema.
        key: fields whose values tell records apart.
        cursor: a field; the larger its value, the newer the record.
    """

    name: str
    mode: str
    properties: Mapping[str, Any]
    key: tuple[str, ...] = ("id",)
    cursor: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """Records of one stream, and the state after them.

    Attributes:
        position: how many records of the stream the state covers; None where no state follows.
    """

    stream: Stream
    records: tuple[Data, ...]
    position: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Sync:
    """All that a destination is given in one run.

    Attributes:
        number: counts the syncs of these streams, from 1.
        batches: in the order in which they are sent.
    """

    streams: tuple[Stream, ...]
    batches: tuple[Batch, ...]
    level: Level
    number: int = 1

    def catalog(self) -> bytes:
        """The configured catalog as the file that the destination reads."""
        streams = [_configured(stream, self.number) for stream in self.streams]
        return json.dumps({"streams": streams}).encode()

    def states(self) -> list[Data]:
        """The payloads of the STATE messages, in order."""
        return [message["state"] for message in self._messages() if message["type"] == "STATE"]

    def lines(self) -> Iterator[bytes]:
        """Every message as a line."""
        for message in self._messages():
            yield json.dumps(message, ensure_ascii=False).encode() + b"\n"

    def _messages(self) -> Iterator[Data]:
        yield from self._statuses("STARTED")
        positions: dict[str, int] = {}
        for batch in self.batches:
            name = batch.stream.name
            for data in batch.records:
                yield record(name, data)
            if batch.position is not None:
                positions[name] = batch.position
                yield {"type": "STATE", "state": _state(self.level, name, positions)}
        yield from self._statuses("COMPLETE")

    def _statuses(self, status: str) -> Iterator[Data]:
        if self.level is Level.CURRENT:
            for stream in self.streams:
                described = {"stream_descriptor": {"name": stream.name}, "status": status}
                trace = {"type": "STREAM_STATUS", "emitted_at": EMITTED_AT}
                yield {"type": "TRACE", "trace": {**trace, "stream_status": described}}


@dataclass(kw_only=True, slots=True)
class Echoes:
    """Holds the states that come back against those that went in, stream by stream.

    Attributes:
        positions: of each stream, how many records are confirmed.
    """

    sent: Mapping[str, list[str]]
    positions: dict[str, int] = field(default_factory=dict)
    count: int = 0
    _back: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, states: Iterable[Data]) -> Echoes:
        """Nothing has come back yet."""
        sent: dict[str, list[str]] = {}
        for state in states:
            sent.setdefault(state_stream(state), []).append(identity(state))
        return cls(sent=sent)

    def hear(self, state: Data) -> None:
        """One came back."""
        self.count += 1
        self._back.setdefault(state_stream(state), []).append(identity(state))
        if identity(state) in self.sent.get(state_stream(state), ()):
            self.positions.update(_positions(state))

    def problems(self, level: Level) -> Iterator[str]:
        """What is wrong once the run has ended well; 2021 asked for the last state only."""
        yield from self.disorder()
        for stream, sent in self.sent.items():
            back = self._back.get(stream, [])
            missing = [state for state in sent if state not in back]
            if level is Level.YEAR_2021:
                missing = [state for state in missing if state == sent[-1]]
            if missing:
                count = f"{len(missing)} of {len(sent)} states"
                yield f"{_of(stream)}{count} did not come back, the first is `{missing[0]}`"

    def disorder(self) -> Iterator[str]:
        """States that were never sent, came twice, or out of order: wrong however the run ended."""
        for stream in self._back:
            yield from self._disorder(stream)

    def _disorder(self, stream: str) -> Iterator[str]:
        sent, reached = self.sent.get(stream, []), -1
        for state in self._back.get(stream, []):
            if state not in sent:
                yield f"{_of(stream)}a state came back that was never sent: `{state[:200]}`"
                continue
            place = sent.index(state)
            if place == reached:
                yield f"{_of(stream)}the state `{state}` came back twice"
            elif place < reached:
                yield f"{_of(stream)}the state `{state}` came back after a later one"
            reached = max(reached, place)


def record(stream: str, data: Data) -> Data:
    """A RECORD message."""
    return {
        "type": "RECORD",
        "record": {"stream": stream, "data": data, "emitted_at": EMITTED_AT},
    }


def state_stream(state: Data) -> str:
    """The name of the stream whose state it is; empty for all streams together."""
    return str(_object(_object(state.get("stream")).get("stream_descriptor")).get("name") or "")


def identity(state: Data) -> str:
    """The same for a state and its echo, which may have counts, nulls and the type LEGACY more."""
    lasting = {name: value for name, value in state.items() if name not in _OF_ONE_SYNC}
    if lasting.get("type") == "LEGACY":
        del lasting["type"]
    return json.dumps(_without_nulls(lasting), sort_keys=True, ensure_ascii=False)


def blocks(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in larger pieces."""
    waiting: list[bytes] = []
    size = 0
    for line in lines:
        waiting.append(line)
        size += len(line)
        if size >= _BLOCK:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join(waiting)


def _state(level: Level, name: str, positions: Mapping[str, int]) -> Data:
    if level is Level.YEAR_2021:
        return {"data": {"positions": dict(positions)}}
    stream = {
        "stream_descriptor": {"name": name},
        "stream_state": {"position": positions[name]},
    }
    return {"type": "STREAM", "stream": stream}


def _positions(state: Data) -> dict[str, int]:
    """Of a state that was sent."""
    if state_stream(state):
        return {state_stream(state): state["stream"]["stream_state"]["position"]}
    return dict(state["data"]["positions"])


def _object(value: Any) -> Data:
    return value if isinstance(value, dict) else {}


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(it) for name, it in value.items() if it is not None}
    return value


def _configured(stream: Stream, sync: int) -> Data:
    """With generations, as platforms of 2024 and later send them: overwrite is a new one."""
    generation = sync if stream.mode == "overwrite" else 0
    configured: Data = {
        "stream": {
            "name": stream.name,
            "json_schema": {
                "$schema": "http://json-schema.org/draft-07/schema#",
                "type": "object",
                "properties": dict(stream.properties),
            },
            "supported_sync_modes": ["full_refresh", "incremental"],
        },
        "sync_mode": "full_refresh" if stream.mode == "overwrite" else "incremental",
        "destination_sync_mode": stream.mode,
        "sync_id": sync,
        "generation_id": generation,
        "minimum_generation_id": generation,
    }
    if stream.mode == "append_dedup":
        configured["primary_key"] = [[name] for name in stream.key]
    if stream.cursor:
        configured["cursor_field"] = [stream.cursor]
    return configured


def _of(stream: str) -> str:
    return f"`{stream}`: " if stream else ""
