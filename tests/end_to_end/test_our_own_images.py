"""The connectors of this repository: built from nothing but their sources, they speak."""

from __future__ import annotations

import json
import shutil
import time
from typing import TYPE_CHECKING

import pytest
from yard import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

    from engine_under_test import Engine
    from yard import Yard

pytestmark = [
    pytest.mark.engine,
    pytest.mark.timeout(900),  # the first time pip fetches what base-python is made of
]

PARTS = ("bases/base-python", "source-file")
NOT_SOURCES = shutil.ignore_patterns(".*_cache", "__pycache__", ".venv", "*.egg-info")


def copy(yard: Yard) -> None:
    """The same sources under other image names: whoever runs the tests keeps his images."""
    for part in PARTS:
        place = yard.root / "connectors" / part
        shutil.copytree(PROJECT / "connectors" / part, place, ignore=NOT_SOURCES)
        rename(place / "Dockerfile", yard.namespace)
    yard.commit({})


def rename(dockerfile: Path, namespace: str) -> None:
    text = dockerfile.read_text()
    dockerfile.write_text(text.replace("connectoryard/", f"{namespace}/"))


def test_source_file_says_its_spec_and_a_second_build_has_nothing_to_do(
    yard: Yard, engine: Engine
) -> None:
    copy(yard)
    first = yard.invoke("build", within=800)
    assert first.code == 0, first
    said = engine.output(yard.image("source-file"), "spec").splitlines()
    assert len(said) == 1
    message = json.loads(said[0])
    assert message["type"] == "SPEC"
    assert message["spec"]["connectionSpecification"]["type"] == "object"
    assert min(seconds_of_a_second_build(yard) for _ in range(3)) < 1


def seconds_of_a_second_build(yard: Yard) -> float:
    begin = time.monotonic()
    finished = yard.invoke("build")
    assert "everything is up to date: 2 images" in finished.out, finished
    return time.monotonic() - begin
