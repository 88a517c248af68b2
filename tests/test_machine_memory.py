from __future__ import annotations

import os
from pathlib import Path

import pytest
import repositories

from build_config.machine.memory import (
    FEWEST_JOBS,
    JOB_BYTES,
    available_memory,
    choose_jobs,
    usable_cores,
)

MIB = 1 << 20
MEMINFO = {"proc/meminfo": "MemTotal: 9000000 kB\nMemAvailable:    2048000 kB\n"}
V2 = {"proc/self/cgroup": "0::/user/job\n"}
V1 = {
    "proc/self/cgroup": "5:cpu,cpuacct:/job\n4:memory:/job\n1:name=systemd:/job\n0::/\n",
    "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
    "sys/fs/cgroup/memory/memory.usage_in_bytes": f"{3000 * MIB}\n",
}


def machine(root: Path, *parts: dict[str, str]) -> Path:
    repositories.write(root, {path: text for part in parts for path, text in part.items()})
    return root


@pytest.mark.parametrize(
    ("cores", "memory", "jobs"),
    [
        (2, None, FEWEST_JOBS),
        (16, None, 16),
        (16, 100 * JOB_BYTES, 16),
        (16, 3 * JOB_BYTES + 1, 3),
        (2, 2 * JOB_BYTES, 2),
        (2, JOB_BYTES - 1, 1),
        (2, 0, 1),
    ],
)
def test_a_job_takes_a_core_and_its_memory(cores: int, memory: int | None, jobs: int) -> None:
    assert choose_jobs(cores=cores, memory=memory) == jobs


def test_without_groups_the_machine_says_what_is_there(tmp_path: Path) -> None:
    assert available_memory(machine(tmp_path, MEMINFO)) == 2000 * MIB
    assert usable_cores(tmp_path) == len(os.sched_getaffinity(0))


def test_where_nothing_is_said_nothing_is_known(tmp_path: Path) -> None:
    assert available_memory(tmp_path) is None


def test_the_limit_of_a_group_counts_less_what_it_uses(tmp_path: Path) -> None:
    group = {
        "sys/fs/cgroup/user/job/memory.max": f"{1000 * MIB}\n",
        "sys/fs/cgroup/user/job/memory.current": f"{900 * MIB}\n",
        "sys/fs/cgroup/user/job/memory.stat": f"anon 1\ninactive_file {300 * MIB}\n",
    }
    assert available_memory(machine(tmp_path, MEMINFO, V2, group)) == 400 * MIB


def test_the_limit_of_a_group_around_it_counts_too(tmp_path: Path) -> None:
    groups = {
        "sys/fs/cgroup/user/job/memory.max": "max\n",
        "sys/fs/cgroup/user/job/memory.current": f"{100 * MIB}\n",
        "sys/fs/cgroup/user/memory.max": f"{512 * MIB}\n",
        "sys/fs/cgroup/user/memory.current": f"{600 * MIB}\n",
    }
    assert available_memory(machine(tmp_path, MEMINFO, V2, groups)) == 0


def test_a_group_of_version_1_counts_its_total(tmp_path: Path) -> None:
    group = {
        "sys/fs/cgroup/memory/job/memory.limit_in_bytes": f"{1000 * MIB}\n",
        "sys/fs/cgroup/memory/job/memory.usage_in_bytes": f"{500 * MIB}\n",
        "sys/fs/cgroup/memory/job/memory.stat": (
            f"inactive_file 4096\ntotal_inactive_file {100 * MIB}\n"
        ),
    }
    assert available_memory(machine(tmp_path, MEMINFO, V1, group)) == 600 * MIB


def test_in_a_container_the_group_is_at_the_top(tmp_path: Path) -> None:
    """Its path is that of the host, of which only the group itself is mounted."""
    group = {
        "proc/self/cgroup": "4:memory:/docker/0123\n",
        "sys/fs/cgroup/memory/memory.limit_in_bytes": f"{800 * MIB}\n",
        "sys/fs/cgroup/memory/memory.usage_in_bytes": f"{100 * MIB}\n",
    }
    assert available_memory(machine(tmp_path, MEMINFO, group)) == 700 * MIB


@pytest.mark.parametrize(
    "group",
    [
        V2 | {"sys/fs/cgroup/user/cpu.max": "50000 100000\n"},
        V1
        | {
            "sys/fs/cgroup/cpu/job/cpu.cfs_quota_us": "50000\n",
            "sys/fs/cgroup/cpu/job/cpu.cfs_period_us": "100000\n",
        },
    ],
    ids=["version 2", "version 1"],
)
def test_half_a_core_is_one(tmp_path: Path, group: dict[str, str]) -> None:
    assert usable_cores(machine(tmp_path, group)) == 1


@pytest.mark.parametrize(
    "group",
    [
        V2 | {"sys/fs/cgroup/user/job/cpu.max": "max 100000\n"},
        V1
        | {
            "sys/fs/cgroup/cpu/job/cpu.cfs_quota_us": "-1\n",
            "sys/fs/cgroup/cpu/job/cpu.cfs_period_us": "100000\n",
        },
    ],
    ids=["version 2", "version 1"],
)
def test_a_group_without_a_limit_limits_nothing(tmp_path: Path, group: dict[str, str]) -> None:
    assert usable_cores(machine(tmp_path, group)) == len(os.sched_getaffinity(0))
