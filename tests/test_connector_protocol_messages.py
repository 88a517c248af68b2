"""Lines of every kind, right and wrong, by the rules of both levels."""

from __future__ import annotations

import json
from typing import Any

import pytest

from build_config.connector_protocol.level import Level
from build_config.connector_protocol.messages import Fault, Message, Reader
from build_config.connector_protocol.schemas import PAYLOADS

STREAM = {"name": "users", "json_schema": {}, "supported_sync_modes": ["full_refresh"]}
USERS = {"stream_descriptor": {"name": "users"}}

GOOD: list[tuple[str, dict[str, Any]]] = [
    ("RECORD", {"stream": "users", "data": {"id": 1}, "emitted_at": 1}),
    ("RECORD", {"stream": "users", "data": {}, "emitted_at": 1, "namespace": None, "new": 1}),
    ("STATE", {"data": {"id": 1}}),
    ("STATE", {"type": "LEGACY", "data": {}}),
    ("STATE", {"type": "STREAM", "stream": {**USERS, "stream_state": {"id": 1}}}),
    ("STATE", {"type": "STREAM", "stream": {**USERS, "stream_state": None}}),
    ("STATE", {"type": "GLOBAL", "global": {"shared_state": {}, "stream_states": [USERS]}}),
    ("LOG", {"level": "INFO", "message": "hello"}),
    ("SPEC", {"connectionSpecification": {}}),
    ("CONNECTION_STATUS", {"status": "FAILED", "message": "no"}),
    ("CATALOG", {"streams": [STREAM]}),
    ("TRACE", {"type": "ERROR", "emitted_at": 1.5, "error": {"message": "no"}}),
    (
        "TRACE",
        {
            "type": "STREAM_STATUS",
            "emitted_at": 1,
            "stream_status": {**USERS, "status": "COMPLETE"},
        },
    ),
    ("TRACE", {"type": "ESTIMATE", "emitted_at": 1, "estimate": {"name": "a", "type": "SYNC"}}),
    ("TRACE", {"type": "ANALYTICS", "emitted_at": 1, "analytics": {"type": "a"}}),
    (
        "CONTROL",
        {"type": "CONNECTOR_CONFIG", "emitted_at": 1, "connectorConfig": {"config": {}}},
    ),
    (
        "DESTINATION_CATALOG",
        {"operations": [{"object_name": "a", "sync_mode": "append", "json_schema": {}}]},
    ),
]

REQUIRED = [
    ("RECORD", "stream data emitted_at"),
    ("LOG", "level message"),
    ("SPEC", "connectionSpecification"),
    ("CONNECTION_STATUS", "status"),
    ("CATALOG", "streams"),
    ("TRACE", "type emitted_at error"),
    ("CONTROL", "type emitted_at connectorConfig"),
    ("DESTINATION_CATALOG", "operations"),
]


def line(kind: str, payload: Any) -> bytes:
    return json.dumps({"type": kind, PAYLOADS[kind]: payload}).encode()


def read(text: bytes, level: Level = Level.CURRENT) -> Message | Fault | None:
    return Reader(level=level).read(text)


def reason(kind: str, payload: Any, level: Level = Level.CURRENT) -> str:
    fault = read(line(kind, payload), level)
    assert isinstance(fault, Fault), fault
    return fault.reason


@pytest.mark.parametrize(("kind", "payload"), GOOD)
def test_a_good_message_is_read(kind: str, payload: dict[str, Any]) -> None:
    assert read(line(kind, payload)) == Message(kind, payload, 1)


def test_every_type_of_message_has_a_good_example() -> None:
    assert {kind for kind, _ in GOOD} == set(PAYLOADS)


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, names in REQUIRED for name in names.split()]
)
def test_a_missing_field_is_named(kind: str, name: str) -> None:
    good = next(payload for other, payload in GOOD if other == kind)
    payload = {key: value for key, value in good.items() if key != name}
    assert f"{kind}: `{PAYLOADS[kind]}.{name}` is missing" in reason(kind, payload)


