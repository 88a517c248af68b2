"""The connectors of this repository: built from nothing but their sources, they speak."""

from __future__ import annotations

import json
import resource
import shutil
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
    assert seconds_of_a_second_build(yard) < 1


def seconds_of_a_second_build(yard: Yard) -> float:
    """Of processors, git's included: on a machine that does nothing else it takes no longer."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    finished = yard.invoke("build")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert "everything is up to date: 2 images" in finished.out, finished
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
