"""The configured catalog: a path in, what to write and how out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from base_python.errors import ConnectorError
from base_python.inputs import load_object

SYNC_MODES: Final = ("append", "overwrite", "append_dedup")
FieldPath = tuple[str, ...]
StreamKey = tuple[str | None, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamSettings:
    """One configured stream; `primary_key` and `cursor` are set under append_dedup only."""

    name: str
    namespace: str | None
    sync_mode: str
    json_schema: Mapping[str, Any]
    primary_key: tuple[FieldPath, ...] = ()
    cursor: FieldPath = ()

    @property
    def key(self) -> StreamKey:
        """What records name the stream by."""
        return (self.namespace, self.name)


def load_streams(catalog_path: str) -> list[StreamSettings]:
    """The streams of a configured catalog, in its order.

    Raises:
        ConnectorError: no such file, not a configured catalog, a stream twice, or a sync mode or
            key that this destination cannot do.
    """
    catalog = load_object(catalog_path, "catalog")
    try:
        streams = [_stream(entry) for entry in catalog["streams"]]
    except (KeyError, TypeError, AttributeError) as error:
        raise ConnectorError(
            f"the catalog `{catalog_path}` is not a configured catalog: {error!r}"
        ) from error
    seen: set[StreamKey] = set()
    for stream in streams:
        if stream.key in seen:
            raise ConnectorError(f"the catalog holds the stream `{stream.name}` twice")
        seen.add(stream.key)
    return streams


def _stream(entry: Mapping[str, Any]) -> StreamSettings:
    stream = entry["stream"]
    name = str(stream["name"])
    sync_mode = entry.get("destination_sync_mode") or "append"
    if sync_mode not in SYNC_MODES:
        raise ConnectorError(
            f"stream `{name}`: cannot do `{sync_mode}`; use one of {', '.join(SYNC_MODES)}"
        )
    primary_key: tuple[FieldPath, ...] = ()
    cursor: FieldPath = ()
    if sync_mode == "append_dedup":
        keys = entry.get("primary_key") or stream.get("source_defined_primary_key") or []
        primary_key = tuple(tuple(path) for path in keys if path)
        cursor = tuple(entry.get("cursor_field") or stream.get("default_cursor_field") or [])
        if not primary_key:
            raise ConnectorError(f"stream `{name}`: append_dedup needs a `primary_key`")
    return StreamSettings(
        name=name,
        namespace=stream.get("namespace") or None,
        sync_mode=sync_mode,
        json_schema=stream.get("json_schema") or {},
        primary_key=primary_key,
        cursor=cursor,
    )
