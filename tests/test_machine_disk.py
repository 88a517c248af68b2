from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from small_disk import small_disk

from build_config.errors import YardError
from build_config.machine.disk import engine_folder, look_at, refuse_full_disks
from build_config.machine.engine_address import EngineAddress

MIB = 1 << 20


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of one mebibyte."""
    with small_disk(tmp_path / "small") as folder:
        yield folder


def test_the_fullest_disk_is_refused_with_its_figures(small: Path, tmp_path: Path) -> None:
    places = {"the repository": tmp_path, "the engine": small}
    with pytest.raises(YardError) as caught:
        refuse_full_disks(places, floor=2 * MIB)
    assert str(caught.value) == (
        f"the disk of the engine (`{small}`) has 1.0 MB left, "
        "and it takes 2.1 MB to begin (setting `disk_floor`)"
    )
    assert caught.value.exit_code == 1
    assert "`invoke clean --dry-run`" in caught.value.hint
    assert "`docker system df`" in caught.value.hint


def test_what_is_written_counts(small: Path) -> None:
    refuse_full_disks({"the repository": small}, floor=MIB // 2)
    (small / "file").write_bytes(bytes(3 * MIB // 4))
    with pytest.raises(YardError, match="has 262\\.1 kB left"):
        refuse_full_disks({"the repository": small}, floor=MIB // 2)


def test_a_floor_of_nothing_refuses_nothing(small: Path) -> None:
    refuse_full_disks({"the repository": small}, floor=0)


def test_a_disk_that_is_not_here_is_not_judged(tmp_path: Path) -> None:
    assert look_at(tmp_path / "in a virtual machine") is None
    refuse_full_disks({"the engine": tmp_path / "in a virtual machine"}, floor=1 << 60)
    refuse_full_disks({}, floor=1 << 60)


def test_a_file_system_without_blocks_is_not_judged() -> None:
    assert look_at(Path("/proc")) is None


@pytest.mark.parametrize("url", ["tcp://elsewhere:2376", "unix:///nonexistent/engine.sock"])
def test_an_engine_elsewhere_and_one_that_is_silent_have_no_folder_here(url: str) -> None:
    assert engine_folder(EngineAddress(url=url)) is None
