import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from airbyte_cdk.models import AirbyteMessage, AirbyteMessageSerializer, Type
from conftest import MAIN
from source_file.source import SourceFile


def failure(answer: Any) -> str:
    message: str = answer.of("TRACE")[-1]["trace"]["error"]["message"]
    return message


@pytest.fixture
def reading(tmp_path: Path) -> list[str]:
    """Arguments that read a file of ten megabytes."""
    (tmp_path / "a.jsonl").write_text('{"a": 1234567890}\n' * 600_000)
    stream = {"name": "s", "location": str(tmp_path), "format": {"format_type": "jsonl"}}
    (tmp_path / "config").write_text(json.dumps({"streams": [stream]}))
    inner = {"name": "s", "json_schema": {}, "supported_sync_modes": ["full_refresh"]}
    entry = {"stream": inner, "sync_mode": "full_refresh", "destination_sync_mode": "append"}
    (tmp_path / "catalog").write_text(json.dumps({"streams": [entry]}))
    return ["read", "--config", str(tmp_path / "config"), "--catalog", str(tmp_path / "catalog")]


def test_spec_is_what_the_cdk_would_say(run: Callable[..., Any]) -> None:
    spec = SourceFile().spec(None)  # type: ignore[arg-type]
    expected = AirbyteMessageSerializer.dump(AirbyteMessage(type=Type.SPEC, spec=spec))
    assert run("spec").messages == [json.loads(json.dumps(expected, default=str))]


def test_wrong_usage_is_a_trace_and_not_zero(run: Callable[..., Any], tmp_path: Path) -> None:
    assert "unknown command `write`" in failure(run("write"))
    assert "no command" in failure(run())
    assert run("read").code == 2
    missing = run("check", "--config", tmp_path / "none.json")
    assert (missing.code, "cannot read" in failure(missing)) == (1, True)
    (tmp_path / "broken.json").write_text("{broken")
    broken = run("discover", "--config", tmp_path / "broken.json")
    assert (broken.code, "not JSON" in failure(broken)) == (1, True)


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"streams": []},
        {"streams": [{"name": "a", "location": "/x", "format": {"format_type": "xml"}}]},
        {"streams": [{"name": "a", "location": "/x", "format": {"format_type": "csv"}}] * 2},
        {"streams": [{"name": "a", "location": "/x", "format": {"format_type": "csv"}}]},
    ],
)
def test_a_config_that_cannot_work_fails_the_check(
    run: Callable[..., Any], tmp_path: Path, config: dict[str, Any]
) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config))
    answer = run("check", "--config", tmp_path / "config.json")
    (status,) = answer.of("CONNECTION_STATUS")
    assert (answer.code, status["connectionStatus"]["status"]) == (0, "FAILED")
    assert status["connectionStatus"]["message"]


def test_a_closed_stdout_ends_the_read_at_once(reading: list[str]) -> None:
    with subprocess.Popen(
        [sys.executable, MAIN, *reading], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()
    assert process.returncode == 1
    closed = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", sys.executable, MAIN, *reading],
        capture_output=True,
        check=False,
    )
    assert (closed.returncode, b"stdout is closed" in closed.stderr) == (1, True)


def test_sigterm_ends_the_read(reading: list[str]) -> None:
    with subprocess.Popen([sys.executable, MAIN, *reading], stdout=subprocess.PIPE) as process:
        assert process.stdout
        while b'"RECORD"' not in process.stdout.readline():
            pass
        process.send_signal(signal.SIGTERM)
        process.stdout.read()
    assert process.returncode == 143


def test_memory_does_not_grow_with_the_file(reading: list[str]) -> None:
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.execv(sys.executable, [sys.executable, str(MAIN), *reading])  # noqa: S606 - no shell
    _, status, usage = os.wait4(child, 0)
    assert status == 0
    assert usage.ru_maxrss < 250 * 1024  # KiB; the CDK alone takes about 150 MiB
