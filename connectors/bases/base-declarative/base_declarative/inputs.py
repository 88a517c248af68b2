"""The JSON files of the command line: a path in, a config, catalog or state out."""

import json
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from airbyte_cdk.models import (
    AirbyteStateMessage,
    AirbyteStateMessageSerializer,
    AirbyteStateType,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteCatalogSerializer,
)
from serpyco_rs import SchemaValidationError

from base_declarative.errors import InputError


def load_config(config_path: str) -> MutableMapping[str, Any]:
    """A config, which is an object.

    Raises:
        InputError: no such file, not JSON, not an object. So do the others below.
    """
    config = _load(config_path, "config")
    if not isinstance(config, dict):
        raise InputError(f"config `{config_path}` is not a JSON object")
    return config


def load_catalog(path: str) -> ConfiguredAirbyteCatalog:
    """A configured catalog."""
    catalog = _load(path, "catalog")
    try:
        return ConfiguredAirbyteCatalogSerializer.load(catalog)
    except (SchemaValidationError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"catalog `{path}` is not a configured catalog: {error}") from error


def load_state(path: str | None) -> list[AirbyteStateMessage]:
    """States of streams: one or a list, bare or as the STATE messages that were emitted."""
    loaded = _load(path, "state") if path else None
    entries = loaded if isinstance(loaded, list) else [loaded] if loaded else []
    return [_state(entry, path or "") for entry in entries]


def _state(entry: Any, path: str) -> AirbyteStateMessage:
    if isinstance(entry, dict) and entry.get("type") == "STATE":
        entry = entry.get("state")
    try:
        state = AirbyteStateMessageSerializer.load(entry)
    except (SchemaValidationError, TypeError, AttributeError) as error:
        raise InputError(f"state `{path}` is not a list of states: {error}") from error
    if state.stream is None and state.global_ is None:
        raise InputError(f"state `{path}` is not a list of states, each with a `stream`")
    if state.type is None:
        state.type = AirbyteStateType.STREAM if state.stream else AirbyteStateType.GLOBAL
    return state


def _load(path: str, what: str) -> Any:
    try:
        return json.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"cannot read the {what} `{path}`: {error.strerror}") from error
    except ValueError as error:
        raise InputError(f"the {what} `{path}` is not JSON: {error}") from error
