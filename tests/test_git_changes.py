from __future__ import annotations

from pathlib import Path

from repositories import git, new_repository

from build_config import git_changes


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
