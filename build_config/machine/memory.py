"""This machine in, the memory and the cores that a run may use out.

What a control group allows counts, not what the machine has: version 1 (cgroup-v1/memory.rst,
scheduler/sched-bwc.rst of the Linux documentation) and version 2 (cgroup-v2.rst).
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

FEWEST_JOBS: Final = 4
"""Builds wait for disks and networks: even on two cores one at a time took 1.9 times as long as
four, two 1.2 times; eight and sixteen gained nothing (60 images that only copy, Docker 20.10)."""

JOB_BYTES: Final = 512 << 20
"""What a job gets: a test's container may take as much."""

_MACHINE: Final = Path("/")
_GROUPS: Final = "sys/fs/cgroup"


def choose_jobs(*, cores: int, memory: int | None) -> int:
    """How many jobs at a time: as many as there are cores, and as their memory is there for.

    Args:
        cores: that may be used.
        memory: bytes available; None where nobody knows.
    """
    wanted = max(FEWEST_JOBS, cores)
    return wanted if memory is None else max(1, min(wanted, memory // JOB_BYTES))


def available_memory(machine: Path = _MACHINE) -> int | None:
    """Bytes that can be had without swapping; None where the system does not say.

    Args:
        machine: where `proc` and `sys` are.
    """
    known = [_of_the_machine(machine), *map(_of_a_group, _groups(machine, "memory"))]
    return min((count for count in known if count is not None), default=None)


def usable_cores(machine: Path = _MACHINE) -> int:
    """Cores that this process may run on, and has the time of.

    Args:
        machine: where `proc` and `sys` are.
    """
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    quotas = [quota for group in _groups(machine, "cpu") if (quota := _quota(group)) is not None]
    return max(1, min([cores, *map(math.ceil, quotas)]))


def _of_the_machine(machine: Path) -> int | None:
    match = re.search(r"^MemAvailable: *(\d+) kB$", _text(machine / "proc/meminfo"), re.MULTILINE)
    return int(match[1]) * 1024 if match else None


def _of_a_group(group: Path) -> int | None:
    """What its limit leaves; files that are cached and idle give way when memory is wanted."""
    limit = _number(group / "memory.max") or _number(group / "memory.limit_in_bytes")
    used = _number(group / "memory.current") or _number(group / "memory.usage_in_bytes")
    if limit is None or used is None:
        return None
    idle = re.search(r"^(?:total_)?inactive_file (\d+)$", _idle(group), re.MULTILINE)
    return max(limit - used + (int(idle[1]) if idle else 0), 0)


def _idle(group: Path) -> str:
    """Of version 1 only the total counts what is in groups below."""
    text = _text(group / "memory.stat")
    return text[text.find("total_inactive_file ") :] if "total_inactive_file " in text else text


def _quota(group: Path) -> float | None:
    """Cores' worth of time, such as 1.5; None without a limit."""
    words = _text(group / "cpu.max").split() or [
        _text(group / "cpu.cfs_quota_us").strip(),
        _text(group / "cpu.cfs_period_us").strip(),
    ]
    if len(words) == 2 and all(map(str.isdecimal, words)) and int(words[1]):  # noqa: PLR2004
        return int(words[0]) / int(words[1])
    return None


def _groups(machine: Path, controller: str) -> Iterator[Path]:
    """The folders of this process's group and of those around it, which limit it as well.

    In a container the group may be called by a path that is not to be seen from there.
    """
    for line in _text(machine / "proc/self/cgroup").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers and controller not in controllers.split(","):
            continue
        place = machine / _GROUPS / (controllers and controller)
        group = PurePosixPath(path)
        yield from (place / each.as_posix().lstrip("/") for each in (group, *group.parents))


def _number(file: Path) -> int | None:
    """None where the file is missing, or says `max`."""
    text = _text(file).strip()
    return int(text) if text.isdecimal() else None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
