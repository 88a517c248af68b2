"""The protocol's messages as JSON Schemas: a level in, the rule of each message type out.

Written after `airbyte_protocol.yaml` (airbytehq/airbyte-protocol, `v0`), which is JSON Schema
draft-07 as well, and after the 2021 state of the same file. Unknown fields are always allowed.
Generated dataclasses (`airbyte-protocol-models-dataclasses`) were weighed: they are the data, not
the check, so what is missing comes to light as a TypeError without a place, and 2021 is not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from build_config.connector_protocol.level import Level

Schema = dict[str, Any]

PAYLOADS: Final[Mapping[str, str]] = {
    "RECORD": "record",
    "STATE": "state",
    "LOG": "log",
    "SPEC": "spec",
    "CONNECTION_STATUS": "connectionStatus",
    "CATALOG": "catalog",
    "TRACE": "trace",
    "CONTROL": "control",
    "DESTINATION_CATALOG": "destination_catalog",
}
"""Message type -> the key of its payload."""

TYPES: Final[Mapping[Level, tuple[str, ...]]] = {
    Level.YEAR_2021: tuple(PAYLOADS)[:6],
    Level.CURRENT: tuple(PAYLOADS),
}

_TEXT: Final[Schema] = {"type": "string"}
_NUMBER: Final[Schema] = {"type": "number"}
_WHOLE: Final[Schema] = {"type": "integer"}
_OBJECT: Final[Schema] = {"type": "object"}
_OPTIONAL_TEXT: Final[Schema] = {"type": ["string", "null"]}
_FIELD_PATH: Final[Schema] = {"type": ["array", "null"], "items": _TEXT}
_KEY: Final[Schema] = {"type": ["array", "null"], "items": {"type": "array", "items": _TEXT}}

_SYNC_MODES: Final = ("full_refresh", "incremental")
DESTINATION_SYNC_MODES: Final = ("append", "overwrite", "append_dedup", "update", "soft_delete")


def _of(required: str = "", /, **properties: Schema) -> Schema:
    """An object with these properties; `required` names some of them."""
    return {"type": "object", "required": required.split(), "properties": properties}


def _one_of(*values: str) -> Schema:
    return {"enum": list(values)}


def _when(value: str, then: Schema) -> Schema:
    """What else holds where `type` has this value."""
    condition = {"required": ["type"], "properties": {"type": {"const": value}}}
    return {"if": condition, "then": then}


_STREAM: Final = _of("name", name=_TEXT, namespace=_OPTIONAL_TEXT)
_STREAM_STATE: Final = _of(
    "stream_descriptor", stream_descriptor=_STREAM, stream_state={"type": ["object", "null"]}
)
_STATS: Final = _of(recordCount={"type": ["number", "null"]})
_STATE: Final = {
    **_of(
        type=_one_of("STREAM", "GLOBAL", "LEGACY"),
        data={"type": ["object", "null"]},
        sourceStats={"anyOf": [_STATS, {"type": "null"}]},
        destinationStats={"anyOf": [_STATS, {"type": "null"}]},
    ),
    "allOf": [
        _when("STREAM", _of("stream", stream=_STREAM_STATE)),
        _when(
            "GLOBAL",
            _of(
                "global",
                **{"global": _of("stream_states", stream_states={"items": _STREAM_STATE})},
            ),
        ),
        _when("LEGACY", _of("data", data=_OBJECT)),
        {"if": {"not": {"required": ["type"]}}, "then": _of("data", data=_OBJECT)},
    ],
}
_FAILURES: Final = ("system_error", "config_error", "transient_error")
_TRACE: Final = {
    **_of(
        "type emitted_at",
        type=_one_of("ERROR", "ESTIMATE", "STREAM_STATUS", "ANALYTICS"),
        emitted_at=_NUMBER,
    ),
    "allOf": [
        _when(
            "ERROR",
            _of("error", error=_of("message", message=_TEXT, failure_type=_one_of(*_FAILURES))),
        ),
        _when(
            "STREAM_STATUS",
            _of(
                "stream_status",
                stream_status=_of(
                    "stream_descriptor status",
                    stream_descriptor=_STREAM,
                    status=_one_of("STARTED", "RUNNING", "COMPLETE", "INCOMPLETE"),
                ),
            ),
        ),
        _when(
            "ESTIMATE",
            _of("estimate", estimate=_of("name type", name=_TEXT, type=_one_of("STREAM", "SYNC"))),
        ),
        _when("ANALYTICS", _of("analytics", analytics=_of("type", type=_TEXT))),
    ],
}


@cache
def stream_schema(level: Level) -> Schema:
    """The rule of a stream in a catalog."""
    modes = {"type": "array", "items": _one_of(*_SYNC_MODES)}
    is_current = level is Level.CURRENT
    return _of(
        f"name json_schema {'supported_sync_modes' if is_current else ''}",
        name={"type": "string", "minLength": 1},
        json_schema=_OBJECT,
        supported_sync_modes={**modes, "minItems": 1} if is_current else modes,
        source_defined_cursor={"type": ["boolean", "null"]},
        default_cursor_field=_FIELD_PATH,
        source_defined_primary_key=_KEY,
        namespace=_OPTIONAL_TEXT,
    )


@cache
def configured_catalog_schema(level: Level) -> Schema:
    """The rule of a configured catalog."""
    stream = _of(
        f"stream sync_mode {'destination_sync_mode' if level is Level.CURRENT else ''}",
        stream=stream_schema(level),
        sync_mode=_one_of(*_SYNC_MODES),
        destination_sync_mode=_one_of(*DESTINATION_SYNC_MODES),
        cursor_field=_FIELD_PATH,
        primary_key=_KEY,
    )
    return _of("streams", streams={"type": "array", "items": stream})


@cache
def message_schemas(level: Level) -> Mapping[str, Schema]:
    """Message type -> the rule of a whole message of that type."""
    payloads = _payload_schemas(level)
    return {kind: _of(PAYLOADS[kind], **{PAYLOADS[kind]: payloads[kind]}) for kind in TYPES[level]}


def _payload_schemas(level: Level) -> Mapping[str, Schema]:
    levels = ("FATAL", "ERROR", "WARN", "INFO", "DEBUG", "TRACE")
    streams = {"type": "array", "items": stream_schema(level)}
    config = _of("config", config=_OBJECT)
    operation = _of(
        "object_name sync_mode json_schema",
        object_name=_TEXT,
        sync_mode=_one_of(*DESTINATION_SYNC_MODES),
        json_schema=_OBJECT,
    )
    return {
        "RECORD": _of(
            "stream data emitted_at",
            stream=_TEXT,
            data=_OBJECT,
            emitted_at=_WHOLE,
            namespace=_OPTIONAL_TEXT,
        ),
        "STATE": _STATE if level is Level.CURRENT else {"allOf": [_of("data"), _STATE]},
        "LOG": _of("level message", level=_one_of(*levels), message=_TEXT),
        "SPEC": _of(
            "connectionSpecification",
            connectionSpecification=_OBJECT,
            documentationUrl=_OPTIONAL_TEXT,
            changelogUrl=_OPTIONAL_TEXT,
            supportsIncremental={"type": ["boolean", "null"]},
            supported_destination_sync_modes={
                "type": ["array", "null"],
                "items": _one_of(*DESTINATION_SYNC_MODES),
            },
            protocol_version=_OPTIONAL_TEXT,
        ),
        "CONNECTION_STATUS": _of(
            "status", status=_one_of("SUCCEEDED", "FAILED"), message=_OPTIONAL_TEXT
        ),
        "CATALOG": _of("streams", streams=streams),
        "TRACE": _TRACE,
        "CONTROL": _of(
            "type emitted_at connectorConfig",
            type=_one_of("CONNECTOR_CONFIG"),
            emitted_at=_NUMBER,
            connectorConfig=config,
        ),
        "DESTINATION_CATALOG": _of("operations", operations={"type": "array", "items": operation}),
    }
