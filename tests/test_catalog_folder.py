from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from build_config.catalog.folder import MARKER, Written, write
from build_config.errors import UsageError

OLD = {"versions/a.json": b"old a", "versions/b.json": b"b", "registry.json": b"old"}
NEW = {"versions/a.json": b"new a", "versions/c.json": b"c", "registry.json": b"new"}


def content(folder: Path) -> dict[str, bytes]:
    """Every file but the marker."""
    files = (file for file in folder.rglob("*") if file.is_file() and file.name != MARKER)
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}


def test_the_folder_holds_exactly_the_documents(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    assert write(folder, OLD) == Written(written=3, unchanged=0, removed=0)
    assert content(folder) == OLD
    assert write(folder, NEW) == Written(written=3, unchanged=0, removed=1)
    assert content(folder) == NEW


def test_what_is_as_it_should_be_is_not_touched(tmp_path: Path) -> None:
    write(tmp_path, OLD)
    before = {path: (tmp_path / path).stat().st_mtime_ns for path in OLD}
    assert write(tmp_path, OLD) == Written(written=0, unchanged=3, removed=0)
    assert {path: (tmp_path / path).stat().st_mtime_ns for path in OLD} == before


def test_files_that_are_not_ours_stay(tmp_path: Path) -> None:
    write(tmp_path, OLD)
    (tmp_path / "CNAME").write_text("catalog.example.com")
    (tmp_path / "versions" / "mine.json").write_text("{}")
    write(tmp_path, NEW)
    write(tmp_path, {})
    assert set(content(tmp_path)) == {"CNAME", "versions/mine.json"}


def test_folders_of_ours_that_are_empty_go(tmp_path: Path) -> None:
    write(tmp_path, OLD)
    write(tmp_path, {"registry.json": b""})
    assert not (tmp_path / "versions").exists()


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("dear reader")
    with pytest.raises(UsageError, match="holds something else than a catalog"):
        write(tmp_path, NEW)
    assert content(tmp_path) == {"thesis.tex": b"dear reader"}
    assert not (tmp_path / MARKER).exists()


@pytest.mark.parametrize(
    "marker",
    ["", "[", "{}", "[1, null]", '["../victim", "/etc/x", "..", "a/../../victim", "versions/.."]'],
)
def test_a_marker_that_lies_removes_nothing(tmp_path: Path, marker: str) -> None:
    folder = tmp_path / "catalog"
    write(folder, {})
    (tmp_path / "victim").write_text("alive")
    (folder / MARKER).write_text(marker)
    write(folder, NEW)
    assert (tmp_path / "victim").read_text() == "alive"
    assert content(folder) == NEW


def test_links_are_replaced_or_refused_and_never_followed(tmp_path: Path) -> None:
    folder, victim = tmp_path / "catalog", tmp_path / "victim"
    write(folder, OLD)
    victim.write_text("alive")
    (folder / "registry.json").unlink()
    (folder / "registry.json").symlink_to(victim)
    write(folder, NEW)
    assert victim.read_text() == "alive"
    assert content(folder) == NEW
    elsewhere = tmp_path / "elsewhere"
    (folder / "versions").rename(elsewhere)
    (folder / "versions").symlink_to(elsewhere)
    with pytest.raises(UsageError, match="is a link"):
        write(folder, {"registry.json": b""})
    assert set(content(elsewhere)) == {"a.json", "c.json"}


WRITER = """
import resource, sys
from pathlib import Path
from build_config.catalog.folder import write

folder, end, limit = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
for turn in range(end):
    letter = "ab"[turn % 2]
    write(folder, {f"versions/{n}.json": f'["{letter * 50_000}"]'.encode() for n in range(8)})
    print("written", flush=True)
"""


def start_writer(folder: Path, turns: int, limit: int = 0) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-c", WRITER, str(folder), str(turns), str(limit)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    with start_writer(tmp_path, 60) as writer:
        read = 0
        while writer.poll() is None:
            for file in tmp_path.glob("versions/*.json"):
                (text,) = json.loads(file.read_bytes())
                assert text in {"a" * 50_000, "b" * 50_000}
                read += 1
    assert writer.returncode == 0
    assert read > 0


def test_a_writer_that_is_killed_leaves_whole_files_and_the_next_one_tidies(tmp_path: Path) -> None:
    for pause in range(12):
        with start_writer(tmp_path, 10_000) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(pause / 500)
            writer.send_signal(signal.SIGKILL)
        for file in tmp_path.glob("versions/*.json"):
            json.loads(file.read_bytes())
    write(tmp_path, NEW)
    assert content(tmp_path) == NEW
    assert {file.name for file in tmp_path.iterdir()} == {MARKER, "registry.json", "versions"}


def test_a_disk_that_takes_no_more_changes_nothing(tmp_path: Path) -> None:
    write(tmp_path, OLD)
    with start_writer(tmp_path, 1, limit=10_000) as writer:
        _, said = writer.communicate()
    assert writer.returncode != 0
    assert b"File too large" in said
    assert content(tmp_path) == OLD
    assert write(tmp_path, OLD).written == 0
