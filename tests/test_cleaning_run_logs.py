from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from build_config.cleaning.run_logs import KEPT_DAYS, folder_bytes, old_logs, running
from build_config.logs import KEPT_RUNS, run_folder

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def logged(root: Path, when: datetime, process: int = 1) -> str:
    folder = run_folder(root, now=when, process=process)
    folder.mkdir(parents=True)
    (folder / "build-a.log").write_text("12345")
    return str(folder)


def old(root: Path) -> dict[str, str]:
    return {item.name: item.why for item in old_logs(root / ".yard", now=NOW)}


def test_logs_go_after_their_days(tmp_path: Path) -> None:
    logged(tmp_path, NOW - DAY)
    logged(tmp_path, NOW - KEPT_DAYS * DAY)
    past = logged(tmp_path, NOW - (KEPT_DAYS + 1) * DAY)
    assert old(tmp_path) == {past: f"{KEPT_DAYS + 1} days old"}
    (item,) = old_logs(tmp_path / ".yard", now=NOW)
    assert item.size == 5


def test_the_newest_stays_however_old_it_is(tmp_path: Path) -> None:
    logged(tmp_path, NOW - 100 * DAY)
    past = logged(tmp_path, NOW - 101 * DAY)
    assert list(old(tmp_path)) == [past]


def test_logs_beyond_the_kept_runs_go(tmp_path: Path) -> None:
    folders = [logged(tmp_path, NOW - n * timedelta(minutes=1)) for n in range(KEPT_RUNS + 2)]
    assert old(tmp_path) == dict.fromkeys(folders[KEPT_RUNS:], f"{KEPT_RUNS} runs are newer")


def test_other_things_in_the_folder_stay(tmp_path: Path) -> None:
    folder = Path(logged(tmp_path, NOW)).parent
    (folder / "mine").mkdir()
    (folder / "20261399T000000Z-1").mkdir()
    (folder / "latest").symlink_to("mine")
    (folder / ".latest-20261122T120000Z-1").symlink_to("gone")
    assert old(tmp_path) == {str(folder / ".latest-20261122T120000Z-1"): "a killed run left it"}


def test_without_logs_there_is_nothing(tmp_path: Path) -> None:
    assert not old(tmp_path)
    assert running(tmp_path / ".yard") is None
    assert folder_bytes(tmp_path / "nowhere") == 0


def test_a_run_that_goes_on_is_known_by_its_process(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        logged(tmp_path, datetime.now(UTC), process.pid)
        assert running(tmp_path / ".yard") == process.pid
        process.communicate(b"\n")
    assert running(tmp_path / ".yard") is None


def test_this_process_is_no_other_run(tmp_path: Path) -> None:
    logged(tmp_path, datetime.now(UTC), os.getpid())
    assert running(tmp_path / ".yard") is None


def test_a_later_process_with_the_number_of_a_run_is_not_that_run(tmp_path: Path) -> None:
    logged(tmp_path, datetime.now(UTC) - 2 * DAY, os.getppid())
    logged(tmp_path, NOW, 2**64)
    assert running(tmp_path / ".yard") is None
