"""destination-postgres against a real server: everything that came is there, as it came."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from connector_images import Answer, Message, configured
from postgres_server import PostgresServer

pytest_plugins = ["postgres_fixtures"]
pytestmark = pytest.mark.engine

STREAM = {
    "name": "s",
    "json_schema": {
        "properties": {
            "id": {"type": "integer"},
            "at": {"type": ["null", "string"], "format": "date-time"},
            "big": {"type": ["null", "number"]},
            "v": {"type": ["null", "string"]},
        }
    },
}


def record(stream: str = "s", **data: Any) -> Message:
    return {"type": "RECORD", "record": {"stream": stream, "data": data, "emitted_at": 1}}


def test_what_fits_no_column_is_kept_beside(
    server: PostgresServer, destination: Callable[..., Answer]
) -> None:
    lines = [
        record(id=1, at="not a time", v={"a": [1]}, big=10**40 + 1, unknown={"deep": "\0"}),
        record(id=2, at="2026-01-01T00:00:00.5+02:00", v="NUL \0 and \ud800", big=0.1),
    ]
    answer = destination("write", catalog=configured(STREAM, "append"), lines=lines)
    assert (answer.code, answer.errors()) == (0, [])
    told = server.sql(
        "SELECT id, at, big, v, _airbyte_extra,"
        " (SELECT string_agg(c ->> 'field' || ' ' || (c ->> 'change'), ', ')"
        " FROM jsonb_array_elements(_airbyte_meta -> 'changes') AS c) FROM s ORDER BY id",
        database="warehouse",
    )
    extra = {"v": {"a": [1]}, "at": "not a time", "unknown": {"deep": "�"}}
    first, second = told.splitlines()
    assert first == f"1||{10**40 + 1}||{json.dumps(extra, ensure_ascii=False)}|at NULLED, v NULLED"
    assert second == "2|2025-12-31 22:00:00.5+00|0.1|NUL � and �||v TRUNCATED"


def test_new_fields_widen_the_table_and_other_types_leave_it(
    server: PostgresServer, destination: Callable[..., Answer]
) -> None:
    destination("write", catalog=configured(STREAM, "append"), lines=[record(id=1, v="text")])
    wider = json.loads(json.dumps(STREAM))
    wider["json_schema"]["properties"] |= {"v": {"type": "integer"}, "new": {"type": "boolean"}}
    lines = [record(id=2, v=7, new=True)]
    assert destination("write", catalog=configured(wider, "append"), lines=lines).code == 0
    told = server.sql("SELECT id, v, new, _airbyte_extra FROM s ORDER BY id", database="warehouse")
    assert told.splitlines() == ["1|text||", '2||t|{"v": 7}']


def test_the_newest_of_a_key_stays_whatever_the_key_is(
    server: PostgresServer, destination: Callable[..., Answer]
) -> None:
    catalog = configured(STREAM, "append_dedup", cursor="at")
    catalog["streams"][0]["primary_key"] = [["id"], ["v"]]
    long = "k" * 100_000
    lines = [
        record(id=1, v=long, at="2026-01-02T00:00:00Z", big=2),
        record(id=1, v=long, at="2026-01-01T00:00:00Z", big=1),
        record(id=None, v=None, at="2026-01-01T00:00:00Z", big=1),
        record(id=None, v=None, at="2026-01-01T00:00:00Z", big=2),
        record(id="text", v=None, big=1),
        record(id="other", v=None, big=1),
    ]
    for _ in range(2):
        assert destination("write", catalog=catalog, lines=lines).code == 0
    told = server.sql("SELECT id, length(v), big FROM s ORDER BY 1, 2, 3", database="warehouse")
    assert told.splitlines() == ["1|100000|2", "||1", "||1", "||2"]


def test_a_table_of_append_can_go_on_under_append_dedup(
    server: PostgresServer, destination: Callable[..., Answer]
) -> None:
    old = [record(id=1, at=f"2026-01-0{day}T00:00:00Z", big=day) for day in (1, 3, 2)]
    destination("write", catalog=configured(STREAM, "append"), lines=old)
    catalog = configured(STREAM, "append_dedup", cursor="at")
    new = [record(id=1, at="2026-01-02T00:00:00Z", big=9), record(id=2, big=1)]
    assert destination("write", catalog=catalog, lines=new).code == 0
    assert server.sql("SELECT id, big FROM s ORDER BY 1", database="warehouse") == "1|3\n2|1"


def test_overwrite_keeps_the_views_that_stand_on_the_table(
    server: PostgresServer, destination: Callable[..., Answer]
) -> None:
    catalog = configured(STREAM, "overwrite")
    destination("write", catalog=catalog, lines=[record(id=1)])
    server.sql("CREATE VIEW seen AS SELECT id FROM s", database="warehouse")
    answer = destination("write", catalog=catalog, lines=[record(id=2), record(id=3)])
    assert (answer.code, answer.errors()) == (0, [])
    assert server.sql("SELECT id FROM seen ORDER BY 1", database="warehouse") == "2\n3"


def test_overwrite_by_a_source_that_failed_leaves_the_old_table(
    server: PostgresServer, destination: Callable[..., Answer]
) -> None:
    catalog = configured(STREAM, "overwrite")
    destination("write", catalog=catalog, lines=[record(id=1)])
    status = {"stream_descriptor": {"name": "s"}, "status": "INCOMPLETE"}
    trace = {"type": "STREAM_STATUS", "emitted_at": 1, "stream_status": status}
    lines = [record(id=2), {"type": "TRACE", "trace": trace}]
    answer = destination("write", catalog=catalog, lines=lines)
    assert answer.code == 1
    assert answer.errors() == ["did not complete, so its table is as it was: `s`"]
    assert server.sql("SELECT id FROM s", database="warehouse") == "1"


def test_names_that_postgresql_would_cut_or_refuse_stay_apart(
    server: PostgresServer, destination: Callable[..., Answer]
) -> None:
    long = "é" * 40
    fields = ["ctid", "Id", "id", 'a"b', f"{long}1", f"{long}2", "_airbyte_extra", ""]
    stream = {
        "name": f"{long} 'x\" --",
        "namespace": 'Odd "schema"; --',
        "json_schema": {"properties": {field: {"type": "string"} for field in fields}},
    }
    content = {field: f"in {field}" for field in fields}
    line = record(stream=str(stream["name"]), **content)
    line["record"]["namespace"] = stream["namespace"]
    answer = destination("write", catalog=configured(stream, "append_dedup"), lines=[line])
    assert (answer.code, answer.errors()) == (0, [])
    table = server.sql(
        "SELECT c.oid::regclass FROM pg_class AS c WHERE relname LIKE 'é%' AND relkind = 'r'",
        database="warehouse",
    )
    query = f"SELECT row_to_json(t) FROM {table} AS t"  # noqa: S608 - the server wrote it
    row = json.loads(server.sql(query, database="warehouse"))
    kept = [value for value in row.values() if isinstance(value, str) and value.startswith("in ")]
    assert sorted(kept) == sorted(set(content.values()) - {"in _airbyte_extra"})
    assert row["_airbyte_extra"] == {"_airbyte_extra": "in _airbyte_extra"}


def test_check_of_the_destination_leaves_nothing_behind(
    server: PostgresServer, destination: Callable[..., Answer]
) -> None:
    assert destination("check", config={"schema": "New one"}).of("CONNECTION_STATUS") == [
        {"status": "SUCCEEDED"}
    ]
    tables = "SELECT count(*) FROM pg_class WHERE relname LIKE '\\_airbyte%'"
    schemas = "SELECT count(*) FROM pg_namespace WHERE nspname = 'New one'"
    assert server.sql(f"{tables}; {schemas}", database="warehouse") == "0\n0"
