import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import MAIN
from destination_sqlite.names import quoted

Json = dict[str, Any]
USERS = {
    "type": "object",
    "properties": {
        "id": {"type": ["null", "integer"]},
        "name": {"type": ["null", "string"]},
        "version": {"type": ["null", "integer"]},
    },
}


def record(stream: str, data: Json, **more: Any) -> str:
    return json.dumps(
        {"type": "RECORD", "record": {"stream": stream, "data": data, "emitted_at": 1, **more}}
    )


def state(stream: str, number: int) -> str:
    described = {"stream_descriptor": {"name": stream}, "stream_state": {"at": number}}
    return json.dumps(
        {"type": "STATE", "state": {"type": "STREAM", "stream": described, "unknown": [number]}}
    )


def status(stream: str, value: str) -> str:
    described = {"stream_descriptor": {"name": stream}, "status": value}
    trace = {"type": "STREAM_STATUS", "emitted_at": 1, "stream_status": described}
    return json.dumps({"type": "TRACE", "trace": trace})


class Database:
    """A database file, and the connector to write to it."""

    def __init__(self, folder: Path, run: Callable[..., Any]) -> None:
        self.folder = folder
        self.path = folder / "out.sqlite"
        self.config = folder / "config.json"
        self.config.write_text(json.dumps({"path": str(self.path)}))
        self._run = run

    def catalog(self, *streams: Json) -> Path:
        """A configured catalog of these streams."""
        path = self.folder / "catalog.json"
        path.write_text(json.dumps({"streams": streams}))
        return path

    def write(self, catalog: Path, *lines: str) -> Any:
        """Run `write` with these lines on its standard input."""
        given = "".join(f"{line}\n" for line in lines)
        return self._run("write", "--config", self.config, "--catalog", catalog, given=given)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a query gives."""
        connection = sqlite3.connect(self.path)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()


@pytest.fixture
def database(tmp_path: Path, run: Callable[..., Any]) -> Database:
    return Database(tmp_path, run)


def stream(name: str, mode: str, schema: Json = USERS, **more: Any) -> Json:
    inner = {"name": name, "json_schema": schema, "supported_sync_modes": ["full_refresh"]}
    if namespace := more.pop("namespace", None):
        inner["namespace"] = namespace
    return {"stream": inner, "sync_mode": "full_refresh", "destination_sync_mode": mode, **more}


def users(*numbers: int, version: int = 1) -> list[str]:
    return [
        record("users", {"id": number, "name": f"n{number}", "version": version})
        for number in numbers
    ]


def test_append_adds_to_what_is_there(database: Database) -> None:
    catalog = database.catalog(stream("users", "append"))
    assert database.write(catalog, *users(1, 2)).code == 0
    assert database.write(catalog, *users(2, 3)).code == 0
    assert database.rows("SELECT id FROM users ORDER BY id") == [(1,), (2,), (2,), (3,)]


def test_states_come_back_byte_for_byte_and_in_order(database: Database) -> None:
    catalog = database.catalog(stream("users", "append"))
    states = [state("users", number) for number in (1, 2, 3)]
    answer = database.write(
        catalog, *users(1), states[0], *users(2), states[1], *users(3), states[2]
    )
    assert answer.code == 0
    assert [line for line in answer.lines if '"STATE"' in line] == states


def test_dedup_keeps_the_newest_by_cursor(database: Database) -> None:
    catalog = database.catalog(
        stream("users", "append_dedup", primary_key=[["id"]], cursor_field=["version"])
    )
    assert database.write(catalog, *users(1, 2, version=5), *users(1, version=4)).code == 0
    assert database.write(catalog, *users(2, 3, version=6)).code == 0
    assert database.rows("SELECT id, version FROM users ORDER BY id") == [(1, 5), (2, 6), (3, 6)]


def test_dedup_holds_null_and_nested_keys_apart_and_together(database: Database) -> None:
    schema = {"properties": {"key": {"type": "object"}, "name": {"type": "string"}}}
    catalog = database.catalog(
        stream("things", "append_dedup", schema, primary_key=[["key", "it's"], ["part"]])
    )
    lines = [
        record("things", {"key": {"it's": 1}, "part": None, "name": "old"}),
        record("things", {"key": {"it's": 1}, "part": None, "name": "new"}),
        record("things", {"key": {"it's": 2}, "part": "007", "name": "a"}),
        record("things", {"key": {"it's": 2}, "part": 7, "name": "b"}),
    ]
    assert database.write(catalog, *lines).code == 0
    assert database.rows("SELECT name FROM things ORDER BY name") == [("a",), ("b",), ("new",)]


def test_a_table_that_was_appended_to_is_cleaned_for_dedup(database: Database) -> None:
    database.write(
        database.catalog(stream("users", "append")),
        *users(1, version=2),
        *users(1, version=3),
        *users(1, version=1),
    )
    catalog = database.catalog(
        stream("users", "append_dedup", primary_key=[["id"]], cursor_field=["version"])
    )
    assert database.write(catalog, *users(2)).code == 0
    assert database.rows("SELECT id, version FROM users ORDER BY id") == [(1, 3), (2, 1)]


def test_overwrite_replaces_the_table_even_under_a_view(database: Database) -> None:
    catalog = database.catalog(stream("users", "overwrite"))
    assert database.write(catalog, *users(1, 2)).code == 0
    database.rows("CREATE VIEW names AS SELECT name FROM users")
    answer = database.write(catalog, *users(9), state("users", 1), status("users", "COMPLETE"))
    assert (answer.code, len(answer.of("STATE"))) == (0, 1)
    assert database.rows("SELECT * FROM names") == [("n9",)]


@pytest.mark.parametrize(
    "ending",
    [
        [status("users", "STARTED")],
        [status("users", "INCOMPLETE")],
        ['{"type":"TRACE","trace":{"type":"ERROR","emitted_at":1,"error":{"message":"x"}}}'],
        ['{"type":"RECORD","record":{"stream":"us'],
    ],
)
def test_overwrite_of_a_stream_that_broke_off_leaves_the_old_table(
    database: Database, ending: list[str]
) -> None:
    catalog = database.catalog(stream("users", "overwrite"))
    assert database.write(catalog, *users(1, 2)).code == 0
    answer = database.write(catalog, *users(9), state("users", 1), *ending)
    assert answer.code == 1
    assert answer.of("STATE") == []
    assert answer.of("TRACE")[-1]["trace"]["type"] == "ERROR"
    assert database.rows("SELECT id FROM users") == [(1,), (2,)]


def test_no_input_at_all_replaces_nothing(database: Database) -> None:
    catalog = database.catalog(stream("users", "overwrite"))
    assert database.write(catalog, *users(1)).code == 0
    database.write(catalog)
    assert database.rows("SELECT id FROM users") == [(1,)]


def test_what_the_columns_cannot_hold_survives_as_json(database: Database) -> None:
    catalog = database.catalog(stream("users", "append"))
    data = {"id": "007", "name": {"first": "x"}, "version": 2**63 + 1, "ID": 3, "new": [1, None]}
    assert database.write(catalog, record("users", data)).code == 0
    ((identity, name, version, extra),) = database.rows(
        "SELECT id, name, version, _airbyte_extra FROM users"
    )
    assert (identity, name, version) == (None, None, None)
    assert json.loads(extra) == data


LARGE = 10**30
LARGE_INTEGERS = (2**63, 2**64, 2**64 + 1, -(2**63) - 1, LARGE, LARGE + 1, -LARGE)


@pytest.mark.parametrize("number", LARGE_INTEGERS)
def test_an_integer_of_any_size_stays_as_it_is(database: Database, number: int) -> None:
    kinds = {"integer": "integer", "number": "number", "json": "object", "text": "string"}
    schema = {"properties": {name: {"type": kind} for name, kind in kinds.items()}}
    schema["properties"]["open"] = {}
    data = {**dict.fromkeys(kinds, number), "json": {"deep": [number]}, "unknown": number}
    catalog = database.catalog(stream("users", "append", schema))
    assert database.write(catalog, record("users", {**data, "open": number})).code == 0
    ((held, deep, extra),) = database.rows("SELECT open, json, _airbyte_extra FROM users")
    assert (held, json.loads(deep)) == (str(number), data.pop("json"))
    assert json.loads(extra) == data


@pytest.mark.parametrize("kind", ["integer", "number", "string", None])
def test_large_keys_that_are_doubles_apart_are_two(database: Database, kind: str | None) -> None:
    schema = {"properties": {"id": {"type": kind} if kind else {}, "v": {"type": "integer"}}}
    catalog = database.catalog(stream("users", "append_dedup", schema, primary_key=[["id"]]))
    records = [record("users", {"id": key, "v": v}) for v in (1, 2) for key in LARGE_INTEGERS]
    assert database.write(catalog, *records).code == 0
    assert database.rows("SELECT v FROM users") == [(2,)] * len(LARGE_INTEGERS)


def test_new_columns_are_added_to_an_old_table(database: Database) -> None:
    database.write(database.catalog(stream("users", "append")), *users(1))
    schema = {"properties": {**USERS["properties"], "email": {"type": "string"}}}  # type: ignore[dict-item]
    catalog = database.catalog(stream("users", "append", schema))
    assert database.write(catalog, record("users", {"id": 2, "email": "e"})).code == 0
    assert database.rows("SELECT id, email FROM users ORDER BY id") == [(1, None), (2, "e")]


@pytest.mark.parametrize(
    "name", ['x"; DROP TABLE users; --', "sqlite_x", "a.b", "日本", "x'y", " ", "select", "a\0b"]
)
def test_any_name_of_a_stream_or_a_field_is_just_a_name(database: Database, name: str) -> None:
    schema = {"properties": {name: {"type": "string"}, "id": {"type": "integer"}}}
    catalog = database.catalog(
        stream("users", "append"), stream(name, "append_dedup", schema, primary_key=[[name]])
    )
    answer = database.write(catalog, *users(1), record(name, {name: "value", "id": 1}))
    assert answer.code == 0
    assert database.rows("SELECT count(*) FROM users") == [(1,)]
    tables = [row[0] for row in database.rows("SELECT name FROM sqlite_master WHERE type='table'")]
    (table,) = (found for found in tables if found != "users")
    (row,) = database.rows(f"SELECT * FROM {quoted(table)}")  # noqa: S608 - quoted
    assert row[:2] == ("value", 1)


def test_streams_of_like_names_do_not_share_a_table(database: Database) -> None:
    catalog = database.catalog(
        stream("Users", "append"),
        stream("users", "append"),
        stream("users", "append", namespace="a"),
        stream("a_users", "append"),
    )
    lines = [
        record("Users", {"id": 1}),
        record("users", {"id": 2}),
        record("users", {"id": 3}, namespace="a"),
        record("a_users", {"id": 4}),
    ]
    assert database.write(catalog, *lines).code == 0
    tables = [row[0] for row in database.rows("SELECT name FROM sqlite_master WHERE type='table'")]
    assert len(tables) == 4
    found = [database.rows(f"SELECT id FROM {quoted(table)}") for table in tables]  # noqa: S608 - quoted
    assert found == [[(1,)], [(2,)], [(3,)], [(4,)]]


def test_lines_that_are_no_messages_and_streams_unknown_are_left_out(database: Database) -> None:
    catalog = database.catalog(stream("users", "append"))
    answer = database.write(
        catalog, "hello", "5", "", '{"x":1}', record("other", {}), *users(1), '{"type":"LATER"}'
    )
    assert answer.code == 0
    assert database.rows("SELECT count(*) FROM users") == [(1,)]


def test_a_damaged_record_stops_the_sync_and_keeps_what_was_confirmed(database: Database) -> None:
    catalog = database.catalog(stream("users", "append"))
    answer = database.write(catalog, *users(1), '{"type":"RECORD","record":{"data":{}}}')
    assert answer.code == 1
    assert "line 2" in answer.of("TRACE")[-1]["trace"]["error"]["message"]
    assert database.rows("SELECT count(*) FROM users") == [(0,)]


def start(database: Database, catalog: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, MAIN, "write", "--config", database.config, "--catalog", catalog],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def test_a_state_is_confirmed_while_the_source_is_silent(database: Database) -> None:
    catalog = database.catalog(stream("users", "append"))
    with start(database, catalog) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write("\n".join([*users(1), state("users", 1), ""]).encode())
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["type"] == "STATE"
        assert database.rows("SELECT count(*) FROM users") == [(1,)]
        process.stdin.close()


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM])
def test_killed_in_mid_write_nothing_confirmed_is_lost_and_nothing_doubled(
    database: Database, sign: signal.Signals
) -> None:
    catalog = database.catalog(
        stream("users", "append_dedup", primary_key=[["id"]], cursor_field=["version"]),
        stream("whole", "overwrite"),
    )
    database.write(catalog, record("whole", {"id": 7}))
    batches = [[*users(*range(i * 500, i * 500 + 500)), state("users", i)] for i in range(20)]
    with start(database, catalog) as process:
        assert process.stdin
        assert process.stdout
        for batch in batches[:10]:
            process.stdin.write("\n".join([*batch, record("whole", {"id": 8}), ""]).encode())
            process.stdin.flush()
            time.sleep(0.05)
        confirmed = json.loads(process.stdout.readline())["state"]["stream"]["stream_state"]["at"]
        process.send_signal(sign)
        process.stdin.close()
    assert process.returncode in {-signal.SIGKILL, 143}
    (count,) = database.rows("SELECT count(*) FROM users")[0]
    assert count >= (confirmed + 1) * 500
    assert database.rows("SELECT id FROM whole") == [(7,)]
    lines = [line for batch in batches[confirmed + 1 :] for line in batch]
    assert database.write(catalog, *lines).code == 0
    assert database.rows("SELECT count(*), count(DISTINCT id) FROM users") == [(10_000, 10_000)]


def test_a_closed_stdout_ends_the_sync_with_an_error(database: Database) -> None:
    catalog = database.catalog(stream("users", "append"))
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = subprocess.run(
        [sys.executable, MAIN, "write", "--config", database.config, "--catalog", catalog],
        input="\n".join([*users(1), state("users", 1), ""]).encode(),
        stdout=write_end,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(write_end)
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
