"""The files of the command line: a path in, a config or the configured streams out."""

import json
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from destination_sqlite.errors import DestinationError

SYNC_MODES: Final = ("append", "overwrite", "append_dedup")
FieldPath = tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamSettings:
    """One configured stream; `primary_key` is set under append_dedup only."""

    name: str
    namespace: str | None
    sync_mode: str
    json_schema: Mapping[str, Any]
    primary_key: tuple[FieldPath, ...] = ()
    cursor: FieldPath = ()


def load_config(config_path: str) -> MutableMapping[str, Any]:
    """A config, which is an object.

    Raises:
        DestinationError: no such file, not JSON, not an object.
    """
    config = _load(config_path, "config")
    if not isinstance(config, dict):
        raise DestinationError(f"the config `{config_path}` is not a JSON object")
    return config


def load_streams(catalog_path: str) -> list[StreamSettings]:
    """The streams of a configured catalog in a file.

    Raises:
        DestinationError: no such file, not JSON, and what `parse_streams` says.
    """
    return parse_streams(_load(catalog_path, "catalog"))


def parse_streams(catalog: Any) -> list[StreamSettings]:
    """The streams of a configured catalog, in its order.

    Raises:
        DestinationError: not a configured catalog, a stream twice, or a sync mode or key that this
            destination cannot do.
    """
    try:
        streams = [_stream(entry) for entry in catalog["streams"]]
    except (KeyError, TypeError, AttributeError) as error:
        raise DestinationError(f"the catalog is not a configured catalog: {error!r}") from error
    seen = set()
    for stream in streams:
        if (stream.namespace, stream.name) in seen:
            raise DestinationError(f"the catalog holds the stream `{stream.name}` twice")
        seen.add((stream.namespace, stream.name))
    return streams


def _stream(entry: Mapping[str, Any]) -> StreamSettings:
    stream = entry["stream"]
    name = stream["name"]
    sync_mode = entry.get("destination_sync_mode") or "append"
    if sync_mode not in SYNC_MODES:
        raise DestinationError(
            f"stream `{name}`: cannot do `{sync_mode}`; use one of {', '.join(SYNC_MODES)}"
        )
    primary_key: tuple[FieldPath, ...] = ()
    if sync_mode == "append_dedup":
        keys = entry.get("primary_key") or stream.get("source_defined_primary_key") or []
        primary_key = tuple(tuple(path) for path in keys if path)
        if not primary_key:
            raise DestinationError(f"stream `{name}`: append_dedup needs a `primary_key`")
    cursor = entry.get("cursor_field") or stream.get("default_cursor_field") or []
    return StreamSettings(
        name=str(name),
        namespace=stream.get("namespace") or None,
        sync_mode=sync_mode,
        json_schema=stream.get("json_schema") or {},
        primary_key=primary_key,
        cursor=tuple(cursor) if sync_mode == "append_dedup" else (),
    )


def _load(path: str, what: str) -> Any:
    try:
        return json.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise DestinationError(f"cannot read the {what} `{path}`: {error.strerror}") from error
    except ValueError as error:
        raise DestinationError(f"the {what} `{path}` is not JSON: {error}") from error
