"""What git knows, asked of real repositories in every state that a file can be in."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest
from repositories import git, new_repository, write

from build_config.errors import YardError
from build_config.git import Snapshot, head, remote_url, snapshot

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


def take(root: Path) -> Snapshot:
    taken = snapshot(root)
    assert taken is not None
    return taken


def clean(root: Path, directory: str = ".") -> list[str]:
    return [path for path, _, _ in take(root).clean(directory)]


def test_clean_files_come_with_mode_and_blob_id(tmp_path: Path) -> None:
    root = new_repository(tmp_path, {"a": "text", "b/run": "#!"})
    (root / "b" / "run").chmod(0o755)
    (root / "link").symlink_to("a")
    git(root, "add", "--all")
    assert list(take(root).clean(".")) == [
        ("a", 0o100644, git(root, "hash-object", "a")),
        ("b/run", 0o100755, git(root, "hash-object", "b/run")),
        ("link", 0o120000, git(root, "rev-parse", ":link")),
    ]
    assert take(root).unclean(".") == []


def test_a_directory_is_not_its_neighbour(tmp_path: Path) -> None:
    names = ["ab/x", "a/y", "a-b/x", "a.x", "a/b/c", "a0/x", "é/x"]
    root = new_repository(tmp_path, dict.fromkeys(names, ""))
    assert clean(root, "a") == ["b/c", "y"]
    assert clean(root, "a/b") == ["c"]
    assert clean(root, "é") == ["x"]
    assert clean(root, "b") == []
    assert len(clean(root, "")) == len(names)


def test_every_state_of_a_file_that_differs_has_to_be_read(tmp_path: Path) -> None:
    names = ["modified", "staged", "both", "gone", "assumed", "skipped", "typed", "removed", "kept"]
    root = new_repository(tmp_path, dict.fromkeys(names, "") | {".gitignore": "*.log\ncache/\n"})
    write(root, dict.fromkeys(("modified", "staged", "both", "untracked", "intended"), "new"))
    write(root, {"out.log": "", "cache/deep/x": "", "folder/x": "", "folder/deep/y": ""})
    git(root, "add", "staged", "both")
    git(root, "add", "--intent-to-add", "intended")
    git(root, "update-index", "--assume-unchanged", "assumed")
    git(root, "update-index", "--skip-worktree", "skipped")
    write(root, {"both": "newer", "assumed": "other", "skipped": "other"})
    (root / "gone").unlink()
    (root / "typed").unlink()
    (root / "typed").symlink_to("kept")
    git(root, "rm", "--quiet", "removed")
    assert clean(root) == [".gitignore", "kept", "staged"]
    unhashed = ["assumed", "both", "folder/deep/y", "folder/x", "intended", "modified", "skipped"]
    assert take(root).unclean(".", ignored=False) == [*unhashed, "typed", "untracked"]
    assert take(root).unclean(".") == [*unhashed, "typed", "untracked", "cache/", "out.log"]
    assert take(root).unclean("cache/deep") == [""]
    assert take(root).unclean("cache/deep", ignored=False) == []
    assert take(root).unclean("folder") == ["deep/y", "x"]


def test_a_staged_file_has_the_id_of_what_is_on_disk(tmp_path: Path) -> None:
    root = new_repository(tmp_path, {"a": "old"})
    write(root, {"a": "new"})
    git(root, "add", "a")
    assert list(take(root).clean(".")) == [("a", 0o100644, git(root, "hash-object", "a"))]


def test_conflicts_have_to_be_read(tmp_path: Path) -> None:
    root = new_repository(tmp_path, {"a": "1\n", "gone": "1\n"})
    git(root, "checkout", "--quiet", "-b", "side")
    write(root, {"a": "2\n", "gone": "2\n"})
    git(root, "commit", "--quiet", "--all", "--message=side")
    git(root, "checkout", "--quiet", "main")
    write(root, {"a": "3\n"})
    git(root, "rm", "--quiet", "gone")
    git(root, "commit", "--quiet", "--all", "--message=main")
    git(root, "merge", "side", fails=True)
    assert clean(root) == []
    assert take(root).unclean(".") == ["a", "gone"]


def test_submodules_and_repositories_inside_are_folders_to_walk(tmp_path: Path) -> None:
    new_repository(tmp_path / "other", {"x": ""})
    root = new_repository(tmp_path / "root", {"a": ""})
    git(root, "submodule", "--quiet", "add", str(tmp_path / "other"), "sub")
    git(root, "commit", "--quiet", "--message=sub")
    new_repository(root / "nested", {"y": ""})
    assert clean(root) == [".gitmodules", "a"]
    assert take(root).unclean(".") == ["nested/", "sub/"]
    assert take(root).unclean("sub/folder") == [""]
    assert take(root).unclean("nested") == [""]
    assert not take(root).is_dirty("sub")
    write(root / "sub", {"new": "new"})
    assert take(root).unclean(".") == ["nested/", "sub/"]
    assert take(root).is_dirty("sub"), "what is in it is not committed"
    assert take(root).is_dirty("sub/folder")


def test_a_worktree_is_a_repository(tmp_path: Path) -> None:
    root = new_repository(tmp_path / "root", {"a": ""})
    git(root, "worktree", "add", "--quiet", str(tmp_path / "tree"))
    assert clean(tmp_path / "tree") == ["a"]


def test_the_root_may_be_a_folder_of_the_repository(tmp_path: Path) -> None:
    names = dict.fromkeys(["r/a/x", "r/b", "s/c", ".gitignore"], "")
    root = new_repository(tmp_path, names) / "r"
    write(root, {"a/x": "new", "new": "", "a/y.log": ""})
    write(tmp_path, {"s/c": "new", ".gitignore": "*.log"})
    assert clean(root) == ["b"]
    assert take(root).unclean(".") == ["a/x", "new", "a/y.log"]
    assert take(root).unclean("a") == ["x", "y.log"]


@pytest.mark.parametrize("rule", ["r/", "r/s/", "*"])
def test_all_of_an_ignored_root_has_to_be_read(tmp_path: Path, rule: str) -> None:
    root = new_repository(tmp_path, {".gitignore": rule})
    write(root, {"r/s/a/x": ""})
    taken = take(root / "r" / "s")
    assert taken.unclean("a") in ([""], ["x"])
    assert taken.unclean("a", ignored=False) == []


def test_names_may_have_any_bytes(tmp_path: Path) -> None:
    names = [
        "a b",
        "new\nline",
        "tab\t",
        'quote"',
        "é",
        "\udcff",
        "-x",
        "back\\slash",
        "😀",
        "\ufffd",
    ]
    root = new_repository(tmp_path, dict.fromkeys((f"d/{name}" for name in names[:5]), ""))
    write(root, dict.fromkeys((f"d/{name}" for name in names[5:]), ""))
    taken = take(root)
    found = [path for path, _, _ in taken.clean("d")] + taken.unclean("d")
    assert sorted(found) == sorted(names)


def test_sha256_repositories_say_so(tmp_path: Path) -> None:
    taken = take(new_repository(tmp_path, {"a": ""}, "--object-format=sha256"))
    assert taken.hash_name == "sha256"
    assert len(next(taken.clean("."))[2]) == 64


@pytest.mark.parametrize(
    "attributes", ["*.x filter=lfs -text", "*.x ident", "*.x working-tree-encoding=UTF-16LE"]
)
def test_what_git_rewrites_has_to_be_read(tmp_path: Path, attributes: str) -> None:
    root = new_repository(tmp_path, {"d/.gitattributes": attributes, "d/a.x": "a\n", "b.x": "a\n"})
    assert clean(root) == ["b.x", "d/.gitattributes"]
    assert take(root).unclean(".") == ["d/a.x"]


@pytest.mark.parametrize(
    "attributes", ["*.x text", "*.x text=auto", "*.x eol=crlf", "*.x crlf", "* text=auto eol=lf"]
)
def test_files_have_to_be_read_where_git_changed_their_line_ends(
    tmp_path: Path, attributes: str
) -> None:
    files = {"d/.gitattributes": f"{attributes}\n", "d/a.x": "a\n", "d/b.x": "a\n", "d/new\n.x": ""}
    root = new_repository(tmp_path, files)
    write(root, {"d/b.x": "a\r\n"})
    git(root, "add", "--all")
    assert git(root, "status", "--porcelain") == ""
    assert clean(root) == ["d/.gitattributes", "d/a.x", "d/new\n.x"]
    assert take(root).unclean(".") == ["d/b.x"]


def test_binary_files_are_not_converted(tmp_path: Path) -> None:
    attributes = "*.jar binary\n*.png -text diff=x\n*.txt linguist-vendored\n"
    root = new_repository(tmp_path, {".gitattributes": attributes, "a.jar": "", "b.png": ""})
    assert clean(root) == [".gitattributes", "a.jar", "b.png"]


@pytest.mark.parametrize("value", ["true", "input", "True"])
def test_autocrlf_is_a_change_of_line_ends_too(tmp_path: Path, value: str) -> None:
    root = new_repository(tmp_path, {"a": "\n", "b": "\n"})
    git(root, "config", "core.autocrlf", value)
    write(root, {"b": "\r\n"})
    git(root, "add", "--all")
    assert clean(root) == ["a"]
    assert take(root).unclean(".") == ["b"]


def test_dirty_is_what_differs_from_head(tmp_path: Path) -> None:
    root = new_repository(tmp_path, {"a/x": "", "b/x": "", ".gitignore": "*.log"})
    write(root, {"a/x.log": ""})
    assert not take(root).is_dirty()
    (root / "b" / "x").unlink()
    assert take(root).is_dirty()
    assert take(root).is_dirty("b")
    assert not take(root).is_dirty("a")
    write(root, {"a/new": ""})
    assert take(root).is_dirty("a")


def test_a_staged_deletion_is_dirty(tmp_path: Path) -> None:
    root = new_repository(tmp_path, {"a/x": ""})
    git(root, "rm", "--quiet", "a/x")
    assert take(root).is_dirty("a")


def test_a_folder_outside_git_has_no_snapshot(tmp_path: Path) -> None:
    assert snapshot(tmp_path) is None
    assert head(tmp_path) is None
    assert remote_url(tmp_path) is None


def test_without_git_installed_there_is_no_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = new_repository(tmp_path, {"a": ""})
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    assert snapshot(root) is None
    assert head(root) is None


def test_a_repository_that_git_cannot_read_is_an_error(tmp_path: Path) -> None:
    root = new_repository(tmp_path, {"a": ""})
    (root / ".git" / "index").write_bytes(b"nonsense")
    with pytest.raises(YardError, match=r"git cannot read the repository at .*index"):
        snapshot(root)


def test_a_repository_of_someone_else_is_an_error_with_the_cure(tmp_path: Path) -> None:
    if os.geteuid():
        pytest.skip("only root can give a repository away")
    root = new_repository(tmp_path, {"a": ""})
    subprocess.run(["chown", "-R", "65534", str(root)], check=True)
    with pytest.raises(YardError, match="dubious ownership") as caught:
        snapshot(root)
    assert caught.value.hint.endswith(f"git config --global --add safe.directory {root}`")


def test_a_root_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(YardError, match="cannot change to"):
        snapshot(tmp_path / "none")


def test_the_variables_of_a_hook_do_not_mislead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = new_repository(tmp_path / "other", {"other": ""})
    root = new_repository(tmp_path / "root", {"a": ""})
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git" / "index"))
    assert clean(root) == ["a"]


def test_looking_takes_no_lock(tmp_path: Path) -> None:
    root = new_repository(tmp_path, {"a": ""})
    (root / ".git" / "index.lock").touch()
    os.utime(root / "a", (1, 1))
    assert clean(root) == ["a"]


def test_head_is_the_commit_and_none_before_the_first(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    assert head(tmp_path) is None
    assert snapshot(tmp_path) is not None
    new_repository(tmp_path, {"a": ""})
    assert head(tmp_path) == git(tmp_path, "rev-parse", "HEAD")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://example.com/o/r.git", "https://example.com/o/r.git"),
        ("https://user:secret@example.com/o/r", "https://example.com/o/r"),
        ("https://token@example.com:8443/o/r?token=x#y", "https://example.com:8443/o/r"),
        ("ssh://git:secret@example.com/o/r", "ssh://example.com/o/r"),
        ("git@example.com:o/r.git", "git@example.com:o/r.git"),
        ("/srv/git/r", None),
        ("../r", None),
        ("file:///srv/git/r", None),
    ],
)
def test_the_remote_is_shown_without_secrets(tmp_path: Path, url: str, shown: str | None) -> None:
    root = new_repository(tmp_path, {})
    assert remote_url(root) is None
    git(root, "remote", "add", "origin", url)
    assert remote_url(root) == shown
