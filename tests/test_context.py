"""Which files enter a build and with which ids: what git says must be what the disk says."""

from __future__ import annotations

import os
import shutil
import tempfile
import tracemalloc
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from repositories import git, new_repository, write

from build_config.context import EXECUTABLE, REGULAR, SYMLINK, list_context, list_sources
from build_config.errors import RepositoryError
from build_config.git import snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

IMAGE = {"c/Dockerfile": "FROM scratch\n", "c/main.py": "1\n", "c/src/a.py": "2\n"}


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Make a folder that any user can look into, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


@contextmanager
def an_ordinary_user() -> Iterator[None]:
    """Give up, for a while, root's right to read everything."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def names(root: Path, directory: str = "c", *, by_git: bool = True) -> list[str]:
    taken = snapshot(root) if by_git else None
    return [file.path for file in list_context(root, directory, snapshot=taken)]


def sources(root: Path, *, by_git: bool = True) -> list[str]:
    taken = snapshot(root) if by_git else None
    return [file.path for file in list_sources(root, "c", snapshot=taken)]


def test_a_clean_file_has_the_id_that_git_gives_it(tmp_path: Path) -> None:
    root = new_repository(tmp_path, IMAGE)
    files = list_context(root, "c", snapshot=snapshot(root))
    assert [(file.path, file.mode, file.digest) for file in files] == [
        (path, REGULAR, git(root, "hash-object", f"c/{path}"))
        for path in ("Dockerfile", "main.py", "src/a.py")
    ]


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_git_and_the_disk_agree_on_every_kind_of_file(tmp_path: Path, object_format: str) -> None:
    many = {f"c/{name}": name for name in ("é", "a b", "a-b", "a/b", "a.b", "new\nline", "\udcff")}
    ignore = {
        "c/.dockerignore": "*.md\n!README.md\n**/*.pyc\nbuild\n",
        ".gitignore": "*.pyc\nout/\n",
    }
    root = new_repository(tmp_path, IMAGE | many | ignore, f"--object-format={object_format}")
    (root / "c" / "main.py").chmod(0o755)
    (root / "c" / "link").symlink_to("./src//a.py")
    git(root, "add", "--all")
    write(root, {"c/a b": "changed", "c/new": "x", "c/x.md": "", "c/README.md": "", "c/x.pyc": ""})
    write(root, {"c/out/ships": "", "c/out/deep/ships": "", "c/build/stays": "", "c/.env": ""})
    (root / "c" / "empty").mkdir()
    (root / "c" / "a.b").unlink()
    by_git = list_context(root, "c", snapshot=snapshot(root))
    assert [os.fsencode(file.path) for file in by_git] == sorted(
        os.fsencode(file.path) for file in by_git
    )
    if object_format == "sha1":
        assert by_git == list_context(root, "c", snapshot=None)
    assert {file.path: file.mode for file in by_git if file.mode != REGULAR} == {
        "main.py": EXECUTABLE,
        "link": SYMLINK,
    }
    expected = {"Dockerfile", "main.py", "src/a.py", ".dockerignore", "README.md", "link", "new"}
    expected |= {"out/ships", "out/deep/ships", "é", "a b", "a-b", "a/b", "new\nline", "\udcff"}
    assert {file.path for file in by_git} == expected
    ids = {file.path: file.digest for file in by_git}
    assert ids["a b"] == git(root, "hash-object", "c/a b")
    assert ids["link"] == git(root, "rev-parse", ":c/link")


def test_the_umask_changes_nothing(tmp_path: Path) -> None:
    root = new_repository(tmp_path, IMAGE)
    before = list_context(root, "c", snapshot=None)
    (root / "c" / "main.py").chmod(0o600)
    (root / "c" / "src").chmod(0o700)
    assert list_context(root, "c", snapshot=None) == before
    assert list_context(root, "c", snapshot=snapshot(root)) == before


def test_converted_files_have_the_id_of_the_bytes_on_disk(tmp_path: Path) -> None:
    root = new_repository(tmp_path, IMAGE | {".gitattributes": "*.py text eol=crlf\n"})
    (root / "c" / "main.py").write_bytes(b"1\r\n")
    git(root, "add", "--all")
    assert git(root, "status", "--porcelain") == ""
    by_git = list_context(root, "c", snapshot=snapshot(root))
    assert by_git == list_context(root, "c", snapshot=None)
    assert by_git[1].digest != git(root, "rev-parse", ":c/main.py")


def test_the_dockerfile_enters_even_when_it_is_excluded(tmp_path: Path) -> None:
    root = new_repository(tmp_path, IMAGE | {"c/.dockerignore": "*\n!src\n"})
    assert names(root) == ["Dockerfile", "src/a.py"]
    write(root, {"c/Dockerfile": "FROM other\n"})
    assert names(root) == names(root, by_git=False) == ["Dockerfile", "src/a.py"]


def test_files_of_submodules_and_of_repositories_inside_enter(tmp_path: Path) -> None:
    new_repository(tmp_path / "other", {"x": ""})
    root = new_repository(tmp_path / "root", IMAGE)
    git(root, "submodule", "--quiet", "add", str(tmp_path / "other"), "c/sub")
    new_repository(root / "c" / "nested", {"y": ""})
    assert names(root) == ["Dockerfile", "main.py", "nested/y", "src/a.py", "sub/x"]
    assert names(root) == names(root, by_git=False)
    git(root, "submodule", "--quiet", "deinit", "--force", "c/sub")
    assert names(root) == ["Dockerfile", "main.py", "nested/y", "src/a.py"]


def test_a_directory_that_git_ignores_or_links_to_is_read_from_disk(tmp_path: Path) -> None:
    root = new_repository(tmp_path, IMAGE | {".gitignore": "ignored/\n"})
    shutil.copytree(root / "c", root / "ignored")
    (root / "linked").symlink_to("c")
    git(root, "add", "--all")
    assert names(root, "ignored") == names(root, "linked") == names(root)


def test_links_out_of_the_context_are_all_named(tmp_path: Path) -> None:
    root = new_repository(tmp_path, IMAGE)
    targets = {
        "absolute": "/etc/passwd",
        "up": "../main.py",
        "src/up": "../../x",
        "src/fine": "../y",
    }
    for path, target in targets.items():
        (root / "c" / path).symlink_to(target)
    for _ in range(2):
        with pytest.raises(RepositoryError) as caught:
            names(root)
        assert caught.value.defects == (
            "`c/absolute` is a link to `/etc/passwd`, outside of the build context",
            "`c/src/up` is a link to `../../x`, outside of the build context",
            "`c/up` is a link to `../main.py`, outside of the build context",
        )
        assert "`.dockerignore`" in caught.value.hint
        git(root, "add", "--all")
    write(root, {"c/.dockerignore": "absolute\n**/up\n"})
    assert "src/fine" in names(root)


def test_what_is_neither_file_nor_link_is_named_and_does_not_hang(tmp_path: Path) -> None:
    root = new_repository(tmp_path, IMAGE | {".gitignore": "run/\n"})
    (root / "c" / "run").mkdir()
    os.mkfifo(root / "c" / "run" / "pipe")
    for by_git in (True, False):
        with pytest.raises(
            RepositoryError, match="`c/run/pipe` cannot enter a build: it is neither"
        ):
            names(root, by_git=by_git)
    write(root, {"c/.dockerignore": "run"})
    assert "run/pipe" not in names(root)


def test_a_tracked_file_that_became_a_fifo_is_named(tmp_path: Path) -> None:
    root = new_repository(tmp_path, IMAGE)
    (root / "c" / "main.py").unlink()
    os.mkfifo(root / "c" / "main.py")
    with pytest.raises(RepositoryError, match=r"`c/main.py` cannot enter a build"):
        names(root)


@pytest.mark.parametrize("by_git", [True, False])
def test_what_cannot_be_read_is_all_named(open_folder: Path, *, by_git: bool) -> None:
    write(open_folder, IMAGE | {"c/closed": "", "c/shut/x": ""})
    with an_ordinary_user():
        write(open_folder, {"mine": ""})
    if by_git:
        if not os.geteuid():
            shutil.chown(open_folder, 65534)
        with an_ordinary_user():
            git(open_folder, "init", "--quiet")
    (open_folder / "c" / "closed").chmod(0)
    (open_folder / "c" / "shut").chmod(0)
    with an_ordinary_user(), pytest.raises(RepositoryError) as caught:
        names(open_folder, by_git=by_git)
    assert caught.value.defects == (
        "`c/closed` cannot enter a build: permission denied",
        "`c/shut` cannot enter a build: permission denied",
    )
    write(open_folder, {"c/.dockerignore": "shut\nclosed"})
    with an_ordinary_user():
        assert names(open_folder, by_git=by_git)[1:] == ["Dockerfile", "main.py", "src/a.py"]
    (open_folder / "c" / "shut").chmod(0o700)


def test_messages_are_one_line_whatever_the_name(tmp_path: Path) -> None:
    root = new_repository(tmp_path, IMAGE)
    (root / "c" / "bad\nname\udcff").symlink_to("/x")
    with pytest.raises(RepositoryError, match=r"^`c/bad\\nname\\udcff` is a link to `/x`"):
        names(root)


def test_a_large_file_is_hashed_in_pieces(tmp_path: Path) -> None:
    root = new_repository(tmp_path, IMAGE)
    with (root / "c" / "large").open("wb") as file:
        file.truncate(64 * 1024 * 1024)
    tracemalloc.start()
    files = list_context(root, "c", snapshot=snapshot(root))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * 1024 * 1024
    assert files[1].digest == git(root, "hash-object", "c/large")


def test_sources_are_what_git_would_track_without_the_prose(tmp_path: Path) -> None:
    ignore = {".gitignore": "build/\n*.class\n", "c/.dockerignore": "src\n", "c/README.md": ""}
    root = new_repository(tmp_path, IMAGE | ignore | {"c/src/notes.md": ""})
    write(root, {"c/build/x.tar": "", "c/src/A.class": "", "c/src/new.java": "", "c/.env": ""})
    write(root, {"c/CHANGES.md": ""})
    expected = [
        ".dockerignore",
        "Dockerfile",
        "main.py",
        "src/a.py",
        "src/new.java",
        "src/notes.md",
    ]
    assert sources(root) == expected


def test_sources_without_git_leave_out_what_gradle_writes(tmp_path: Path) -> None:
    write(tmp_path, IMAGE | {"c/README.md": "", "c/src/build/a.java": ""})
    write(tmp_path, {f"c/{folder}/x": "" for folder in ("build", ".gradle", "out", "bin")})
    assert sources(tmp_path, by_git=False) == [
        "Dockerfile",
        "main.py",
        "src/a.py",
        "src/build/a.java",
    ]


def test_sources_of_a_directory_that_git_ignores_are_read_from_disk(tmp_path: Path) -> None:
    root = new_repository(tmp_path, {".gitignore": "c/\n"})
    write(root, IMAGE | {"c/build/x": ""})
    assert sources(root) == ["Dockerfile", "main.py", "src/a.py"]
