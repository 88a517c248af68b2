"""Files that hold the old content or the new, and nothing beside them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from build_config.atomic_files import rewrite, write_text


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


@pytest.mark.parametrize("durable", [True, False])
def test_the_new_content_is_all_there_is(tmp_path: Path, *, durable: bool) -> None:
    file = tmp_path / "not" / "there" / "file"
    for text in ("a longer text\n", "short ü\n"):
        write_text(file, text, durable=durable)
        assert file.read_text(encoding="utf-8") == text
    assert list(file.parent.iterdir()) == [file]


def test_what_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError):
        write_text(tmp_path / "folder", "text")
    with pytest.raises(UnicodeEncodeError):
        write_text(tmp_path / "file", "\ud800")
    assert list(tmp_path.iterdir()) == [tmp_path / "folder"]


def test_a_record_of_ours_is_its_owners(tmp_path: Path) -> None:
    write_text(tmp_path / "file", "text")
    assert mode(tmp_path / "file") == 0o600


def test_a_file_of_somebodys_keeps_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "run.sh"
    file.write_text("old")
    file.chmod(0o755)
    rewrite(file, b"new\xff")
    assert (file.read_bytes(), mode(file)) == (b"new\xff", 0o755)


def test_a_new_file_of_somebodys_is_as_any_new_file(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        rewrite(tmp_path / "file", b"text")
        after = os.umask(0o027)
    finally:
        os.umask(before)
    assert (mode(tmp_path / "file"), after) == (0o640, 0o027)


def test_a_link_to_a_file_of_somebodys_stays_one(tmp_path: Path) -> None:
    file, link = tmp_path / "elsewhere" / "file", tmp_path / "link"
    file.parent.mkdir()
    link.symlink_to("elsewhere/file")
    for text in (b"new, where the link led to nothing", b"newer"):
        rewrite(link, text)
        assert (link.is_symlink(), file.read_bytes()) == (True, text)


def test_a_pipe_gets_the_text_and_stays_one(tmp_path: Path) -> None:
    """As `/dev/stdout` is one, and `/dev/null` a device: whose name root could take away."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        rewrite(pipe, b"text")
        assert (os.read(reading, 100), pipe.is_fifo()) == (b"text", True)
    finally:
        os.close(reading)
