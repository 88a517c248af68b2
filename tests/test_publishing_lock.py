"""One publisher of an image at a time: processes, forks, kills, and files that are in the way."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fakes import Told

from build_config.errors import StepError, UnclearError
from build_config.publishing.lock import only_one

if TYPE_CHECKING:
    from collections.abc import Iterator

HOLDER = """
import asyncio, pathlib, subprocess, sys, time
from build_config.publishing.lock import only_one
class Deaf:
    activity = line = case = lambda *_: None
async def hold():
    async with only_one(pathlib.Path(sys.argv[1]), "acme/source-x", Deaf()):
        if len(sys.argv) > 2:
            subprocess.Popen(["sleep", "30"], stdout=subprocess.DEVNULL)
        print("held", flush=True)
        await asyncio.sleep(30)
asyncio.run(hold())
"""


@contextmanager
def holder(folder: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the lock."""
    command = [sys.executable, "-c", HOLDER, str(folder), *words]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def taken(folder: Path, repository: str = "acme/source-x", *, seconds: float = 5.0) -> Told:
    """Take the lock; what was said meanwhile."""
    told = Told()

    async def take() -> None:
        async with only_one(folder, repository, told, seconds=seconds):
            pass

    asyncio.run(take())
    return told


def test_scenario_32_a_lock_that_is_held_is_waited_for_and_its_holder_named(
    tmp_path: Path,
) -> None:
    with holder(tmp_path) as process:
        with pytest.raises(UnclearError, match=f"process {process.pid} has been publishing"):
            taken(tmp_path, seconds=0.5)
        taken(tmp_path, "acme/another", seconds=0.5)


def test_scenario_32_the_lock_of_a_process_that_was_killed_is_free(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        process.kill()
        process.wait()
        begin = time.monotonic()
        assert not taken(tmp_path).activities
        assert time.monotonic() - begin < 1
    assert list(tmp_path.glob("*.lock")), "the file stays: removing it would let two hold it"


def test_scenario_32_a_program_that_a_holder_started_does_not_keep_its_lock(
    tmp_path: Path,
) -> None:
    with holder(tmp_path, "and start one") as process:
        process.kill()
        process.wait()
        taken(tmp_path, seconds=1)


def test_scenario_47_a_lock_is_not_taken_through_somebody_elses_link(tmp_path: Path) -> None:
    taken(tmp_path / "locks")
    lock = next((tmp_path / "locks").glob("*.lock"))
    lock.unlink()
    (tmp_path / "precious").write_text("kept")
    lock.symlink_to(tmp_path / "precious")
    with pytest.raises(StepError, match="Too many levels"):
        taken(tmp_path / "locks")
    assert (tmp_path / "precious").read_text() == "kept"


def test_a_file_system_without_locks_is_said_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without(_descriptor: int, _operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("fcntl.flock", without)
    with pytest.raises(StepError, match=f"^nothing can be locked in `{tmp_path}`: No locks"):
        taken(tmp_path)
