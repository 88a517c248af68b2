"""A disk that is full at any moment: what was there stays, one line says so, and it goes on."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from allowed_states import assert_invariants
from cases import assert_finished, case_of, failing
from memory_registry import memory_registry
from publications import Publisher
from repositories import git, new_repository
from situations import SITUATIONS

_SIZE = 2 << 20
_PAGE = 4096


@contextmanager
def tiny_disk(folder: Path) -> Iterator[Path]:
    """A file system of two megabytes."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "none", str(folder)]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"a file system can be mounted only by root: {os.fsdecode(done.stderr)}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def nothing_left_but(disk: Path, left: int) -> Iterator[None]:
    """Fill it up to so many bytes."""
    filler = disk / "filler"
    free = os.statvfs(disk).f_bavail * _PAGE
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(_PAGE, free - left))
    try:
        yield
    finally:
        filler.unlink()


@pytest.fixture
def publisher(tmp_path: Path) -> Iterator[Publisher]:
    with memory_registry() as registry:
        made = case_of(tmp_path / "yard", "source-x", host=registry.host)
        yield replace(made, locks=tmp_path / "locks")


@pytest.mark.parametrize("name", ["nothing is there", "a second version"])
def test_a_disk_that_is_full_at_any_byte_of_the_ledger_loses_nothing(
    tmp_path: Path, name: str
) -> None:
    situation, said = SITUATIONS[name], set[str]()
    with tiny_disk(tmp_path / "disk") as disk, memory_registry() as registry:
        for number in range(100):
            root = new_repository(disk / f"r{number}", {}, "--template=")
            case = case_of(tmp_path / str(number), f"source-{number}", host=registry.host)
            case = replace(case, place=replace(case.place, root=root))
            situation.arrange(case)
            with nothing_left_but(disk, number * _PAGE):
                error = asyncio.run(failing(case, situation))
                assert_invariants(case, registry, situation.versions)
            git(root, "fsck", "--no-dangling")
            if error is not None:
                assert "\n" not in str(error)
                assert str(error).startswith("the repository: "), error
                said.add(str(error))
                assert asyncio.run(failing(case, situation, built="anew")) is None
            end = assert_invariants(case, registry, situation.versions)
            assert_finished(case, situation, end)
            subprocess.run(["rm", "-r", str(root)], check=True)
            if error is None:
                break
    full = ("No space left on device", "Out of diskspace")
    assert all(any(words in line for words in full) for line in said), said
    assert len(said) > 1


def test_a_full_disk_for_the_locks_is_said_in_a_line(publisher: Publisher, tmp_path: Path) -> None:
    situation = SITUATIONS["nothing is there"]
    root = new_repository(tmp_path / "ledger", {})
    with tiny_disk(tmp_path / "disk") as disk:
        case = replace(publisher, locks=disk / "a" / "b", place=replace(publisher.place, root=root))
        subprocess.run(["mount", "-o", "remount,nr_inodes=2", str(disk)], check=True)
        error = asyncio.run(failing(case, situation))
        assert error is not None
        assert "nothing can be locked in" in str(error)
        assert "No space left on device" in str(error)
        assert case.ledger.read().tip is None
        subprocess.run(["mount", "-o", "remount,nr_inodes=100", str(disk)], check=True)
        with nothing_left_but(disk, 0):
            assert asyncio.run(failing(case, situation)) is None
