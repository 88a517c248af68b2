"""Facts about a host, its package lists and its lock."""

from __future__ import annotations

import multiprocessing
import os
from typing import TYPE_CHECKING

import pytest

from build_config.errors import MachineError
from build_config.machine import lock
from build_config.machine.host import Host, look_at_host, parse_distribution
from build_config.machine.packages import apt_environment, lists_are_fresh

if TYPE_CHECKING:
    from multiprocessing.synchronize import Event
    from pathlib import Path

DAY = 24 * 60 * 60


def test_relatives_of_a_distribution_are_known() -> None:
    mint = parse_distribution({"ID": "linuxmint", "ID_LIKE": "ubuntu debian"})
    assert mint == ("linuxmint", "ubuntu", "debian")
    assert parse_distribution({}) == ()
    assert Host(root=True, apt=True, distribution=mint).installs_packages
    assert not Host(root=False, apt=True, distribution=mint).installs_packages
    assert not Host(root=True, apt=False, distribution=("arch",)).installs_packages


def test_looking_at_this_host_tells_who_we_are() -> None:
    assert look_at_host().root == (os.geteuid() == 0)


def test_package_lists_are_stale_when_empty_or_older_than_a_day(tmp_path: Path) -> None:
    (tmp_path / "partial").mkdir()
    now = (tmp_path / "partial").stat().st_mtime
    assert not lists_are_fresh(tmp_path, now=now)
    (tmp_path / "deb.example_dists_bookworm_main_binary-amd64_Packages.lz4").touch()
    assert lists_are_fresh(tmp_path, now=now)
    assert not lists_are_fresh(tmp_path, now=now + 2 * DAY)


def test_services_are_kept_from_starting_while_packages_install_without_systemd() -> None:
    assert apt_environment(Host())["RUNLEVEL"] == "1"
    assert "RUNLEVEL" not in apt_environment(Host(systemd=True))


def _hold(path: Path, taken: Event, free: Event) -> None:
    with lock.opened(path) as descriptor:
        tuple(lock.wait_for(descriptor))
        taken.set()
        free.wait(20)


def test_a_second_setup_waits_and_says_so(tmp_path: Path) -> None:
    processes = multiprocessing.get_context("spawn")
    taken, free = processes.Event(), processes.Event()
    first = processes.Process(target=_hold, args=(tmp_path / "lock", taken, free))
    first.start()
    assert taken.wait(20)
    with lock.opened(tmp_path / "lock") as descriptor:
        waiting = lock.wait_for(descriptor)
        assert "another `invoke setup`" in next(waiting).activity
        free.set()
        tuple(waiting)
    first.join()


def test_the_lock_is_not_taken_through_somebody_elses_link(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "victim")
    with (
        pytest.raises(MachineError, match=r"lock` cannot be locked"),
        lock.opened(tmp_path / "lock"),
    ):
        pass
    assert not (tmp_path / "victim").exists()