@pytest.mark.parametrize(
    ("kind", "payload", "told"),
    [
        ("STATE", {}, "`state.data` is missing"),
        ("STATE", {"type": "STREAM"}, "`state.stream` is missing"),
        (
            "STATE",
            {"type": "STREAM", "stream": {"stream_state": {}}},
            "`state.stream.stream_descriptor` is missing",
        ),
        (
            "STATE",
            {"type": "GLOBAL", "global": {"stream_states": [{}]}},
            "`state.global.stream_states[0].stream_descriptor` is missing",
        ),
        ("STATE", {"type": "PARTIAL"}, '`state.type`: "PARTIAL" is not one of'),
        ("STATE", {"data": {}, "sourceStats": []}, "`state.sourceStats`"),
        (
            "RECORD",
            {"stream": "a", "data": [], "emitted_at": 1},
            '`record.data`: [] is not of type "object"',
        ),
        (
            "RECORD",
            {"stream": "a", "data": {}, "emitted_at": "now"},
            '`record.emitted_at`: "now" is not of type "integer"',
        ),
        (
            "CATALOG",
            {"streams": [{**STREAM, "supported_sync_modes": []}]},
            "`catalog.streams[0].supported_sync_modes`: [] has less than 1 item",
        ),
        ("CONNECTION_STATUS", {"status": "OK"}, '`connectionStatus.status`: "OK" is not one of'),
        (
            "TRACE",
            {"type": "STREAM_STATUS", "emitted_at": 1, "stream_status": {"status": "RUNNING"}},
            "`trace.stream_status.stream_descriptor` is missing",
        ),
    ],
)
def test_a_wrong_field_is_named(kind: str, payload: Any, told: str) -> None:
    assert told in reason(kind, payload)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"Traceback (most recent call last):", "not JSON: `Traceback (most recent call last):`"),
        (b"[1, 2]", "not a JSON object: `[1, 2]`"),
        (b"{}", "an object without `type`: `{}`"),
        (b'{"type": "RECORDS"}', "`type` is `'RECORDS'`: it must be one of RECORD, STATE"),
        (b'{"type": []}', "`type` is `[]`"),
        (b'{"type": "LOG", "log": {"level": NaN}}', "not JSON"),
        (b'{"type": "LOG"', "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b'{"a": ' + b"[" * 300 + b"]" * 300 + b"}", "nested deeper than 200 levels: `{"),
        (b'{"a": ' * 2000 + b"1" + b"}" * 2000, "not JSON: `{"),
        (b"\x1b[31mred\x1b[0m", "not JSON: `red`"),
    ],
)
def test_what_is_no_message_is_quoted(text: bytes, told: str) -> None:
    fault = read(text)
    assert isinstance(fault, Fault)
    assert told in fault.reason


def test_lines_are_counted_and_empty_ones_are_nothing() -> None:
    reader = Reader(level=Level.CURRENT)
    assert reader.read(b"") is None
    assert reader.read(b"  \r") is None
    fault = reader.read(b"x")
    assert str(fault) == "line 3: not JSON: `x`"


def test_a_long_value_is_cut() -> None:
    fault = reason("RECORD", {"stream": "a", "data": "x" * 5000, "emitted_at": 1})
    assert len(fault) < 300
    assert fault.endswith('is not of type "object"')


def test_in_2021_there_were_six_types() -> None:
    status = {"type": "ERROR", "emitted_at": 1, "error": {"message": "no"}}
    fault = read(line("TRACE", status), Level.YEAR_2021)
    assert isinstance(fault, Fault)
    assert "must be one of RECORD, STATE, LOG, SPEC, CONNECTION_STATUS, CATALOG" in fault.reason


def test_in_2021_a_state_was_data_and_sync_modes_were_optional() -> None:
    state = {"type": "STREAM", "stream": USERS}
    assert reason("STATE", state, Level.YEAR_2021) == "STATE: `state.data` is missing"
    catalog = {"streams": [{"name": "users", "json_schema": {}}]}
    assert isinstance(read(line("CATALOG", catalog), Level.YEAR_2021), Message)
    assert "supported_sync_modes` is missing" in reason("CATALOG", catalog)
