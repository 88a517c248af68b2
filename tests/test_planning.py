"""What a wish selects, where the past counts: real repositories of git, and no engine."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from monorepos import OURS, settings
from repositories import git, new_repository, write
from yard import NOBODY

from build_config.commands.planning import Wish, plan_for
from build_config.errors import UsageError
from build_config.streams import Streams


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DOCKER_HOST", NOBODY)
    return new_repository(tmp_path / "repository", OURS)


def selected(root: Path, *connector: str, since: str = "main") -> frozenset[str]:
    streams = Streams(out=io.StringIO(), notes=io.StringIO(), environ={})
    wish = Wish(connector=connector, changed_since=since, engine_needed=False)
    return plan_for(settings(root), streams, wish).selected


def test_nothing_changed_and_nothing_is_selected(root: Path) -> None:
    write(root, {"README.md": "about no connector\n"})
    assert selected(root) == frozenset()


def test_that_nothing_changed_is_said(root: Path) -> None:
    notes = io.StringIO()
    streams = Streams(out=io.StringIO(), notes=notes, environ={})
    plan_for(settings(root), streams, Wish(changed_since="main", engine_needed=False))
    assert notes.getvalue() == "nothing changed since `main`\n"


def test_a_connector_that_changed_is_selected(root: Path) -> None:
    write(root, {"connectors/source-a/acceptance-test-config.yml": "\n"})
    assert selected(root) == {"source-a"}


def test_a_file_that_was_removed_is_a_change(root: Path) -> None:
    (root / "connectors/source-a/main.py").unlink()
    assert selected(root) == {"source-a"}


def test_what_stands_on_a_changed_base_is_selected(root: Path) -> None:
    write(root, {"connectors/bases/base-python/new.txt": "\n"})
    assert selected(root) == {"base-python", "source-a", "destination-b"}
    assert selected(root, "source-*") == {"source-a"}


def test_what_others_changed_on_the_branch_meanwhile_does_not_count(root: Path) -> None:
    git(root, "checkout", "--quiet", "-b", "mine")
    write(root, {"connectors/source-a/main.py": "print(1)\n"})
    git(root, "commit", "--quiet", "--all", "--message=mine")
    git(root, "checkout", "--quiet", "main")
    write(root, {"connectors/destination-b/requirements.txt": "six\n"})
    git(root, "commit", "--quiet", "--all", "--message=theirs")
    git(root, "checkout", "--quiet", "mine")
    assert selected(root) == {"source-a"}


def test_a_ref_that_git_does_not_know(root: Path) -> None:
    with pytest.raises(UsageError, match="--changed-since=nowhere"):
        selected(root, since="nowhere")
    with pytest.raises(UsageError, match="--changed-since="):
        selected(root, since="")
