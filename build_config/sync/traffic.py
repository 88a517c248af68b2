"""What went through a sync so far: counters that the pipeline moves and displays read."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from build_config.sync.messages import Message, StreamKey, payload, stream_key


@dataclass(kw_only=True, slots=True)
class StreamTraffic:
    """One stream.

    Attributes:
        records: that went to the destination.
        bytes: of their lines.
        confirmed: how many of them came before the last state that the destination confirmed.
        status: the last that the source said of it: STARTED, RUNNING, COMPLETE or INCOMPLETE.
        expected: how many records the source expects; None unless it said so.
    """

    namespace: str | None
    name: str
    records: int = 0
    bytes: int = 0
    confirmed: int = 0
    status: str = ""
    expected: int | None = None

    @property
    def label(self) -> str:
        """For people: `public.users`."""
        return f"{self.namespace}.{self.name}" if self.namespace else self.name


@dataclass(kw_only=True, slots=True)
class Traffic:
    """The whole sync.

    Attributes:
        states: that the source sent.
        confirmed_states: that the destination sent back.
        strange_lines: what either wrote to stdout and is no message.
        errors: what TRACE messages of type ERROR said, by `source` and `destination`.
    """

    streams: dict[StreamKey, StreamTraffic]
    states: int = 0
    confirmed_states: int = 0
    strange_lines: int = 0
    errors: dict[str, list[str]] = field(default_factory=lambda: {"source": [], "destination": []})
    began: float = field(default_factory=time.monotonic)

    @classmethod
    def of(cls, catalog: Mapping[str, Any]) -> Traffic:
        """Nothing yet, of the streams of a configured catalog."""
        keys = (stream_key(payload(entry, "stream")) for entry in catalog.get("streams", ()))
        return cls(
            streams={key: StreamTraffic(namespace=key[0], name=key[1]) for key in keys if key}
        )

    @property
    def records(self) -> int:
        """Of all streams."""
        return sum(stream.records for stream in self.streams.values())

    @property
    def bytes(self) -> int:
        """Of all streams."""
        return sum(stream.bytes for stream in self.streams.values())

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return time.monotonic() - self.began

    def stream(self, key: StreamKey) -> StreamTraffic:
        """The counters of a stream, also of one that is not in the catalog."""
        return self.streams.setdefault(key, StreamTraffic(namespace=key[0], name=key[1]))

    def named(self, name: str) -> StreamTraffic | None:
        """The one stream of this name; None where two namespaces have one, or none has."""
        found = [stream for stream in self.streams.values() if stream.name == name]
        return found[0] if len(found) == 1 else None

    def heard(self, trace: Message) -> None:
        """Takes note of a stream's status and of estimates."""
        if trace.get("type") == "STREAM_STATUS":
            status = payload(trace, "stream_status")
            key = stream_key(payload(status, "stream_descriptor"))
            if key in self.streams:
                self.streams[key].status = str(status.get("status", ""))
        elif trace.get("type") == "ESTIMATE":
            estimate = payload(trace, "estimate")
            key, rows = stream_key(estimate), estimate.get("row_estimate")
            if key in self.streams and isinstance(rows, int):
                self.streams[key].expected = rows

    def incomplete(self, keys: Iterable[StreamKey]) -> list[StreamKey]:
        """Those of these streams of which the source did not say that they are complete."""
        return [key for key in keys if self.stream(key).status != "COMPLETE"]
