from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from build_config import build_records
from build_config.fingerprint import Inputs

INPUTS = Inputs(files={"a": "100644 b"}, sources={}, build_args={}, bases={})


def kept(state: Path, fingerprint: str = INPUTS.fingerprint) -> Inputs | None:
    return build_records.read(state, "source-a", fingerprint)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    state = tmp_path / "not" / "there"
    build_records.write(state, "source-a", INPUTS)
    assert kept(state) == INPUTS


def test_the_last_few_builds_are_remembered(tmp_path: Path) -> None:
    builds = [replace(INPUTS, build_args={"A": str(number)}) for number in range(7)]
    for number, inputs in enumerate([*builds, builds[3]]):
        build_records.write(tmp_path, "source-a", inputs)
        file = tmp_path / "inputs" / "source-a" / f"{inputs.fingerprint}.json"
        os.utime(file, ns=(number, number))
    there = [number for number, inputs in enumerate(builds) if kept(tmp_path, inputs.fingerprint)]
    assert there == [2, 3, 4, 5, 6]
    build_records.write(tmp_path, "source-a", INPUTS)
    there = [number for number, inputs in enumerate(builds) if kept(tmp_path, inputs.fingerprint)]
    assert there == [3, 4, 5, 6], "the one that was built again is not the oldest"


def test_another_image_or_none_is_not_remembered(tmp_path: Path) -> None:
    build_records.write(tmp_path, "source-b", INPUTS)
    assert kept(tmp_path) is None
    assert kept(tmp_path / "absent") is None


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b"null", b"{}", b"[" * 100_000])
def test_a_broken_record_is_none(tmp_path: Path, content: bytes) -> None:
    build_records.write(tmp_path, "source-a", INPUTS)
    (file,) = (tmp_path / "inputs" / "source-a").iterdir()
    file.write_bytes(content)
    assert kept(tmp_path) is None


def test_where_nothing_can_be_written_nothing_is_remembered(tmp_path: Path) -> None:
    (tmp_path / "inputs").write_text("a file")
    build_records.write(tmp_path, "source-a", INPUTS)
    assert kept(tmp_path) is None


def test_a_record_that_cannot_be_put_in_its_place_leaves_nothing_behind(tmp_path: Path) -> None:
    place = tmp_path / "inputs" / "source-a" / f"{INPUTS.fingerprint}.json"
    (place / "x").mkdir(parents=True)
    build_records.write(tmp_path, "source-a", INPUTS)
    assert list(place.parent.iterdir()) == [place]
    assert place.is_dir()
