from __future__ import annotations

import json
from pathlib import Path

import pytest
from runs import build, done, failed, skip

from build_config.history import FILE, read, record
from build_config.report import Report

A, B = build("source-a"), build("source-b")


def test_what_succeeded_is_remembered(tmp_path: Path) -> None:
    folder = tmp_path / ".yard"
    record(folder, Report.of((A, B), [done(A, seconds=4.0), failed(B)]))
    assert read(folder) == {"build source-a": 4.0}


def test_durations_are_smoothed_and_others_kept(tmp_path: Path) -> None:
    record(tmp_path, Report.of((A,), [done(A, seconds=4.0)]))
    record(tmp_path, Report.of((A, B), [done(A, seconds=8.0), done(B, seconds=1.0)]))
    record(tmp_path, Report.of((B,), [done(B, seconds=1.0)]))
    assert read(tmp_path) == {"build source-a": 6.0, "build source-b": 1.0}
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_a_run_that_did_nothing_writes_nothing(tmp_path: Path) -> None:
    record(tmp_path, Report.of((A,), [skip(A)]))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'{"format": 2, "seconds": {"build a": 1}}',
        b'{"format": 1, "seconds": [1]}',
        b'{"format": 1, "seconds": {"a": "1", "b": null, "c": true, "d": -1, "e": NaN}}',
        b'{"format": 1, "seconds": {"a": 1e999}}',
        b'{"format": 1, "seconds": {"a": 1%s}}' % (b"0" * 400),
        b"[" * 100_000,
    ],
)
def test_a_file_that_is_not_ours_counts_as_none_and_is_replaced(
    content: bytes, tmp_path: Path
) -> None:
    (tmp_path / FILE).write_bytes(content)
    assert read(tmp_path) == {}
    record(tmp_path, Report.of((A,), [done(A)]))
    assert read(tmp_path) == {"build source-a": 2.0}


def test_no_file_is_no_history(tmp_path: Path) -> None:
    assert read(tmp_path / "absent") == {}


def test_a_folder_that_cannot_be_written_does_not_fail_the_run(tmp_path: Path) -> None:
    (tmp_path / ".yard").write_text("a file where the folder should be")
    record(tmp_path / ".yard", Report.of((A,), [done(A)]))


def test_the_file_is_sorted_json(tmp_path: Path) -> None:
    record(tmp_path, Report.of((B, A), [done(A), done(B)]))
    document = json.loads((tmp_path / FILE).read_text())
    assert document["format"] == 1
    assert list(document["seconds"]) == ["build source-a", "build source-b"]
