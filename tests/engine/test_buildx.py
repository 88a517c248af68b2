"""What `docker buildx bake` makes of our file: it takes it, and the images have the same files."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from engine_under_test import Engine
    from yard import Yard

_FIRST_WITH_CONTEXTS = 23
"""The first Docker Engine whose BuildKit knows contexts that stand for images."""


def _has_buildx() -> bool:
    try:
        asked = subprocess.run(("docker", "buildx", "version"), capture_output=True, check=False)
    except OSError:
        return False
    return asked.returncode == 0


pytestmark = pytest.mark.skipif(not _has_buildx(), reason="`docker buildx` is not installed")


@pytest.fixture
def state(tmp_path: Path) -> dict[str, str]:
    """Where buildx keeps what it remembers, and the build's secret."""
    return {"BUILDX_CONFIG": str(tmp_path / "buildx"), "WORD": "secret-word"}


def _bake(yard: Yard, state: dict[str, str], *words: str) -> str:
    """Hand it the file as a person would; what it printed."""
    file = yard.invoke("bake", "--print")
    assert file.code == 0, str(file)
    done = subprocess.run(
        ["docker", "buildx", "bake", "--file=-", *words],
        cwd=yard.root,
        env={**os.environ, **state, "DOCKER_HOST": yard.engine},
        input=file.out,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _fill(yard: Yard, shell: str) -> None:
    yard.settings(
        "ca_bundle: none\n"
        "secrets: {word: {env: WORD}}\n"
        "images: {source-b: {build_args: {ODD: '$${A} ${B} %{if} 100%'}}}\n"
    )
    yard.commit(
        {
            "connectors/bases/base-a/Dockerfile": (
                f"FROM {shell}\nRUN --mount=type=secret,id=word cat /run/secrets/word > /word\n"
            ),
            "connectors/source-b/Dockerfile": (
                f"FROM docker.io/{yard.image('base-a')}\n"
                f"COPY --from={yard.image('base-a')} /word /copied\n"
                "ARG ODD\nENV ODD=$ODD\n"
                'RUN echo "$ODD" > /odd\n'
                "COPY . /src/\n"
            ),
            "connectors/source-b/.dockerignore": "secrets\n*.md\n",
            "connectors/source-b/README.md": "prose",
            "connectors/source-b/main.py": "print()\n",
            "connectors/source-b/secrets/config.json": "{}",
            ".gitignore": "secrets\n",
        }
    )


def test_bake_takes_the_file(repository: Yard, state: dict[str, str]) -> None:
    _fill(repository, "busybox:1")
    said = json.loads(_bake(repository, state, "--print"))
    assert said["group"]["default"]["targets"] == ["base-a", "source-b"]
    base = repository.image("base-a")
    assert said["target"]["source-b"]["contexts"] == {base: "target:base-a"}


@pytest.mark.engine
@pytest.mark.long
def test_a_baked_image_has_the_files_of_one_that_is_built_here(
    yard: Yard, state: dict[str, str], shell: str, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = str(engine.client.version()["Version"])
    if int(version.partition(".")[0]) < _FIRST_WITH_CONTEXTS:
        pytest.skip(f"the engine is {version}: its builder knows no contexts by name")
    _fill(yard, shell)
    monkeypatch.setenv("WORD", state["WORD"])
    assert yard.build() == ["base-a", "source-b"]
    ours, labels = engine.files(yard.image("source-b")), engine.labels(yard.image("source-b"))
    engine.client.images.remove(yard.image("source-b"), force=True)
    engine.client.images.remove(yard.image("base-a"), force=True)
    _bake(yard, state, "--no-cache")
    theirs = engine.files(yard.image("source-b"))
    assert ours["odd"] == b"$${A} ${B} %{if} 100%\n"
    assert ours["copied"] == b"secret-word"
    assert theirs == ours
    own = {name for name in labels if name.startswith("dev.connectoryard.")}
    assert engine.labels(yard.image("source-b")).keys() == labels.keys() - own
    assert yard.plan()["source-b"][0] == "build"
