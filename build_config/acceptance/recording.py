"""The records and states of an incremental read in, their order out: what should follow a state.

Records are kept as hashes beside the values of their cursors, a few dozen bytes each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from build_config.acceptance.record_sets import digest, without
from build_config.connector_protocol.catalog import ConfiguredCatalog, FieldPath, StreamKey
from build_config.connector_protocol.state import Checkpoint, kind

if TYPE_CHECKING:
    from build_config.connector_protocol.messages import Message

MOST_RECORDS: Final = 200_000
_LONGEST: Final = 200


class Entry(NamedTuple):
    """One record: its hash, and the value of its cursor."""

    digest: bytes
    cursor: Any


class Emitted(NamedTuple):
    """A state, and how many records of each stream came before it."""

    state: Mapping[str, Any]
    line: int
    before: Mapping[StreamKey, int]


@dataclass(kw_only=True, slots=True)
class Recording:
    """A read while it goes on; call it with each message.

    Attributes:
        cursors: the cursor of each stream that is read incrementally.
        overflow: there were more records than are kept.
    """

    cursors: Mapping[StreamKey, FieldPath]
    ignored: Mapping[str, tuple[str, ...]]
    entries: dict[StreamKey, list[Entry]] = field(default_factory=dict)
    states: list[Emitted] = field(default_factory=list)
    samples: dict[bytes, str] = field(default_factory=dict)
    total: int = 0

    @classmethod
    def of(cls, catalog: ConfiguredCatalog, ignored: Mapping[str, tuple[str, ...]]) -> Recording:
        """Of a read of this catalog."""
        cursors = {entry.stream.key: entry.cursor for entry in catalog.streams}
        return cls(cursors=cursors, ignored=ignored, entries={key: [] for key in cursors})

    @property
    def overflow(self) -> bool:
        """There were more records than are kept."""
        return self.total > MOST_RECORDS

    def __call__(self, message: Message) -> None:
        """One more message."""
        if message.type == "RECORD":
            self._record(message.payload)
        elif message.type == "STATE":
            before = {key: len(entries) for key, entries in self.entries.items()}
            if not self.states or self.states[-1].state != message.payload:
                self.states.append(Emitted(message.payload, message.line, before))
            else:
                self.states[-1] = Emitted(message.payload, message.line, before)

    def _record(self, record: dict[str, Any]) -> None:
        key = StreamKey.of(record, "stream")
        self.total += 1
        if key not in self.entries or self.overflow:
            return
        data = record["data"]
        ignored = self.ignored.get(key.name)
        data = without(data, ignored) if ignored else data
        hashed = digest(data)
        self.entries[key].append(Entry(hashed, _value(record["data"], self.cursors[key])))
        if len(self.samples) < MOST_RECORDS // 100:
            self.samples.setdefault(hashed, str(data)[:_LONGEST])

    def checkpoint(self, index: int) -> tuple[Checkpoint, dict[StreamKey, int]]:
        """Where the sync stands after a state, and how many records of each stream are done."""
        checkpoint, done = Checkpoint(), dict.fromkeys(self.entries, 0)
        for emitted in self.states[: index + 1]:
            checkpoint.take(emitted.state)
            if kind(emitted.state) == "STREAM":
                key = StreamKey.of(emitted.state["stream"]["stream_descriptor"])
                if key in done:
                    done[key] = emitted.before[key]
            else:
                done = dict(emitted.before)
        return checkpoint, done

    def wrong_in(self, resumed: Recording, done: Mapping[StreamKey, int]) -> Iterator[str]:
        """What a read that resumed after so many records lost, or repeated without need.

        A cursor cannot tell records of its last value apart, so those may come again.
        """
        for key, entries in self.entries.items():
            before, after = entries[: done[key]], entries[done[key] :]
            again = Counter(entry.digest for entry in resumed.entries[key])
            wanted = Counter(entry.digest for entry in after)
            lost = wanted - again
            if lost:
                example = self._shown(next(iter(lost)))
                yield f"stream `{key}`: {lost.total()} records are lost, such as {example}"
            repeated = (again - wanted) & Counter(_beyond(before))
            if repeated:
                example = self._shown(next(iter(repeated)))
                yield (
                    f"stream `{key}`: {repeated.total()} records from before the cursor come "
                    f"again, such as {example}"
                )

    def _shown(self, hashed: bytes) -> str:
        return self.samples.get(hashed, "one of the later ones")


def _beyond(before: list[Entry]) -> Iterator[bytes]:
    """The records that the cursor has left behind, by its order or by that of the read."""
    cursors = [entry.cursor for entry in before if entry.cursor is not None]
    last = set(cursors[-1:])
    with suppress(TypeError):  # values of several types have no order
        last.add(max(cursors, default=None))
    for entry in before:
        if entry.cursor is not None and entry.cursor not in last:
            yield entry.digest


def _value(data: Any, path: FieldPath) -> Any:
    """The cursor's value; None where there is none that could be ordered."""
    for name in path:
        data = data.get(name) if isinstance(data, dict) else None
    return data if path and isinstance(data, str | int | float) else None
