"""The catalog and the states of the command line: paths in, the streams of a sync out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from base_python.errors import ConnectorError
from base_python.inputs import load, load_object

StreamKey = tuple[str | None, str]  # its namespace and its name


@dataclass(frozen=True, kw_only=True, slots=True)
class ConfiguredStream:
    """One stream of a configured catalog.

    Attributes:
        sync_mode: `full_refresh` or `incremental`.
        destination_sync_mode: `append`, `overwrite` or another one of the protocol.
        primary_key: paths of fields; so is `cursor_field` one.
        state: what the last sync left, under `incremental`; empty where it left nothing.
    """

    name: str
    namespace: str | None = None
    json_schema: Mapping[str, Any] = field(default_factory=dict)
    sync_mode: str = "full_refresh"
    destination_sync_mode: str = "append"
    primary_key: tuple[tuple[str, ...], ...] = ()
    cursor_field: tuple[str, ...] = ()
    state: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> StreamKey:
        """What tells it from other streams."""
        return self.namespace, self.name

    @property
    def descriptor(self) -> dict[str, Any]:
        """The stream as messages name it."""
        described = {"name": self.name}
        return described | {"namespace": self.namespace} if self.namespace else described


def load_streams(catalog_path: str, state_path: str = "") -> list[ConfiguredStream]:
    """The streams of a configured catalog, in its order, each with its state.

    Raises:
        ConnectorError: a file that cannot be read, or is not what it should be; a stream twice.
    """
    states = _states(load(state_path, "state") if state_path else None, state_path)
    catalog = load_object(catalog_path, "catalog")
    try:
        streams = [_stream(entry, states) for entry in catalog["streams"]]
    except (KeyError, TypeError, AttributeError) as error:
        raise ConnectorError(
            f"the catalog `{catalog_path}` is not a configured catalog: {error!r}"
        ) from error
    for stream in streams:
        if sum(other.key == stream.key for other in streams) > 1:
            raise ConnectorError(f"the catalog holds the stream `{stream.name}` twice")
    return streams


def key_of(descriptor: Mapping[str, Any]) -> StreamKey:
    """The key of a stream as messages name it."""
    return descriptor.get("namespace") or None, descriptor["name"]


def _stream(
    entry: Mapping[str, Any], states: Mapping[StreamKey, Mapping[str, Any]]
) -> ConfiguredStream:
    stream = entry["stream"]
    keys = entry.get("primary_key") or stream.get("source_defined_primary_key") or []
    cursor = entry.get("cursor_field") or stream.get("default_cursor_field") or []
    sync_mode = entry.get("sync_mode") or "full_refresh"
    return ConfiguredStream(
        name=str(stream["name"]),
        namespace=stream.get("namespace") or None,
        json_schema=stream.get("json_schema") or {},
        sync_mode=sync_mode,
        destination_sync_mode=entry.get("destination_sync_mode") or "append",
        primary_key=tuple(tuple(path) for path in keys),
        cursor_field=tuple(cursor),
        state=states.get(key_of(stream), {}) if sync_mode == "incremental" else {},
    )


def _states(loaded: Any, path: str) -> dict[StreamKey, Mapping[str, Any]]:
    """States by stream; one or a list, bare or as the STATE messages that were emitted."""
    entries = loaded if isinstance(loaded, list) else [loaded] if loaded else []
    states: dict[StreamKey, Mapping[str, Any]] = {}
    try:
        for entry in entries:
            state = entry["state"] if entry.get("type") == "STATE" else entry
            parts = [state["stream"]] if "stream" in state else state["global"]["stream_states"]
            for part in parts:
                states[key_of(part["stream_descriptor"])] = dict(part.get("stream_state") or {})
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ConnectorError(
            f"the state `{path}` is not a list of states, each with a `stream`"
        ) from error
    return states
