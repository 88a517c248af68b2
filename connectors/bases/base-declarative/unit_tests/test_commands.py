import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import MANIFEST, Answer

Run = Callable[..., Answer]
SECRET = "open sesame"  # noqa: S105 - a made-up one


@pytest.fixture
def config(tmp_path: Path, api: str) -> Path:
    return saved(tmp_path / "config.json", {"url": api, "token": SECRET})


def saved(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content))
    return path


def catalog(folder: Path, *streams: str) -> Path:
    configured = [
        {
            "stream": {"name": name, "json_schema": {}, "supported_sync_modes": ["full_refresh"]},
            "sync_mode": "full_refresh",
            "destination_sync_mode": "append",
        }
        for name in streams
    ]
    return saved(folder / "catalog.json", {"streams": configured})


def data(answer: Answer) -> list[dict[str, Any]]:
    return [message["record"]["data"] for message in answer.of("RECORD")]


def test_a_check_succeeds(run: Run, config: Path) -> None:
    answer = run(MANIFEST, "check", "--config", config)
    assert answer.code == 0
    assert answer.of("CONNECTION_STATUS") == [
        {"type": "CONNECTION_STATUS", "connectionStatus": {"status": "SUCCEEDED"}}
    ]


def test_a_refused_login_is_a_failed_check_in_plain_words(
    run: Run, tmp_path: Path, api: str
) -> None:
    config = saved(tmp_path / "config.json", {"url": api, "token": "wrong"})
    answer = run(MANIFEST, "check", "--config", config)
    assert answer.code == 0
    [message] = answer.of("CONNECTION_STATUS")
    assert message["connectionStatus"]["status"] == "FAILED"
    assert message["connectionStatus"]["message"].startswith("Stream things is not available")
    assert "wrong" not in "".join(answer.lines)


def test_a_config_that_breaks_the_specification_is_a_failed_check(run: Run, tmp_path: Path) -> None:
    answer = run(MANIFEST, "check", "--config", saved(tmp_path / "c.json", {"url": "x"}))
    assert answer.code == 0
    assert "'token' is a required property" in answer.lines[-1]
    assert answer.messages[-1]["connectionStatus"]["status"] == "FAILED"


def test_discover_tells_streams_keys_and_cursors(run: Run, config: Path) -> None:
    answer = run(MANIFEST, "discover", "--config", config)
    assert answer.code == 0
    [message] = answer.of("CATALOG")
    things, changes = message["catalog"]["streams"]
    assert things["source_defined_primary_key"] == [["id"]]
    assert things["supported_sync_modes"] == ["full_refresh"]
    assert changes["supported_sync_modes"] == ["full_refresh", "incremental"]
    assert changes["default_cursor_field"] == ["day"]


def test_a_read_follows_the_pages_and_keeps_nulls(run: Run, config: Path, tmp_path: Path) -> None:
    answer = run(MANIFEST, "read", "--config", config, "--catalog", catalog(tmp_path, "things"))
    assert answer.code == 0
    assert data(answer) == [
        {"id": 1, "name": None},
        {"id": 2, "name": "two"},
        {"id": 3, "name": "three", "extra": None},
    ]
    assert '"COMPLETE"' in "".join(answer.lines)
    assert answer.of("STATE")


def test_an_incremental_read_goes_on_where_it_ended(run: Run, config: Path, tmp_path: Path) -> None:
    chosen = catalog(tmp_path, "changes")
    chosen.write_text(chosen.read_text().replace('mode": "full_refresh"', 'mode": "incremental"'))
    first = run(MANIFEST, "read", "--config", config, "--catalog", chosen)
    assert [record["day"] for record in data(first)][-1] == "2026-01-05"
    state = saved(tmp_path / "state.json", [message["state"] for message in first.of("STATE")])
    again = run(MANIFEST, "read", "--config", config, "--catalog", chosen, "--state", state)
    assert again.code == 0
    assert {record["day"] for record in data(again)} <= {"2026-01-05"}


