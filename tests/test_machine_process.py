"""Commands stream their lines, say how they failed, and end when nobody listens any more."""

from __future__ import annotations

import os
import signal
import time
from contextlib import closing
from pathlib import Path

import pytest

from build_config.machine.process import (
    CommandError,
    capture,
    has_ended,
    last_lines,
    start_detached,
    stream,
)


def is_alive(process_id: int) -> bool:
    try:
        return Path(f"/proc/{process_id}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


def test_lines_of_both_outputs_come_in_order() -> None:
    script = "echo one; echo two >&2; echo three"
    assert tuple(stream(("sh", "-c", script))) == ("one", "two", "three")


def test_a_failure_carries_the_exit_code_and_the_last_lines() -> None:
    with pytest.raises(CommandError, match="`sh -c` failed with exit code 3") as caught:
        tuple(stream(("sh", "-c", "seq 100; exit 3")))
    assert caught.value.log[-1] == "100"
    assert len(caught.value.log) < 20


def test_a_command_that_is_not_there_is_a_failure_and_not_a_crash() -> None:
    with pytest.raises(CommandError, match="`no-such-command` does not start"):
        tuple(stream(("no-such-command",)))
    assert capture(("no-such-command",)) is None
    assert capture(("false",)) is None
    assert capture(("sleep", "60"), timeout=0.1) is None


def test_extra_environment_is_added_to_ours() -> None:
    lines = stream(("sh", "-c", 'echo "$EXTRA $HOME"'), environment={"EXTRA": "yes"})
    assert tuple(lines) == (f"yes {os.environ['HOME']}",)


def test_closing_the_iterator_ends_the_command_and_its_children() -> None:
    with closing(stream(("sh", "-c", "sleep 100 & echo $!; wait"))) as lines:
        child = int(next(lines))
        assert is_alive(child)
    for _ in range(600):
        if not is_alive(child):
            break
        time.sleep(0.1)
    assert not is_alive(child)


def test_a_lone_leader_is_asked_and_finishes_its_work(tmp_path: Path) -> None:
    script = (
        f"trap 'echo safe > {tmp_path}/mark; exit' INT; echo ready; while :; do sleep 0.1; done"
    )
    lines = stream(("bash", "-c", script), stop_whole_group=False)
    assert next(lines) == "ready"
    lines.close()
    assert (tmp_path / "mark").read_text() == "safe\n"


def test_a_daemon_outlives_the_call_and_writes_to_its_log(tmp_path: Path) -> None:
    log = tmp_path / "daemon.log"
    process_id = start_detached(("/bin/sh", "-c", "echo up; exit 1"), log=log)
    assert os.getsid(0) != process_id
    for _ in range(50):
        if has_ended(process_id):
            break
        time.sleep(0.1)
    else:
        pytest.fail("the daemon does not end")
    assert last_lines(log) == ("up",)
    assert last_lines(tmp_path / "none") == ()


def test_a_daemon_that_does_not_start_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="does not start"):
        start_detached(("/no/such/daemon",), log=tmp_path / "log")


def test_a_command_of_a_background_job_can_be_stopped_too(tmp_path: Path) -> None:
    """A shell's `&` makes its job deaf to SIGINT, and a deaf shell cannot set a trap for it."""
    deaf = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        test_a_lone_leader_is_asked_and_finishes_its_work(tmp_path)
    finally:
        signal.signal(signal.SIGINT, deaf)
