"""States that a destination confirmed in, the state to resume from out, and kept in a file.

The file is what `read --state` takes: an array of messages (STREAM, one for each; or one GLOBAL),
or the object of a LEGACY state.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from build_config import atomic_files
from build_config.errors import UsageError
from build_config.sync.messages import Message, StreamKey, is_object, stream_of

_OF_ONE_RUN: Final = ("sourceStats", "destinationStats")


@dataclass(frozen=True, kw_only=True, slots=True)
class SavedState:
    """All that is confirmed; empty at first.

    Attributes:
        streams: the last message of each stream.
        whole: a GLOBAL message, or the data of a LEGACY one.
    """

    streams: Mapping[StreamKey, Message] = field(default_factory=dict)
    whole: Message | None = None

    def __bool__(self) -> bool:
        return bool(self.streams) or self.whole is not None

    def with_confirmed(self, state: Message) -> SavedState:
        """After one more message; the kind of a source's states may change with its version."""
        key = stream_of(state)
        if key is None:
            return SavedState(whole=_lasting(state))
        return SavedState(streams={**self.streams, key: _lasting(state)})

    def only(self, keys: Collection[StreamKey]) -> SavedState:
        """What a source is given that reads these streams incrementally."""
        return replace(self, streams={k: v for k, v in self.streams.items() if k in keys})

    def without(self, keys: Collection[StreamKey]) -> SavedState:
        """With these streams forgotten, and others, which this sync does not move, kept."""
        return replace(self, streams={k: v for k, v in self.streams.items() if k not in keys})

    def document(self) -> Any:
        """As it is written to a file."""
        if self.whole is None:
            return list(self.streams.values())
        return [self.whole] if self.whole.get("type") == "GLOBAL" else self.whole.get("data", {})


def identity(state: Message) -> str:
    """The same for a state and its echo: whatever the order of members, and without counts."""
    return json.dumps(_lasting(state), sort_keys=True)


def read(path: Path) -> SavedState:
    """What a file holds; nothing where there is none.

    Raises:
        UsageError: it cannot be read, or is no state.
    """
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        return SavedState()
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(
            f"the state `{path}` cannot be read: {error}",
            hint="correct it, or move it away to start over",
        ) from error
    if is_object(document):
        return SavedState(whole={"type": "LEGACY", "data": document})
    state = SavedState()
    for message in document if isinstance(document, list) else [None]:
        if not is_object(message):
            raise UsageError(
                f"the state `{path}` is neither an array of states nor an object",
                hint="correct it, or move it away to start over",
            )
        state = state.with_confirmed(message)
    return state


def write(path: Path, state: SavedState) -> None:
    """Replace the file: whoever is killed when, it holds the old state or the new one."""
    atomic_files.write_text(path, json.dumps(state.document(), indent=2) + "\n")


def forget(path: Path, keys: Collection[StreamKey]) -> None:
    """Start these streams over; what stands for all streams goes, too.

    Raises:
        UsageError: the file cannot be read.
    """
    kept = SavedState(streams=read(path).without(keys).streams)
    if kept:
        write(path, kept)
    else:
        path.unlink(missing_ok=True)


def _lasting(state: Message) -> Message:
    return {name: value for name, value in state.items() if name not in _OF_ONE_RUN}
