"""The payload of a CATALOG in, streams out; and configured catalogs, as `read` takes them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

FieldPath = tuple[str, ...]


class StreamKey(NamedTuple):
    """What identifies a stream: two may have one name in different namespaces."""

    name: str
    namespace: str | None = None

    @classmethod
    def of(cls, descriptor: Mapping[str, Any], name: str = "name") -> Self:
        """From anything that has a name and perhaps a namespace; an empty one is none."""
        return cls(descriptor[name], descriptor.get("namespace") or None)

    def __str__(self) -> str:
        """As people write it: `public.users`."""
        return f"{self.namespace}.{self.name}" if self.namespace else self.name


@dataclass(frozen=True, kw_only=True, slots=True)
class Stream:
    """A stream as a source discovers it.

    Attributes:
        document: all of it, with the fields that we do not know.
    """

    key: StreamKey
    json_schema: Mapping[str, Any]
    sync_modes: tuple[str, ...]
    default_cursor: FieldPath
    primary_key: tuple[FieldPath, ...]
    document: Mapping[str, Any]

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read what follows `stream_schema`."""
        return cls(
            key=StreamKey.of(document),
            json_schema=document["json_schema"],
            sync_modes=tuple(document.get("supported_sync_modes") or ()),
            default_cursor=tuple(document.get("default_cursor_field") or ()),
            primary_key=_key(document.get("source_defined_primary_key")),
            document=document,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfiguredStream:
    """A stream as a sync wants it."""

    stream: Stream
    sync_mode: str
    destination_sync_mode: str
    cursor: FieldPath = ()
    primary_key: tuple[FieldPath, ...] = ()
    document: Mapping[str, Any]

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read what follows `configured_catalog_schema`."""
        stream = Stream.from_document(document["stream"])
        return cls(
            stream=stream,
            sync_mode=document["sync_mode"],
            destination_sync_mode=document.get("destination_sync_mode") or "append",
            cursor=tuple(document.get("cursor_field") or ()) or stream.default_cursor,
            primary_key=_key(document.get("primary_key")) or stream.primary_key,
            document=document,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfiguredCatalog:
    """What `read` and `write` are told to do."""

    streams: tuple[ConfiguredStream, ...]

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read what follows `configured_catalog_schema`."""
        return cls(streams=tuple(map(ConfiguredStream.from_document, document["streams"])))

    @classmethod
    def of(cls, streams: Iterable[Stream], *, sync_mode: str) -> Self:
        """All these streams in one sync mode; incremental ones get their default cursor."""
        return cls(streams=tuple(configured(stream, sync_mode=sync_mode) for stream in streams))

    def with_schemas_of(self, discovered: Mapping[StreamKey, Stream]) -> Self:
        """The same with the JSON schemas that the source has now; a file may hold old ones."""
        return replace(
            self,
            streams=tuple(
                _with_schema(entry, discovered.get(entry.stream.key)) for entry in self.streams
            ),
        )

    def to_bytes(self) -> bytes:
        """The file for `--catalog`."""
        return json.dumps({"streams": [entry.document for entry in self.streams]}).encode()


def configured(
    stream: Stream, *, sync_mode: str, destination_sync_mode: str | None = None
) -> ConfiguredStream:
    """The stream in a sync mode; without a destination mode: append what is incremental."""
    usual = "append" if sync_mode == "incremental" else "overwrite"
    document: dict[str, Any] = {
        "stream": stream.document,
        "sync_mode": sync_mode,
        "destination_sync_mode": destination_sync_mode or usual,
    }
    if sync_mode == "incremental" and stream.default_cursor:
        document["cursor_field"] = list(stream.default_cursor)
    if stream.primary_key:
        document["primary_key"] = [list(path) for path in stream.primary_key]
    return ConfiguredStream.from_document(document)


def _with_schema(entry: ConfiguredStream, found: Stream | None) -> ConfiguredStream:
    if found is None:
        return entry
    stream = {**entry.stream.document, "json_schema": found.json_schema}
    return ConfiguredStream.from_document({**entry.document, "stream": stream})


def _key(paths: Iterable[Iterable[str]] | None) -> tuple[FieldPath, ...]:
    return tuple(tuple(path) for path in paths or ())
