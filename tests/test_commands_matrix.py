"""`invoke matrix` as a workflow meets it: what it prints, writes and refuses, without an engine."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import repositories
from monorepos import OURS, settings

from build_config.cache_settings import CachePlace
from build_config.commands.matrix import matrix
from build_config.errors import UsageError, YardError
from build_config.streams import Streams

NOTHING: dict[str, Any] = {"bases": {"include": []}, "connectors": {"include": []}}
DURATIONS = {"build base-python": 30, "build source-a": 100.5, "build destination-b": 90}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return repositories.new_repository(tmp_path / "repository", OURS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """What it wrote to each of its streams."""

    out: str
    notes: str

    @property
    def waves(self) -> Any:
        """What it printed, as JSON."""
        return json.loads(self.out)

    @property
    def cells(self) -> list[list[str]]:
        """The connectors of each cell, wave by wave."""
        waves = (self.waves["bases"], self.waves["connectors"])
        return [[cell["connectors"] for cell in wave["include"]] for wave in waves]


CACHE = CachePlace(registry="localhost:5000/cache", write=True, patience=10)


def run(
    root: Path,
    environ: Mapping[str, str] | None = None,
    *,
    cache: CachePlace = CACHE,
    **flags: Any,
) -> Said:
    """Run the command, which must succeed."""
    streams = Streams(out=io.StringIO(), notes=io.StringIO(), environ=environ or {})
    assert matrix(replace(settings(root), cache=cache), streams, **flags) == 0
    assert isinstance(streams.out, io.StringIO)
    assert isinstance(streams.notes, io.StringIO)
    return Said(out=streams.out.getvalue(), notes=streams.notes.getvalue())


def remember(root: Path) -> None:
    document = {"format": 1, "seconds": DURATIONS}
    repositories.write(root, {".yard/durations.json": json.dumps(document)})


def test_the_shape_that_workflows_read(root: Path) -> None:
    remember(root)
    assert run(root, shards="2").waves == {
        "bases": {
            "include": [{"name": "1 of 1", "connectors": "base-python", "count": 1, "seconds": 30}]
        },
        "connectors": {
            "include": [
                {"name": "1 of 2", "connectors": "source-a", "count": 1, "seconds": 100.5},
                {"name": "2 of 2", "connectors": "destination-b", "count": 1, "seconds": 90},
            ]
        },
    }


def test_a_small_repository_of_which_nothing_is_known_is_one_cell(root: Path) -> None:
    said = run(root)
    assert said.cells == [[], ["base-python,destination-b,source-a"]]
    assert said.notes == "3 images in 1 cell of 30 s at most\n"


@pytest.mark.parametrize("cache", [replace(CACHE, write=False), replace(CACHE, registry="")])
def test_runners_that_cannot_hand_on_what_they_built_wait_for_nobody(
    root: Path, cache: CachePlace
) -> None:
    remember(root)
    assert run(root, cache=cache, shards="3").cells == [
        [],
        ["source-a", "destination-b", "base-python"],
    ]


def test_what_workflows_are_handed_is_one_line_each(root: Path, tmp_path: Path) -> None:
    remember(root)
    place = tmp_path / "output"
    place.write_text("before=1\n")
    said = run(root, {"GITHUB_OUTPUT": str(place)}, format="github", shards="2")
    before, *lines = place.read_text().splitlines()
    outputs = dict(line.split("=", 1) for line in lines)
    assert (before, said.out) == ("before=1", "")
    assert {name: json.loads(value) for name, value in outputs.items()} == run(
        root, shards="2"
    ).waves
    assert said.notes.startswith("1 image in 1 cell of 30 s at most, then 2 images in 2 cells")


def test_outside_of_a_workflow_there_is_nobody_to_hand_it_to(root: Path) -> None:
    with pytest.raises(UsageError, match="`GITHUB_OUTPUT` names, and it names none"):
        run(root, format="github")


def test_a_file_that_cannot_be_written_is_told(root: Path, tmp_path: Path) -> None:
    with pytest.raises(YardError, match="cannot be written: Is a directory"):
        run(root, {"GITHUB_OUTPUT": str(tmp_path)}, format="github")


def test_nothing_changed_is_no_cell(root: Path) -> None:
    said = run(root, changed_since="HEAD")
    assert (said.waves, said.notes) == (NOTHING, "nothing changed since `HEAD`\n")


def test_a_changed_base_brings_what_stands_on_it(root: Path) -> None:
    repositories.write(root, {"connectors/bases/base-python/Dockerfile": "FROM python:3.12\n"})
    assert run(root, changed_since="HEAD", shards="2").cells == [
        ["base-python"],
        ["destination-b", "source-a"],
    ]


def test_changed_tests_are_tested(root: Path) -> None:
    repositories.write(
        root,
        {
            "connectors/source-a/.dockerignore": "unit_tests\n",
            "connectors/source-a/README.md": "prose\n",
        },
    )
    repositories.git(root, "add", "--all")
    repositories.git(root, "commit", "--quiet", "--message=second")
    repositories.write(root, {"connectors/destination-b/README.md": "prose\n"})
    repositories.write(root, {"connectors/source-a/unit_tests/test_it.py": "\n"})
    assert run(root, changed_since="HEAD", connector=["source-*"]).cells == [[], ["source-a"]]


def test_flags_narrow_each_other_down(root: Path) -> None:
    assert run(root, kind="source", connector=["*-a,*-b"]).cells == [[], ["source-a"]]
    said = run(root, kind="source", connector=["destination-b"])
    assert (said.waves, said.notes) == (NOTHING, "nothing is selected\n")


@pytest.mark.parametrize("shards", ["0", "-1", "many", "", "1.5", "9" * 5000])
def test_a_number_of_cells_is_a_number(root: Path, shards: str) -> None:
    with pytest.raises(UsageError, match=f"`--shards` must be a number from 1, not `{shards}`"):
        run(root, shards=shards)


def test_an_unknown_format_is_refused(root: Path) -> None:
    with pytest.raises(UsageError, match="`--format=gitlab` is unknown"):
        run(root, format="gitlab")
