import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from destination_postgres.run import specification

# In the image the base is on the path anyway.
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
MAIN = Path(__file__).parent.parent / "main.py"
CONFIG = {"host": "127.0.0.1", "port": 1, "database": "d", "username": "u", "password": "pass-word"}


def run(*arguments: str | Path) -> tuple[int, list[dict[str, Any]], str]:
    """Exit code, messages, stderr."""
    done = subprocess.run(
        [sys.executable, MAIN, *arguments],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def config(tmp_path: Path, **changes: Any) -> Path:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(CONFIG | changes))
    return path


def test_spec_is_one_message() -> None:
    assert run("spec") == (0, [{"type": "SPEC", "spec": specification()}], "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "no command"),
        (["read"], "unknown command `read`"),
        (["check"], "needs `--config`"),
        (["write", "--config", "x"], "needs `--catalog`"),
        (["check", "--config", "x", "--state", "y"], "does not take `--state`"),
    ],
)
def test_wrong_usage_is_a_trace_and_exit_code_two(arguments: list[str], words: str) -> None:
    code, (message,), stderr = run(*arguments)
    assert (code, message["type"]) == (2, "TRACE")
    assert words in message["trace"]["error"]["message"]
    assert words in stderr


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    code, (message,), _ = run("check", "--config", tmp_path / "none.json")
    assert (code, "none.json" in message["trace"]["error"]["message"]) == (1, True)
    (tmp_path / "broken.json").write_text("{broken")
    code, (message,), _ = run("check", f"--config={tmp_path / 'broken.json'}")
    assert (code, "is not JSON" in message["trace"]["error"]["message"]) == (1, True)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "Connection refused"),
        ({"port": "x"}, "`$.port`"),
        ({"host": ""}, "`$.host`"),
        ({"ssl_mode": {"mode": "verify-ca"}}, "`$.ssl_mode`"),
    ],
)
def test_a_failed_check_says_why_and_exits_with_zero(
    tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    code, (message,), _ = run("check", "--config", config(tmp_path, **changes))
    status = message["connectionStatus"]
    assert (code, status["status"]) == (0, "FAILED")
    assert words in status["message"]
    assert "pass-word" not in status["message"]


def test_a_password_is_hidden_wherever_it_shows(tmp_path: Path) -> None:
    _, (message,), _ = run("check", "--config", config(tmp_path, database="pass-word"))
    assert "`****`" in message["connectionStatus"]["message"]


def test_a_closed_stdout_is_said_on_stderr() -> None:
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", sys.executable, MAIN, "spec"],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "stdout is closed" in done.stderr) == (1, True)
