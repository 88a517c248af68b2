import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from airbyte_cdk.models import AirbyteMessage, AirbyteMessageSerializer, Type
from destination_sqlite.destination import DestinationSqlite


def failure(answer: Any) -> str:
    message: str = answer.of("TRACE")[-1]["trace"]["error"]["message"]
    return message


def test_spec_is_what_the_cdk_would_say(run: Callable[..., Any]) -> None:
    answer = run("spec")
    spec = DestinationSqlite().spec(None)  # type: ignore[arg-type]
    expected = AirbyteMessageSerializer.dump(AirbyteMessage(type=Type.SPEC, spec=spec))
    assert answer.messages == [json.loads(json.dumps(expected, default=str))]


def test_check_makes_a_table_and_leaves_none(run: Callable[..., Any], tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"path": str(tmp_path / "x.sqlite")}))
    answer = run("check", "--config", config)
    (status,) = answer.of("CONNECTION_STATUS")
    assert (answer.code, status["connectionStatus"]["status"]) == (0, "SUCCEEDED")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.json", "x.sqlite"]


def test_check_says_why_it_failed_and_exits_with_zero(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "text").write_text("not a database, " * 100)
    for path in (tmp_path / "none" / "x.sqlite", tmp_path / "text", tmp_path):
        config = tmp_path / "config.json"
        config.write_text(json.dumps({"path": str(path)}))
        answer = run("check", "--config", config)
        (status,) = answer.of("CONNECTION_STATUS")
        assert (answer.code, status["connectionStatus"]["status"]) == (0, "FAILED")
        assert str(path) in status["connectionStatus"]["message"]


def status_of(run: Callable[..., Any], path: Path, folder: Path) -> str:
    config = folder / "config.json"
    config.write_text(json.dumps({"path": str(path)}))
    (status,) = run("check", "--config", config).of("CONNECTION_STATUS")
    message: str = status["connectionStatus"]["message"]
    return message


def test_a_folder_that_is_not_there_is_named(run: Callable[..., Any], tmp_path: Path) -> None:
    told = status_of(run, tmp_path / "none" / "x.sqlite", tmp_path)
    assert told.endswith(f"unable to open database file: there is no folder `{tmp_path}/none`")


@pytest.mark.skipif(os.getuid() == 0, reason="root may write anywhere")
@pytest.mark.parametrize("files", [[], ["x.sqlite"]])
def test_who_may_not_write_where_is_told(
    run: Callable[..., Any], tmp_path: Path, files: list[str]
) -> None:
    folder = tmp_path / "mounted"
    folder.mkdir()
    for file in files:
        (folder / file).touch()
    folder.chmod(0o555)
    told = status_of(run, folder / "x.sqlite", tmp_path)
    assert f"user id {os.getuid()} may not write to the folder `{folder}`; " in told


def test_wrong_usage_is_a_trace_and_not_zero(run: Callable[..., Any], tmp_path: Path) -> None:
    assert "unknown command `frobnicate`" in failure(run("frobnicate"))
    assert "no command" in failure(run())
    assert run("write").code == 2
    missing = run("check", "--config", tmp_path / "none.json")
    assert (missing.code, "cannot read" in failure(missing)) == (1, True)
    (tmp_path / "broken.json").write_text("{broken")
    broken = run("check", "--config", tmp_path / "broken.json")
    assert (broken.code, "not JSON" in failure(broken)) == (1, True)


def test_dedup_without_a_key_and_unknown_modes_are_refused(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    config, catalog = tmp_path / "config.json", tmp_path / "catalog.json"
    config.write_text(json.dumps({"path": str(tmp_path / "x.sqlite")}))
    for mode, words in (("append_dedup", "primary_key"), ("update", "cannot do `update`")):
        stream = {"stream": {"name": "s", "json_schema": {}}, "destination_sync_mode": mode}
        catalog.write_text(json.dumps({"streams": [stream]}))
        answer = run("write", "--config", config, "--catalog", catalog)
        assert (answer.code, words in failure(answer)) == (1, True)
