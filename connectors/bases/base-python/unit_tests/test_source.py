from collections.abc import Iterable
from typing import Any

import pytest
from base_python import source as source_module
from base_python.errors import ConnectorError
from base_python.source import Config, Cursor, Record, Source, Stream
from conftest import Run

ROWS = [{"id": number, "at": number // 2} for number in range(10)]


def rows_since(_config: Config, cursor: Cursor | None) -> Iterable[Record]:
    return [row for row in ROWS if cursor is None or row["at"] >= int(cursor)]


def broken(_config: Config, _cursor: Cursor | None) -> Iterable[Record]:
    yield {"id": 1}
    raise ConnectorError("the other side hung up", "transient_error")


def backwards(_config: Config, _cursor: Cursor | None) -> Iterable[Record]:
    return reversed(ROWS)


def check(config: Config) -> None:
    if config["password"] == "wrong":  # noqa: S105 - the sample of a wrong one
        raise ConnectorError("not the password: wrong")


SOURCE = Source(
    specification={
        "connectionSpecification": {
            "type": "object",
            "required": ["password"],
            "properties": {"password": {"type": "string", "airbyte_secret": True}},
        }
    },
    check=check,
    streams=(
        Stream(name="whole", json_schema={}, read=rows_since, primary_key=("id",)),
        Stream(name="rows", json_schema={}, read=rows_since, cursor_field="at"),
        Stream(name="broken", json_schema={}, read=broken),
        Stream(name="backwards", json_schema={}, read=backwards, cursor_field="at"),
    ),
)
CONFIG = {"password": "right"}


def catalog(*names: str, sync_mode: str = "full_refresh") -> dict[str, Any]:
    streams = [{"stream": {"name": name}, "sync_mode": sync_mode} for name in names]
    return {"streams": streams}


def ids(messages: list[dict[str, Any]]) -> list[int]:
    return [it["record"]["data"]["id"] for it in messages if it["type"] == "RECORD"]


def states(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [it["state"] for it in messages if it["type"] == "STATE"]


def statuses(messages: list[dict[str, Any]]) -> list[str]:
    traces = [it["trace"] for it in messages if it["type"] == "TRACE"]
    return [it["stream_status"]["status"] for it in traces if it["type"] == "STREAM_STATUS"]


def error(messages: list[dict[str, Any]]) -> str:
    traces = [it["trace"] for it in messages if it["type"] == "TRACE"]
    return str(next(it["error"]["message"] for it in traces if it["type"] == "ERROR"))


def test_streams_are_discovered_with_what_they_can_do(run: Run) -> None:
    _, (message,) = run(SOURCE.run, "discover", config=CONFIG)
    whole, rows, *_ = message["catalog"]["streams"]
    assert whole["supported_sync_modes"] == ["full_refresh"]
    assert whole["source_defined_primary_key"] == [["id"]]
    assert rows["supported_sync_modes"] == ["full_refresh", "incremental"]
    assert rows["default_cursor_field"] == ["at"]


@pytest.mark.parametrize(("password", "status"), [("right", "SUCCEEDED"), ("wrong", "FAILED")])
def test_check_tells_why_without_the_secret(run: Run, password: str, status: str) -> None:
    code, (message,) = run(SOURCE.run, "check", config={"password": password})
    assert (code, message["connectionStatus"]["status"]) == (0, status)
    assert "wrong" not in str(message["connectionStatus"].get("message"))


def test_a_config_that_the_specification_forbids_is_refused(run: Run) -> None:
    _, (message,) = run(SOURCE.run, "check", config={})
    assert "lacks `password`" in message["connectionStatus"]["message"]
    code, messages = run(SOURCE.run, "read", config={}, catalog=catalog("rows"))
    assert (code, "the config does not work" in error(messages)) == (1, True)


def test_a_full_refresh_has_all_records_between_its_statuses_and_no_state(run: Run) -> None:
    code, messages = run(SOURCE.run, "read", config=CONFIG, catalog=catalog("rows", "whole"))
    assert code == 0
    assert ids(messages) == [*range(10), *range(10)]
    assert states(messages) == []
    assert statuses(messages) == ["STARTED", "COMPLETE"] * 2


def test_every_state_resumes_without_loss(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_module, "RECORDS_BETWEEN_STATES", 3)
    wanted = catalog("rows", sync_mode="incremental")
    _, messages = run(SOURCE.run, "read", config=CONFIG, catalog=wanted)
    assert [it["stream"]["stream_state"]["at"] for it in states(messages)] == [1, 3, 4]
    seen = 0
    for message in messages:
        seen += message["type"] == "RECORD"
        if message["type"] == "STATE":
            resumed = run(SOURCE.run, "read", config=CONFIG, catalog=wanted, state=[message])[1]
            assert {*ids(resumed), *range(seen)} == {*range(10)}
            assert min(ids(resumed)) == seen - 2  # those at the cursor come again


def test_a_stream_that_fails_does_not_stop_the_next(run: Run) -> None:
    code, messages = run(SOURCE.run, "read", config=CONFIG, catalog=catalog("broken", "whole"))
    assert code == 1
    assert statuses(messages) == ["STARTED", "INCOMPLETE", "STARTED", "COMPLETE"]
    assert error(messages) == "the other side hung up"


def test_records_out_of_the_order_of_the_cursor_are_an_error(run: Run) -> None:
    wanted = catalog("backwards", sync_mode="incremental")
    code, messages = run(SOURCE.run, "read", config=CONFIG, catalog=wanted)
    assert (code, ids(messages)) == (1, [9, 8])
    assert "must give records in the order of the cursor" in error(messages)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"catalog": catalog("nothing")}, "there is no stream `nothing`"),
        ({"catalog": catalog("rows", "rows")}, "holds the stream `rows` twice"),
        ({"catalog": {"streams": 1}}, "is not a configured catalog"),
        ({"catalog": "{broken"}, "is not JSON"),
        ({"catalog": catalog("whole", sync_mode="incremental")}, "only be read as a full refresh"),
        ({"catalog": catalog("rows"), "state": [1]}, "is not a list of states"),
    ],
)
def test_wrong_files_are_told(run: Run, files: dict[str, Any], said: str) -> None:
    code, messages = run(SOURCE.run, "read", config=CONFIG, **files)
    assert (code, said in error(messages)) == (1, True)


def test_wrong_usage_is_told_with_another_exit_code(run: Run) -> None:
    for command, said in (("fly", "unknown command `fly`"), ("read", "needs `--catalog`")):
        code, messages = run(SOURCE.run, command)
        assert (code, said in error(messages)) == (2, True)
