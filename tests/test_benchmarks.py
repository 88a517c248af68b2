"""Benchmarks without measuring: their monorepo is one that the program understands."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from invoke.config import Config

from build_config import git
from build_config.repository import load, read_sources
from build_config.settings import DEFAULTS, read

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"


def write_monorepo(folder: Path) -> None:
    command = (sys.executable, str(BENCHMARKS / "monorepo.py"), str(folder), "--images=30")
    subprocess.run(command, check=True, timeout=60)


def test_a_monorepo_has_three_layers_of_bases_under_its_connectors(tmp_path: Path) -> None:
    write_monorepo(tmp_path)
    repository = load(read(Config(overrides=DEFAULTS), tmp_path))
    *bases, connectors = repository.graph.layers
    assert len(repository.connectors) == 30
    assert [len(layer) for layer in bases] == [1, 2, 4]
    assert all(name.startswith("base-") for layer in bases for name in layer)
    assert len(connectors) == 23
    assert not any(repository.graph.externals.values())


def test_a_monorepo_is_committed_and_the_same_every_time(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_monorepo(tmp_path / name)
    snapshot = git.snapshot(tmp_path / "one")
    assert snapshot is not None
    assert not snapshot.is_dirty()
    assert git.head(tmp_path / "one") == git.head(tmp_path / "two")


def test_an_images_files_are_twenty_with_some_that_are_ignored(tmp_path: Path) -> None:
    write_monorepo(tmp_path)
    connectors = load(read(Config(overrides=DEFAULTS), tmp_path)).connectors
    assert {sum(f.is_file() for f in (tmp_path / c.path).rglob("*")) for c in connectors} == {20}
    sources = read_sources(tmp_path, connectors, git.snapshot(tmp_path))
    assert {len(source.context) for source in sources.values()} == {19}


def test_every_row_can_be_asked_for_by_its_name() -> None:
    command = (sys.executable, str(BENCHMARKS / "run.py"), "--only=nonsense")
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    rows = "scheduling, list, check, no-op, change, bake, memory, cold, growth"
    assert f"nonsense: not one of {rows}" in ended.stderr
