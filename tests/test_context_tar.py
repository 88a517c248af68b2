"""The tar of a context: the same bytes every time, readable by anyone, never held as a whole."""

from __future__ import annotations

import io
import os
import tarfile
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from repositories import write

from build_config.context import ContextFile, list_context
from build_config.context_tar import context_size, tar_stream
from build_config.errors import StepError

if TYPE_CHECKING:
    from pathlib import Path

CHUNK = 256 * 1024


def tar(root: Path) -> bytes:
    return b"".join(tar_stream(root, "c", list_context(root, "c", snapshot=None)))


def listing(root: Path) -> tuple[ContextFile, ...]:
    return list_context(root, "c", snapshot=None)


def test_the_tar_holds_the_files_with_their_folders_first(tmp_path: Path) -> None:
    write(tmp_path, {"c/Dockerfile": "FROM x\n", "c/a/b/c": "deep", "c/a-b": "1", "c/a/z": ""})
    (tmp_path / "c" / "run").write_text("#!")
    (tmp_path / "c" / "run").chmod(0o700)
    (tmp_path / "c" / "link").symlink_to("a/../run")
    with tarfile.open(fileobj=io.BytesIO(tar(tmp_path))) as archive:
        entries = archive.getmembers()
        assert [(entry.name, entry.mode, entry.type) for entry in entries] == [
            ("Dockerfile", 0o644, tarfile.REGTYPE),
            ("a-b", 0o644, tarfile.REGTYPE),
            ("a", 0o755, tarfile.DIRTYPE),
            ("a/b", 0o755, tarfile.DIRTYPE),
            ("a/b/c", 0o644, tarfile.REGTYPE),
            ("a/z", 0o644, tarfile.REGTYPE),
            ("link", 0o777, tarfile.SYMTYPE),
            ("run", 0o755, tarfile.REGTYPE),
        ]
        assert {(entry.uid, entry.gid, entry.mtime, entry.uname) for entry in entries} == {
            (0, 0, 0, "")
        }
        assert archive.getmember("link").linkname == "a/../run"
        content = archive.extractfile("a/b/c")
        assert content is not None
        assert content.read() == b"deep"


def test_the_bytes_do_not_depend_on_the_checkout(tmp_path: Path) -> None:
    files = {"c/Dockerfile": "FROM x\n", "c/a/b": "x" * 1000}
    write(tmp_path / "one", files)
    write(tmp_path / "two", dict(reversed(files.items())))
    (tmp_path / "two" / "c" / "a" / "b").chmod(0o600)
    os.utime(tmp_path / "two" / "c" / "a" / "b", (1, 1))
    assert tar(tmp_path / "one") == tar(tmp_path / "two")


@pytest.mark.parametrize(
    "name",
    [
        "x" * 99,
        "x" * 100,
        "x" * 101,
        "x" * 255,
        "d" * 200 + "/" + "x" * 200,
        "é" * 90,
        "\udcff",
        "😀\n",
    ],
)
def test_any_name_survives_without_pax_headers(tmp_path: Path, name: str) -> None:
    write(tmp_path, {f"c/{name}": "text"})
    (tmp_path / "c" / "link").symlink_to(name)
    content = tar(tmp_path)
    with tarfile.open(fileobj=io.BytesIO(content), errors="surrogateescape") as archive:
        assert archive.getmember(name).size == 4
        assert archive.getmember("link").linkname == name
        assert not any(entry.pax_headers for entry in archive.getmembers())
    assert content[257:265] == b"ustar  \0"


def test_files_above_8_gib_have_a_gnu_size(tmp_path: Path) -> None:
    size = 9 * 1024**3
    write(tmp_path, {"c/large": ""})
    os.truncate(tmp_path / "c" / "large", size)
    files = (ContextFile(path="large", mode=0o100644, digest="0" * 40),)
    first = next(iter(tar_stream(tmp_path, "c", files)))
    assert tarfile.TarInfo.frombuf(first[:512], "utf-8", "strict").size == size
    assert context_size(tmp_path, "c", files) == size + 3 * 512


def test_no_more_than_a_few_chunks_are_held(tmp_path: Path) -> None:
    write(tmp_path, {"c/large": ""} | {f"c/{number}": "x" for number in range(100)})
    os.truncate(tmp_path / "c" / "large", 64 * CHUNK)
    files = listing(tmp_path)
    tracemalloc.start()
    sizes = [len(chunk) for chunk in tar_stream(tmp_path, "c", files)]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert set(sizes[:-1]) == {CHUNK}
    assert peak < 8 * CHUNK
    assert sum(sizes) == context_size(tmp_path, "c", files)


def test_a_file_that_grows_is_cut_off(tmp_path: Path) -> None:
    write(tmp_path, {"c/a": "x" * 2 * CHUNK, "c/b": "end"})
    stream = tar_stream(tmp_path, "c", listing(tmp_path))
    content = next(stream)
    with (tmp_path / "c" / "a").open("a") as file:
        file.write("more")
    content += b"".join(stream)
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        assert [entry.size for entry in archive.getmembers()] == [2 * CHUNK, 3]


def test_a_file_that_shrinks_is_named(tmp_path: Path) -> None:
    write(tmp_path, {"c/a": "x" * 4 * CHUNK})
    stream = tar_stream(tmp_path, "c", listing(tmp_path))
    next(stream)
    os.truncate(tmp_path / "c" / "a", CHUNK)
    with pytest.raises(StepError, match=r"^`c/a` changed while it was sent: it shrank by"):
        list(stream)


def test_a_file_that_went_away_or_turned_into_something_else_is_named(tmp_path: Path) -> None:
    write(tmp_path, {"c/a": "x"})
    files = listing(tmp_path)
    (tmp_path / "c" / "a").unlink()
    with pytest.raises(StepError, match="`c/a` changed while it was sent: no such file"):
        list(tar_stream(tmp_path, "c", files))
    assert context_size(tmp_path, "c", files) == 3 * 512
    os.mkfifo(tmp_path / "c" / "a")
    with pytest.raises(StepError, match="`c/a` changed while it was sent: it is neither"):
        list(tar_stream(tmp_path, "c", files))


def test_a_file_edited_after_the_plan_is_not_sent_under_its_fingerprint(tmp_path: Path) -> None:
    write(tmp_path, {"c/Dockerfile": "FROM scratch\n", "c/a": "planned"})
    files = list_context(tmp_path, "c", snapshot=None)
    (tmp_path / "c" / "a").write_text("edited!")
    with pytest.raises(StepError, match=r"`c/a` changed while it was sent"):
        b"".join(tar_stream(tmp_path, "c", files))
