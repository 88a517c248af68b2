"""The folder `.yard/logs` in, logs too old to be read out; and whether a run goes on."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from build_config.cleaning.garbage import Garbage, Kind
from build_config.logs import KEPT_RUNS

KEPT_DAYS: Final = 14
"""After how many days a log goes; that of the newest run stays."""

_RUN: Final = re.compile(r"(\d{8}T\d{6}Z)-(\d+)")
_LINK: Final = re.compile(r"\.latest-.+")
_CLOCKS: Final = timedelta(seconds=2)  # a process's birth and a run's stamp, both rounded


def old_logs(state: Path, *, now: datetime) -> Iterator[Garbage]:
    """What is beyond the kept runs or days, and links that killed runs left.

    Args:
        state: the folder `.yard`.
        now: with its time zone.
    """
    runs = sorted(_runs(state), reverse=True)
    for number, (when, path) in enumerate(runs):
        old = now - when > timedelta(days=KEPT_DAYS)
        if number >= KEPT_RUNS or (old and number):
            days = (now - when).days
            why = f"{days} days old" if old else f"{KEPT_RUNS} runs are newer"
            yield Garbage(kind=Kind.LOGS, name=str(path), why=why, size=folder_bytes(path))
    for path in _entries(state):
        if _LINK.fullmatch(path.name):
            yield Garbage(kind=Kind.LOGS, name=str(path), why="a killed run left it", size=0)


def running(state: Path) -> int | None:
    """The process of a run of this repository that goes on; None when there is none."""
    for when, path in _runs(state):
        process = int(path.name.rpartition("-")[2])
        if process != os.getpid() and _lives(process, since=when):
            return process
    return None


def folder_bytes(path: Path) -> int:
    """What a folder's files hold; links are not followed."""
    total = 0
    for folder, _, files in os.walk(path):
        for name in files:
            try:
                total += os.lstat(Path(folder, name)).st_size
            except OSError:  # somebody removes it as well
                continue
    return total


def _entries(state: Path) -> list[Path]:
    try:
        return sorted((state / "logs").iterdir())
    except OSError:
        return []


def _runs(state: Path) -> Iterator[tuple[datetime, Path]]:
    for path in _entries(state):
        match = _RUN.fullmatch(path.name)
        if match:
            try:
                when = datetime.strptime(match[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            except ValueError:
                continue
            yield when, path


def _lives(process: int, *, since: datetime) -> bool:
    """Whether it is the process of that run still, and not a later one with its number."""
    try:
        os.kill(process, 0)
    except PermissionError:
        pass
    except (OSError, OverflowError):
        return False
    born = _born(process)
    return born is None or born <= since + _CLOCKS


def _born(process: int) -> datetime | None:
    """When a process was started: proc(5); None where the system does not tell."""
    try:
        fields = Path(f"/proc/{process}/stat").read_bytes().rpartition(b")")[2].split()
        boot = re.search(r"^btime (\d+)$", Path("/proc/stat").read_text(), re.MULTILINE)
        seconds = int(boot[1] if boot else "") + int(fields[19]) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return None
    return datetime.fromtimestamp(seconds, tz=UTC)
