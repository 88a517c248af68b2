from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from build_config import file_lock
from build_config.errors import UsageError

BUSY = UsageError("somebody is at it")
HOLDER = """
import pathlib, sys, time
from build_config import file_lock
with file_lock.held(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


@contextmanager
def holder(file: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that holds the lock."""
    command = [sys.executable, "-c", HOLDER, str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == b"held\n"
            yield process
        finally:
            process.kill()


def test_it_is_held_for_the_length_of_the_block(tmp_path: Path) -> None:
    file = tmp_path / "a" / "folder" / "lock"
    with file_lock.held(file), pytest.raises(UsageError), file_lock.held(file, busy=BUSY):
        pass
    with file_lock.held(file, busy=BUSY):
        assert file.is_file()


def test_what_another_process_holds_is_busy_until_that_is_killed(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    with holder(file) as other:
        with pytest.raises(UsageError, match="somebody is at it"), file_lock.held(file, busy=BUSY):
            pass
        with file.open("a") as opened:
            assert not file_lock.take(opened.fileno())
        other.kill()
        other.wait()
        with file_lock.held(file, busy=BUSY):
            pass


def test_who_waits_gets_it_when_the_other_one_is_killed(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    with holder(file) as other:
        threading.Timer(0.2, other.kill).start()
        with file_lock.held(file):
            assert other.wait(60) == -signal.SIGKILL


def test_a_place_that_cannot_be_made_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"), file_lock.held(tmp_path / "file" / "lock"):
        pass
