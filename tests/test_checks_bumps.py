from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import repositories
import well_kept
from monorepos import settings

from build_config.checks.inspection import inspect
from build_config.defect import Defect
from build_config.errors import UsageError

A, B = "connectors/source-a", "connectors/source-b"
ON_ITS_OWN = "FROM python:3.11\nLABEL io.airbyte.version=1.0.0\n"
BUMPS = ("not-bumped", "base-changed")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two sources on a base, and a base that nobody stands on; `main` is where work starts."""
    files = well_kept.repository("source-a", "source-b")
    files["connectors/bases/base-x/Dockerfile"] = ON_ITS_OWN
    repositories.new_repository(tmp_path, files)
    repositories.git(tmp_path, "switch", "--quiet", "--create=work")
    return tmp_path


def changed(root: Path, path: str, edit: Callable[[str], str]) -> None:
    (root / path).write_text(edit((root / path).read_text()))


def found(root: Path, ref: str = "main") -> list[Defect]:
    return [d for d in inspect(settings(root), since=ref).defects if d.rule in BUMPS]


def bump(text: str) -> str:
    return text.replace("version=1.2.0", "version=1.3.0").replace("2.0.0", "2.1.0")


def test_nothing_changed(root: Path) -> None:
    assert found(root) == []


@pytest.mark.parametrize("committed", [True, False])
def test_shipped_content_that_changed_needs_a_version(root: Path, *, committed: bool) -> None:
    changed(root, f"{A}/main.py", lambda text: text + "print(2)\n")
    if committed:
        repositories.git(root, "commit", "--quiet", "--all", "--message=more")
    (only,) = found(root)
    assert (only.connector, only.rule) == ("source-a", "not-bumped")
    assert (only.path, only.line) == (f"{A}/Dockerfile", 10)
    assert only.message == "`main.py` changed since `main`, the version is `1.2.0` as it was"


def test_who_raised_the_version_is_fine(root: Path) -> None:
    changed(root, f"{A}/main.py", lambda text: text + "print(2)\n")
    changed(root, f"{A}/Dockerfile", bump)
    assert found(root) == []


def test_what_is_not_shipped_needs_no_version(root: Path) -> None:
    changed(root, f"{A}/metadata.yaml", lambda text: text + "# more\n")
    repositories.write(root, {f"{A}/notes.txt": "new\n", f"{A}/.dockerignore": "*\n!main.py\n#\n"})
    assert found(root) == []


def test_a_new_file_and_one_that_is_gone_count(root: Path) -> None:
    changed(root, f"{A}/.dockerignore", lambda text: text + "!more.py\n")
    repositories.write(root, {f"{A}/more.py": "new\n"})
    (root / f"{B}/main.py").unlink()
    assert [d.message.partition(" changed")[0] for d in found(root)] == ["`more.py`", "`main.py`"]


def test_an_ignore_file_alone_can_change_what_is_shipped(root: Path) -> None:
    changed(root, f"{A}/.dockerignore", lambda text: text + "!metadata.yaml\n")
    (only,) = found(root)
    assert only.message.startswith("`metadata.yaml` changed since `main`")


def test_a_base_that_changed_counts_for_what_stands_on_it(root: Path) -> None:
    path = f"{well_kept.BASE}/Dockerfile"
    changed(root, path, lambda text: bump(text) + "RUN true\n")
    changed(root, f"{B}/Dockerfile", bump)
    (only,) = found(root)
    assert (only.connector, only.rule) == ("source-a", "base-changed")
    assert only.message.startswith("`base-python` below it changed since `main`")


def test_a_base_that_was_not_bumped_is_named_with_its_dependents(root: Path) -> None:
    changed(root, f"{well_kept.BASE}/Dockerfile", lambda text: text + "RUN true\n")
    assert [(d.connector, d.rule) for d in found(root)] == [
        ("base-python", "not-bumped"), ("source-a", "base-changed"), ("source-b", "base-changed"),
    ]  # fmt: skip


def test_a_new_connector_has_nothing_to_raise(root: Path) -> None:
    repositories.write(root, well_kept.connector("source-new"))
    assert found(root) == []


def test_what_main_did_meanwhile_is_not_ours(root: Path) -> None:
    repositories.git(root, "switch", "--quiet", "main")
    changed(root, f"{A}/main.py", lambda text: text + "print(2)\n")
    repositories.git(root, "commit", "--quiet", "--all", "--message=theirs")
    repositories.git(root, "switch", "--quiet", "work")
    assert found(root) == []


def test_the_repository_may_be_a_folder_of_a_larger_one(tmp_path: Path) -> None:
    files = {f"yard/{p}": text for p, text in well_kept.repository("source-a").items()}
    repositories.new_repository(tmp_path, files)
    (tmp_path / "other.py").write_text("")
    changed(tmp_path, f"yard/{A}/main.py", lambda text: text + "print(2)\n")
    (only,) = found(tmp_path / "yard", "HEAD")
    assert only.path == f"{A}/Dockerfile"


@pytest.mark.parametrize("ref", ["nowhere", "--all", ""])
def test_a_ref_that_is_none_is_refused(root: Path, ref: str) -> None:
    with pytest.raises(UsageError, match="--changed-since"):
        found(root, ref)


def test_without_git_there_is_no_past(tmp_path: Path) -> None:
    repositories.write(tmp_path, well_kept.repository("source-a"))
    with pytest.raises(UsageError, match="not a git repository"):
        found(tmp_path)
