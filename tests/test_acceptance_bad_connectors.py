"""No message that follows the protocol, however odd, is an error of ours: it gives problems."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from build_config.acceptance import discovery, spec_rules
from build_config.acceptance.config import Test
from build_config.acceptance.leaks import secret_values
from build_config.acceptance.observation import Observation
from build_config.acceptance.recording import Recording
from build_config.connector_protocol.catalog import ConfiguredCatalog, Stream
from build_config.connector_protocol.level import Level
from build_config.connector_protocol.messages import Message, Reader

JUNK: list[Any] = [
    None,
    True,
    0,
    -1.5,
    "",
    "users",
    [],
    [1],
    [{}],
    {},
    {"type": []},
    {"a": {"b": [None]}},
]

FORM = {
    "type": "object",
    "required": ["a"],
    "properties": {
        "a": {"type": "string", "order": 0, "airbyte_secret": True, "default": "x"},
        "b": {
            "type": "object",
            "oneOf": [{"type": "object", "properties": {"k": {"const": "1", "type": "string"}}}],
        },
        "c": {"type": "array", "items": {"type": "string", "enum": ["x"]}},
        "d": {"type": "string", "format": "date", "pattern": "^x$"},
    },
}
STREAM = {
    "name": "users",
    "namespace": None,
    "json_schema": {"type": "object", "properties": {"id": {"type": ["null", "integer"]}}},
    "supported_sync_modes": ["full_refresh", "incremental"],
    "default_cursor_field": ["id"],
    "source_defined_primary_key": [["id"]],
}
DESCRIPTOR = {"name": "users", "namespace": None}
STATUS = {"stream_descriptor": DESCRIPTOR, "status": "STARTED"}
READ = [
    {"type": "TRACE", "trace": {"type": "STREAM_STATUS", "emitted_at": 1, "stream_status": STATUS}},
    {"type": "RECORD", "record": {"stream": "users", "data": {"id": 1}, "emitted_at": 1}},
    {
        "type": "STATE",
        "state": {
            "type": "STREAM",
            "data": {},
            "stream": {"stream_descriptor": DESCRIPTOR, "stream_state": {"id": 1}},
            "global": {"stream_states": []},
            "sourceStats": {"recordCount": 1},
        },
    },
]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    steps: dict[Any, Any] = dict(enumerate(value)) if isinstance(value, list) else {}
    for step, inner in (value if isinstance(value, dict) else steps).items():
        yield from places(inner, (*path, step))


def mutations(document: Any) -> Iterator[Any]:
    """The document with every value replaced by every kind of junk, or taken away."""
    for *outer, last in places(document):
        for junk in [*JUNK, ...]:
            mutant = deepcopy(document)
            holder = mutant
            for step in outer:
                holder = holder[step]
            if junk is ...:
                del holder[last]
            else:
                holder[last] = junk
            yield mutant


def test_odd_forms_give_problems() -> None:
    for form in mutations(FORM):
        if isinstance(form, dict) and not list(spec_rules.invalid(form)):
            for rule in spec_rules.RULES.values():
                list(rule(form))
            list(secret_values(form, {"a": "x", "b": {"k": "1"}, "c": ["x"]}))


@pytest.mark.parametrize("level", Level)
def test_odd_catalogs_give_problems(level: Level) -> None:
    for document in mutations({"type": "CATALOG", "catalog": {"streams": [STREAM, STREAM]}}):
        message = Reader(level=level).read(json.dumps(document).encode())
        if isinstance(message, Message) and message.type == "CATALOG":
            streams = [Stream.from_document(entry) for entry in message.payload["streams"]]
            for problems in discovery.rules(streams, Test()).values():
                list(problems)
            Observation.of(ConfiguredCatalog.of(streams, sync_mode="incremental"), Test())


@pytest.mark.parametrize("level", Level)
def test_odd_reads_give_problems(level: Level) -> None:
    catalog = ConfiguredCatalog.of([Stream.from_document(STREAM)], sync_mode="incremental")
    shuffled = random.Random(1)  # noqa: S311 - reproducible
    for mutant in mutations(READ):
        if not isinstance(mutant, list):
            continue
        shuffled.shuffle(mutant)
        reader = Reader(level=level)
        seen = Observation.of(catalog, Test(validate_data_points=True))
        heard = Recording.of(catalog, {"users": ("id/x",)})
        for document in mutant:
            message = reader.read(json.dumps(document).encode())
            if isinstance(message, Message):
                seen(message)
                heard(message)
        for index in range(len(heard.states)):
            checkpoint, done = heard.checkpoint(index)
            checkpoint.to_bytes()
            list(heard.wrong_in(Recording.of(catalog, {}), done))
