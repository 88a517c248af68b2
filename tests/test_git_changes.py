from __future__ import annotations

from pathlib import Path

import pytest
from repositories import git, new_repository

from build_config import git_changes
from build_config.errors import UsageError


def test_texts_are_those_of_the_commit_and_what_is_no_file_has_none(tmp_path: Path) -> None:
    files = {"a b": "one\n", "empty": "", "folder/x": "in it", "odd \udcff": "\nblob 3\n\udcff"}
    root = new_repository(tmp_path, files)
    commit = git(root, "rev-parse", "HEAD")
    (root / "empty").write_text("later")
    wanted = ["empty", "folder", "is missing", "a b", "odd \udcff", "two\nlines", "folder/x"]
    assert git_changes.texts_at(root, commit, wanted) == {
        "empty": "",
        "a b": "one\n",
        "odd \udcff": "\nblob 3\n\N{REPLACEMENT CHARACTER}",
        "folder/x": "in it",
    }
    assert git_changes.texts_at(root / "folder", commit, ["x", "../empty"])["x"] == "in it"
    assert git_changes.texts_at(root, commit, []) == {}


@pytest.mark.parametrize("ref", ["nowhere", "--help", "", "HEAD~9", "HEAD^{tree}", "a..b", "a\nb"])
def test_what_is_no_commit_is_said_to_be_none(tmp_path: Path, ref: str) -> None:
    root = new_repository(tmp_path, {"a": ""})
    with pytest.raises(UsageError, match="there is no such commit here") as caught:
        git_changes.merge_base(root, ref)
    assert "git fetch --unshallow" in (caught.value.hint or "")


def test_a_shallow_clone_without_a_common_commit_is_told_how_to_deepen(tmp_path: Path) -> None:
    root = new_repository(tmp_path / "whole", {"a": ""})
    git(root, "branch", "side")
    git(root, "commit", "--quiet", "--allow-empty", "--message=more")
    url, clone = root.as_uri(), tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--depth=1", "--no-single-branch", url, str(clone))
    with pytest.raises(UsageError, match="no commit in common") as caught:
        git_changes.merge_base(clone, "origin/side")
    assert "git fetch --unshallow" in (caught.value.hint or "")
    git(clone, "fetch", "--quiet", "--unshallow")
    assert git_changes.merge_base(clone, "origin/side") == git(root, "rev-parse", "side")


def test_without_a_repository_there_is_no_past(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a git repository"):
        git_changes.merge_base(tmp_path, "HEAD")
