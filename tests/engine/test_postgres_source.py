"""source-postgres against a real server: no row is lost, none is read for nothing."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from connector_images import Answer, Message, configured, discovered, ids, states
from postgres_server import PostgresServer

pytest_plugins = ["postgres_fixtures"]
pytestmark = pytest.mark.engine


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"password": "wrong-password"}, "password authentication failed"),
        ({"port": 1}, "Connection refused"),
        ({"database": "nothing"}, "does not exist"),
        ({"host": "nowhere.invalid"}, "failed to resolve host"),
        ({"port": "text"}, "`$.port`"),
        ({"ssl_mode": {"mode": "verify-full", "ca_certificate": "none"}}, "no certificate"),
    ],
)
def test_a_config_that_does_not_work_fails_both_checks(
    source: Callable[..., Answer],
    destination: Callable[..., Answer],
    wrong: Message,
    words: str,
) -> None:
    for connector in (source, destination):
        answer = connector("check", config=wrong)
        (status,) = answer.of("CONNECTION_STATUS")
        assert (answer.code, status["status"]) == (0, "FAILED")
        assert words in status["message"]
        assert "wrong-password" not in json.dumps(answer.messages)


def test_a_schema_that_is_not_there_fails_the_check(source: Callable[..., Answer]) -> None:
    (status,) = source("check", config={"schemas": ["public", "none"]}).of("CONNECTION_STATUS")
    assert status["status"] == "FAILED"
    assert status["message"] == "no such schema, or no right to use it: `none`"


def test_a_certificate_proves_who_the_server_is(
    server: PostgresServer, source: Callable[..., Answer]
) -> None:
    proof = {"mode": "verify-full", "ca_certificate": server.certificate}
    assert source("check", config={"ssl_mode": proof}).of("CONNECTION_STATUS") == [
        {"status": "SUCCEEDED"}
    ]
    (status,) = source("check", config={"ssl_mode": proof, "host": "127.0.0.2"}).of(
        "CONNECTION_STATUS"
    )
    assert status["status"] == "FAILED"


def test_rows_that_share_a_cursor_are_neither_lost_nor_read_for_nothing(
    server: PostgresServer, source: Callable[..., Answer]
) -> None:
    server.sql(
        "CREATE TABLE t (id int PRIMARY KEY, v text, at date);"
        "INSERT INTO t VALUES (5, 'a', '2026-01-01'), (7, 'a', '2026-01-02'),"
        " (8, 'a', '2026-01-02')",
        database="shop",
    )
    catalog = configured(discovered(source, "t"), "append", cursor="at")
    first = source("read", catalog=catalog)
    assert ids(first) == [5, 7, 8]
    assert len(states(first)) == 2  # one where the cursor moves on, one at the end
    assert ids(source("read", catalog=catalog, state=[states(first)[0]])) == [7, 8]
    last = [states(first)[-1]]
    assert ids(source("read", catalog=catalog, state=last)) == []

    # a late row with the cursor where the sync ended, and a lower key than those that were read
    server.sql("INSERT INTO t VALUES (1, 'late', '2026-01-02')", database="shop")
    second = source("read", catalog=catalog, state=last)
    assert ids(second) == [1, 7, 8]
    last = [states(second)[-1]]
    # nothing but a value changes
    server.sql("UPDATE t SET v = 'changed' WHERE id = 7", database="shop")
    third = source("read", catalog=catalog, state=last)
    assert ids(third) == [1, 7, 8]
    server.sql("INSERT INTO t VALUES (9, 'new', '2026-01-03')", database="shop")
    assert ids(source("read", catalog=catalog, state=[states(third)[-1]])) == [9]


def test_rows_without_a_cursor_are_read_once_and_again_when_they_change(
    server: PostgresServer, source: Callable[..., Answer]
) -> None:
    server.sql(
        "CREATE TABLE t (id int PRIMARY KEY, v text, at timestamp);"
        "INSERT INTO t VALUES (1, 'a', NULL), (2, 'a', '2026-01-01'), (3, 'a', NULL)",
        database="shop",
    )
    catalog = configured(discovered(source, "t"), "append", cursor="at")
    first = source("read", catalog=catalog)
    assert ids(first) == [1, 3, 2]
    # the state between rows without a cursor and those with one
    assert ids(source("read", catalog=catalog, state=[states(first)[0]])) == [2]
    last = [states(first)[-1]]
    assert ids(source("read", catalog=catalog, state=last)) == []
    server.sql("UPDATE t SET v = 'b' WHERE id = 3", database="shop")
    second = source("read", catalog=catalog, state=last)
    assert ids(second) == [1, 3]
    server.sql("UPDATE t SET at = '2026-01-02' WHERE id = 3", database="shop")
    assert sorted(ids(source("read", catalog=catalog, state=[states(second)[-1]]))) == [1, 3]


def test_a_state_of_another_cursor_starts_over(
    server: PostgresServer, source: Callable[..., Answer]
) -> None:
    server.sql("CREATE TABLE t (id int, n int); INSERT INTO t VALUES (1, 1)", database="shop")
    stream = discovered(source, "t")
    first = source("read", catalog=configured(stream, "append", cursor="id"))
    again = source(
        "read", catalog=configured(stream, "append", cursor="n"), state=[states(first)[-1]]
    )
    assert ids(again) == [1]
    assert any("another cursor" in log["message"] for log in again.of("LOG"))


def test_one_stream_that_fails_does_not_stop_the_others(
    server: PostgresServer, source: Callable[..., Answer]
) -> None:
    server.sql(
        "CREATE TABLE a (id int); CREATE VIEW b AS SELECT 1 / (random() * 0)::int AS id;"
        "CREATE TABLE c (id int); INSERT INTO c VALUES (3)",
        database="shop",
    )
    streams = source("discover").of("CATALOG")[0]["streams"]
    entries = [configured(stream, "append")["streams"][0] for stream in streams]
    server.sql("DROP TABLE a", database="shop")
    answer = source("read", catalog={"streams": entries})
    assert answer.code == 1
    assert [data["id"] for data in answer.data()] == [3]
    statuses = [trace.get("stream_status", {}) for trace in answer.of("TRACE")]
    ended = {it["stream_descriptor"]["name"]: it["status"] for it in statuses if it}
    assert ended == {"a": "INCOMPLETE", "b": "INCOMPLETE", "c": "COMPLETE"}
    assert any("division by zero" in error for error in answer.errors())
