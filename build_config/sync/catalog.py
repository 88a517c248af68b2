"""A discovered catalog and what a destination can do in, a configured catalog out.

Unless a person hands in a catalog of their own, each stream is moved in the way that moves least
and keeps one row for each key:

1. incremental with append_dedup, where the source can, says the cursor and a primary key, and
   the destination can;
2. incremental with append, where there is no key;
3. else everything each time, replacing what was there (overwrite), or appended.
"""

from __future__ import annotations

import difflib
import fnmatch
from collections.abc import Iterable, Sequence
from typing import Any

from build_config.errors import UsageError
from build_config.sync.messages import Message, StreamKey, entries, is_object, payload, stream_key


def configure(
    discovered: Message, modes: Sequence[str], *, wanted: Sequence[str], generation: int
) -> Message:
    """The configured catalog.

    Args:
        discovered: as `discover` gives it.
        modes: destination sync modes; empty where the destination does not say.
        wanted: names, `namespace.name` or globs; empty for all streams.
        generation: larger in each run; for destinations that tell generations of rows apart.

    Raises:
        UsageError: a wanted stream that is not there, or no stream at all.
    """
    streams = _chosen([s for s in entries(discovered, "streams") if is_object(s)], wanted)
    if not streams:
        raise UsageError("the source has no streams", hint="is its config right?")
    possible = tuple(modes) or ("append", "overwrite")
    return {"streams": [_numbered(_configured(s, possible), generation) for s in streams]}


def refreshed(catalog: Message, modes: Sequence[str], *, generation: int) -> Message:
    """The same streams, each read from its beginning and replacing what the destination has."""
    if modes and "overwrite" not in modes:
        return catalog
    streams = ({**entry, "destination_sync_mode": "overwrite"} for entry in catalog["streams"])
    return {**catalog, "streams": [_numbered(entry, generation) for entry in streams]}


def all_streams(catalog: Message) -> frozenset[StreamKey]:
    """The streams of a configured catalog."""
    return _keys(catalog["streams"])


def incremental_streams(catalog: Message) -> frozenset[StreamKey]:
    """The streams that go on where the last sync ended."""
    return _keys(e for e in catalog["streams"] if e.get("sync_mode") == "incremental")


def replaced_streams(catalog: Message) -> frozenset[StreamKey]:
    """The streams that replace what the destination has, once they are complete."""
    return _keys(e for e in catalog["streams"] if e.get("destination_sync_mode") == "overwrite")


def _keys(streams: Iterable[Message]) -> frozenset[StreamKey]:
    return frozenset(key for entry in streams if (key := stream_key(payload(entry, "stream"))))


def _configured(stream: Message, possible: Sequence[str]) -> dict[str, Any]:
    entry: dict[str, Any] = {"stream": stream}
    cursor = entries(stream, "default_cursor_field")
    key = entries(stream, "source_defined_primary_key")
    has_cursor = bool(cursor or stream.get("source_defined_cursor"))
    if "incremental" in entries(stream, "supported_sync_modes") and has_cursor:
        mode = "append_dedup" if key and "append_dedup" in possible else "append"
        if mode in possible:
            entry |= {"sync_mode": "incremental", "destination_sync_mode": mode}
            return entry | {"cursor_field": cursor, "primary_key": key}
    mode = "overwrite" if "overwrite" in possible else "append"
    return entry | {"sync_mode": "full_refresh", "destination_sync_mode": mode, "primary_key": key}


def _numbered(entry: Message, generation: int) -> Message:
    """With the numbers by which newer destinations know which rows to drop."""
    kept = generation if entry.get("destination_sync_mode") == "overwrite" else 0
    numbers = {"generation_id": kept, "minimum_generation_id": kept, "sync_id": generation}
    return {**entry, **numbers}


def _chosen(streams: list[Message], wanted: Sequence[str]) -> list[Message]:
    if not wanted:
        return streams
    labels = {index: _labels(stream) for index, stream in enumerate(streams)}
    chosen: set[int] = set()
    for pattern in (part for text in wanted for part in text.split(",") if part):
        hits = {i for i, names in labels.items() if fnmatch.filter(names, pattern)}
        if not hits:
            known = sorted({names[-1] for names in labels.values()})
            near = difflib.get_close_matches(pattern, known, n=1)
            guess = f"did you mean `{near[0]}`? " if near else ""
            raise UsageError(
                f"the source has no stream `{pattern}`",
                hint=f"{guess}it has {', '.join(known[:20])}",
            )
        chosen |= hits
    return [stream for index, stream in enumerate(streams) if index in chosen]


def _labels(stream: Message) -> list[str]:
    name = str(stream.get("name", ""))
    namespace = stream.get("namespace")
    return [name, f"{namespace}.{name}"] if namespace else [name]
