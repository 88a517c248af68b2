"""The Java connectors of this repository, from their sources alone: Gradle, then the engine."""

from __future__ import annotations

import json
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
    pytest.mark.timeout(900),  # the first time Gradle fetches what the connectors are made of
]

GRADLE_FILES = ("settings.gradle", "build.gradle")
PARTS = ("bases/base-java", "destination-csv")
LIBRARY = "connectors/bases/base-java/src/main/java/dev/connectoryard/connector/Json.java"
NOT_SOURCES = shutil.ignore_patterns("build", ".gradle", "bin", "out")


@pytest.fixture
def java(yard: Yard) -> Yard:
    """The same sources under other image names: whoever runs the tests keeps his images."""
    for name in GRADLE_FILES:
        shutil.copy(PROJECT / name, yard.root)
    for part in PARTS:
        place = yard.root / "connectors" / part
        shutil.copytree(PROJECT / "connectors" / part, place, ignore=NOT_SOURCES)
        rename(place / "Dockerfile", yard.namespace)
    yard.commit({".gitignore": ".gradle/\nbuild/\n.yard/\n"})
    return yard


def rename(dockerfile: Path, namespace: str) -> None:
    text = dockerfile.read_text()
    dockerfile.write_text(text.replace("connectoryard/", f"{namespace}/"))


def test_a_change_of_the_library_builds_its_users_again_and_says_why(
    java: Yard, engine: Engine
) -> None:
    first = java.invoke("build", "--progress=plain", within=800)
    assert first.code == 0, first
    (said,) = engine.output(java.image("destination-csv"), "spec").splitlines()
    assert json.loads(said)["spec"]["supported_destination_sync_modes"] == ["append", "overwrite"]
    assert "everything is up to date: 2 images" in java.invoke("build").out

    (java.root / LIBRARY).write_text((java.root / LIBRARY).read_text() + "// more\n")
    seen = LIBRARY.replace("connectors/", "../", 1)
    assert f"`{seen}` changed" in java.invoke("why", "--connector=destination-csv").out
    assert java.build() == ["gradle distributions", "destination-csv"]


def test_the_same_sources_give_the_same_jars(java: Yard) -> None:
    assert java.invoke("check", within=800).code in {0, 1}  # the copy has no definitions
    once = jars(java.root)
    for part in PARTS:
        shutil.rmtree(java.root / "connectors" / part / "build")
    java.invoke("check", within=800)
    assert jars(java.root) == once
    assert {name.rpartition("-")[0] for name in once} >= {"base-java", "destination-csv"}


def jars(root: Path) -> dict[str, bytes]:
    found = root.glob("connectors/destination-csv/build/image/*/*.jar")
    return {path.name: path.read_bytes() for path in found}