def test_a_stream_that_the_source_has_not_is_an_error(
    run: Run, config: Path, tmp_path: Path
) -> None:
    chosen = catalog(tmp_path, "things", "nothings")
    answer = run(MANIFEST, "read", "--config", config, "--catalog", chosen)
    assert answer.code == 1
    assert answer.of("RECORD") == []
    error = answer.of("TRACE")[-1]["trace"]["error"]
    assert error["failure_type"] == "config_error"
    assert "`nothings`, which is not one of this source: things, changes" in error["message"]


def test_a_failed_stream_fails_the_read(run: Run, tmp_path: Path, api: str) -> None:
    config = saved(tmp_path / "config.json", {"url": api, "token": "wrong"})
    answer = run(MANIFEST, "read", "--config", config, "--catalog", catalog(tmp_path, "things"))
    assert answer.code == 1
    assert '"INCOMPLETE"' in "".join(answer.lines)


def test_an_old_config_is_migrated_and_its_file_left_alone(
    run: Run, tmp_path: Path, api: str
) -> None:
    config = saved(tmp_path / "config.json", {"url": api, "token": SECRET, "path": "old"})
    before = config.read_text()
    answer = run(MANIFEST, "check", "--config", config)
    assert answer.messages[-1]["connectionStatus"]["status"] == "SUCCEEDED"
    [control] = answer.of("CONTROL")
    assert control["control"]["connectorConfig"]["config"]["path"] == "things"
    assert config.read_text() == before


def test_code_in_a_config_is_never_run(
    run: Run, tmp_path: Path, api: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRBYTE_ENABLE_UNSAFE_CODE", "true")
    ran = tmp_path / "ran"
    code = {"__injected_components_py": f"open({str(ran)!r}, 'w')"}
    config = saved(tmp_path / "config.json", {"url": api, "token": SECRET, **code})
    answer = run(MANIFEST, "check", "--config", config)
    assert answer.code == 1
    assert "is never run" in answer.of("TRACE")[0]["trace"]["error"]["message"]
    assert not ran.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no command: use one of"),
        (["write"], "unknown command `write`"),
        (["check"], "--config"),
        (["check", "--config", "x", "--manifest-path", "y"], "--manifest-path"),
    ],
)
def test_wrong_usage_is_an_error_that_says_what_is_right(
    run: Run, arguments: list[str], message: str
) -> None:
    answer = run(MANIFEST, *arguments)
    assert answer.code == 2
    assert message in answer.of("TRACE")[0]["trace"]["error"]["message"]


@pytest.mark.parametrize(
    ("content", "message"), [(None, "No such file"), ("{", "not JSON"), ("[]", "not a JSON object")]
)
def test_a_config_file_that_cannot_be_read_is_named(
    run: Run, tmp_path: Path, content: str | None, message: str
) -> None:
    path = tmp_path / "config.json"
    if content is not None:
        path.write_text(content)
    answer = run(MANIFEST, "check", "--config", path)
    assert answer.code == 1
    error = answer.of("TRACE")[-1]["trace"]["error"]
    assert message in error["message"]
    assert str(path) in error["message"]


def test_a_closed_stdout_ends_a_read_at_once(tmp_path: Path, api: str) -> None:
    config = saved(tmp_path / "c.json", {"url": api, "token": SECRET, "path": "many"})
    program = (
        "import sys; from pathlib import Path; from base_declarative.run import main; "
        f"sys.exit(main(sys.argv[1:], Path({str(MANIFEST)!r})))"
    )
    words = ["read", "--config", str(config), "--catalog", str(catalog(tmp_path, "things"))]
    command = [sys.executable, "-c", program, *words]
    reading, writing = os.pipe()
    with subprocess.Popen(command, stdout=writing, stderr=subprocess.PIPE) as process:
        os.close(writing)
        os.read(reading, 1000)
        os.close(reading)
        _, stderr = process.communicate(timeout=30)
    assert process.returncode == 1
    assert b"stdout was closed before the end" in stderr
