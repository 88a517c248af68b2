"""States as they come, and the file to resume from; catalogs and configured catalogs."""

from __future__ import annotations

import json
from typing import Any

from build_config.connector_protocol.catalog import (
    ConfiguredCatalog,
    Stream,
    StreamKey,
    configured,
)
from build_config.connector_protocol.json_schema import compile_schema, faults
from build_config.connector_protocol.level import Level
from build_config.connector_protocol.schemas import configured_catalog_schema
from build_config.connector_protocol.state import Checkpoint

DOCUMENT = {
    "name": "users",
    "namespace": "public",
    "json_schema": {"properties": {"id": {}}},
    "supported_sync_modes": ["full_refresh", "incremental"],
    "default_cursor_field": ["updated_at"],
    "source_defined_primary_key": [["id"]],
    "is_resumable": True,
}


def stream_state(name: str, value: int) -> dict[str, Any]:
    stream = {"stream_descriptor": {"name": name}, "stream_state": {"id": value}}
    return {"type": "STREAM", "stream": stream}


def test_the_last_state_of_each_stream_counts() -> None:
    checkpoint = Checkpoint()
    for state in (stream_state("a", 1), stream_state("b", 1), stream_state("a", 2)):
        checkpoint.take(state)
    assert checkpoint.document() == [stream_state("a", 2), stream_state("b", 1)]


def test_a_global_state_stands_for_the_whole_sync() -> None:
    checkpoint = Checkpoint()
    states = [{"type": "GLOBAL", "global": {"stream_states": [], "n": n}} for n in (1, 2)]
    for state in states:
        checkpoint.take(state)
    assert json.loads(checkpoint.to_bytes()) == [states[1]]


def test_a_legacy_state_is_given_back_bare() -> None:
    checkpoint = Checkpoint()
    checkpoint.take({"data": {"users": 1}})
    checkpoint.take({"type": "LEGACY", "data": {"users": 2}})
    assert checkpoint.document() == {"users": 2}


def test_no_state_is_an_empty_list() -> None:
    assert Checkpoint().to_bytes() == b"[]"


def test_a_stream_is_read_from_a_catalog() -> None:
    stream = Stream.from_document(DOCUMENT)
    assert stream.key == StreamKey("users", "public")
    assert str(stream.key) == "public.users"
    assert stream.primary_key == (("id",),)
    assert stream.default_cursor == ("updated_at",)


def test_an_empty_namespace_is_none() -> None:
    assert StreamKey.of({"name": "users", "namespace": ""}) == StreamKey("users")


def test_a_configured_catalog_follows_the_protocol_and_keeps_unknown_fields() -> None:
    catalog = ConfiguredCatalog.of([Stream.from_document(DOCUMENT)], sync_mode="incremental")
    document = json.loads(catalog.to_bytes())
    assert faults(compile_schema(configured_catalog_schema(Level.CURRENT)), document) == ()
    assert document["streams"] == [
        {
            "stream": DOCUMENT,
            "sync_mode": "incremental",
            "destination_sync_mode": "append",
            "cursor_field": ["updated_at"],
            "primary_key": [["id"]],
        }
    ]


def test_a_full_refresh_overwrites_unless_it_is_told_otherwise() -> None:
    stream = Stream.from_document(DOCUMENT)
    assert configured(stream, sync_mode="full_refresh").destination_sync_mode == "overwrite"
    appended = configured(stream, sync_mode="full_refresh", destination_sync_mode="append")
    assert appended.destination_sync_mode == "append"


def test_a_configured_catalog_takes_the_schemas_that_are_discovered_now() -> None:
    catalog = ConfiguredCatalog.of([Stream.from_document(DOCUMENT)], sync_mode="full_refresh")
    fresh = Stream.from_document({**DOCUMENT, "json_schema": {"properties": {"new": {}}}})
    updated = catalog.with_schemas_of({fresh.key: fresh})
    assert updated.streams[0].stream.json_schema == {"properties": {"new": {}}}
    assert json.loads(updated.to_bytes())["streams"][0]["stream"]["json_schema"] == {
        "properties": {"new": {}}
    }
