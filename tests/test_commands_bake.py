"""`invoke bake` as a person meets it: what it prints, notes and refuses, without an engine."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
import repositories
from monorepos import OURS, settings

from build_config.commands.bake import bake
from build_config.errors import RepositoryError, UsageError
from build_config.streams import Streams

NO_FINGERPRINT = "these images carry no fingerprint: `invoke build` does not take them for its own"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = repositories.new_repository(tmp_path / "repository", OURS)
    monkeypatch.chdir(made)
    return made


def run(root: Path, *connector: str, **changes: Any) -> tuple[dict[str, Any], list[str]]:
    """The document that it prints, and its notes."""
    out, notes = io.StringIO(), io.StringIO()
    streams = Streams(out=out, notes=notes, environ={})
    made = settings(root, **{"ca_bundle": "none", **changes})
    assert bake(made, streams, connector=connector, show=True) == 0
    return json.loads(out.getvalue()), notes.getvalue().splitlines()


def test_what_is_selected_comes_with_all_that_it_stands_on(root: Path) -> None:
    document, notes = run(root, "source-a")
    assert document["group"]["default"]["targets"] == ["base-python", "source-a"]
    assert notes == [NO_FINGERPRINT]


def test_the_labels_are_those_of_a_build_here_but_for_the_fingerprints(root: Path) -> None:
    repositories.write(root, {"connectors/source-a/main.py": "print(1)\n"})
    labels = run(root, "source-a")[0]["target"]["source-a"]["labels"]
    assert labels.pop("org.opencontainers.image.created")
    assert labels == {
        "io.airbyte.name": "connectoryard/source-a",
        "io.airbyte.version": "1.2.3",
        "org.opencontainers.image.version": "1.2.3",
        "org.opencontainers.image.revision": f"{repositories.git(root, 'rev-parse', 'HEAD')}-dirty",
    }


def test_without_print_it_says_who_builds(root: Path) -> None:
    streams = Streams(out=io.StringIO(), notes=io.StringIO(), environ={})
    with pytest.raises(UsageError, match="`--print` is missing") as caught:
        bake(settings(root), streams, connector=(), show=False)
    assert "`invoke build` builds here" in caught.value.hint


@pytest.mark.parametrize(
    "path", ["secrets/config.json", ".env", "package/.env", ".git/config", ".yard/x"]
)
def test_what_never_enters_an_image_is_not_handed_to_who_would_send_it(
    root: Path, path: str
) -> None:
    repositories.write(root, {f"connectors/source-a/{path}": "x"})
    with pytest.raises(RepositoryError) as caught:
        run(root)
    assert caught.value.defects == (
        f"bake would send `connectors/source-a/{path}`: the ignore file lets it through",
    )
    assert run(root, "destination-b")
    repositories.write(
        root, {"connectors/source-a/.dockerignore": "secrets\n**/.env\n**/.git\n.yard\n"}
    )
    assert run(root, "source-a")


def test_all_that_would_be_sent_is_told_at_once(root: Path) -> None:
    repositories.write(
        root,
        {
            "connectors/source-a/secrets/a": "x",
            "connectors/source-a/secrets/b": "x",
            "connectors/bases/base-python/.env": "x",
        },
    )
    with pytest.raises(RepositoryError) as caught:
        run(root)
    why = "the ignore file lets it through"
    assert caught.value.defects == (
        f"bake would send `connectors/bases/base-python/.env`: {why}",
        f"bake would send `connectors/source-a/secrets/a` and 1 more: {why}",
    )


def test_elsewhere_it_says_where_to_run_bake(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root / "connectors")
    assert run(root)[1][0] == f"its paths start at `{root}`: run bake there"


def test_gradle_has_to_run_before(root: Path) -> None:
    repositories.write(
        root,
        {
            "connectors/source-a/Dockerfile": "FROM scratch\nCOPY build/distributions/a.tar /\n",
            "connectors/source-a/build.gradle": "\n",
            "gradlew": "",
        },
    )
    assert run(root)[1][0] == (
        "bake runs no Gradle: first `./gradlew :connectors:source-a:distTar`"
    )


def test_files_outside_of_the_repository_have_to_be_allowed(root: Path, tmp_path: Path) -> None:
    text = "FROM scratch\nRUN --mount=type=secret,id=ca-bundle x\n"
    repositories.write(root, {"connectors/source-a/Dockerfile": text})
    bundle = tmp_path / "bundle.pem"
    document, notes = run(root, ca_bundle=str(bundle), secrets={"unused": {"src": "/etc/unused"}})
    assert document["target"]["source-a"]["secret"] == [f"id=ca-bundle,src={bundle}"]
    assert notes[0] == (
        "it reads secrets from outside of the repository: "
        f"allow it with `docker buildx bake --allow=fs.read={bundle} --file=-`"
    )


def test_nothing_selected_is_an_empty_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = repositories.new_repository(tmp_path / "empty", {"connectors/.keep": ""})
    monkeypatch.chdir(empty)
    document, notes = run(empty)
    assert document == {"group": {"default": {"targets": []}}, "target": {}}
    assert notes == ["nothing is selected"]
