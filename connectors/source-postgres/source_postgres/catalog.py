"""The catalog and the state of the command line: JSON in, what to read and from where out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from base_python.errors import ConnectorError
from base_python.inputs import load, load_object


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamSettings:
    """One configured stream.

    Attributes:
        fields: names of columns to read; empty is all.
        cursor_field: None for a full refresh.
    """

    name: str
    namespace: str | None
    fields: frozenset[str] = frozenset()
    cursor_field: str | None = None
    state: Mapping[str, Any] = field(default_factory=dict)

    @property
    def descriptor(self) -> dict[str, Any]:
        """The stream as messages name it."""
        described = {"name": self.name}
        return described | {"namespace": self.namespace} if self.namespace else described


def load_streams(catalog_path: str, state_path: str) -> list[StreamSettings]:
    """The streams of a configured catalog, in its order, each with its state.

    Raises:
        ConnectorError: a file that cannot be read, or is not what it should be.
    """
    states = _states(load(state_path, "state") if state_path else None, state_path)
    catalog = load_object(catalog_path, "catalog")
    try:
        return [_stream(entry, states) for entry in catalog["streams"]]
    except (KeyError, TypeError, AttributeError) as error:
        raise ConnectorError(
            f"the catalog `{catalog_path}` is not a configured catalog: {error!r}"
        ) from error


def _stream(
    entry: Mapping[str, Any], states: Mapping[tuple[str, str | None], Mapping[str, Any]]
) -> StreamSettings:
    stream = entry["stream"]
    name, namespace = str(stream["name"]), stream.get("namespace") or None
    cursor: str | None = None
    if entry.get("sync_mode") == "incremental":
        path = entry.get("cursor_field") or stream.get("default_cursor_field") or []
        if len(path) != 1:
            raise ConnectorError(f"stream `{name}`: incremental needs a `cursor_field`: one column")
        cursor = str(path[0])
    return StreamSettings(
        name=name,
        namespace=namespace,
        fields=frozenset((stream.get("json_schema") or {}).get("properties") or ()),
        cursor_field=cursor,
        state=states.get((name, namespace), {}),
    )


def _states(loaded: Any, path: str) -> dict[tuple[str, str | None], Mapping[str, Any]]:
    """States by stream; one or a list, bare or as the STATE messages that were emitted."""
    entries = loaded if isinstance(loaded, list) else [loaded] if loaded else []
    states: dict[tuple[str, str | None], Mapping[str, Any]] = {}
    try:
        for entry in entries:
            state = entry["state"] if entry.get("type") == "STATE" else entry
            parts = [state["stream"]] if "stream" in state else state["global"]["stream_states"]
            for part in parts:
                descriptor = part["stream_descriptor"]
                key = (descriptor["name"], descriptor.get("namespace") or None)
                states[key] = part.get("stream_state") or {}
    except (KeyError, TypeError, AttributeError) as error:
        raise ConnectorError(
            f"the state `{path}` is not a list of states, each with a `stream`"
        ) from error
    return states
