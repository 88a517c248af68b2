"""Batches of saved paths: a real folder, and what the system itself tells of it."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from build_config.saves import listening
from build_config.touched import is_noise


def test_a_saved_file_is_a_batch_with_the_time_of_the_save(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with listening(tmp_path, is_noise) as batches:
        before = time.monotonic()
        (tmp_path / "folder" / "file").write_text("1")
        after = time.monotonic()
        saved = next(batches)
    assert saved.paths == frozenset({"folder/file"})
    assert before - 0.02 <= saved.at <= after + 0.02  # inodes have the time of the last tick


def test_what_is_saved_while_nobody_takes_batches_is_kept(tmp_path: Path) -> None:
    with listening(tmp_path, is_noise) as batches:
        (tmp_path / "1").write_text("1")
        assert next(batches).paths == frozenset({"1"})
        (tmp_path / "2").write_text("1")
        (tmp_path / "3").write_text("1")
        assert next(batches).paths == frozenset({"2", "3"})


def test_noise_is_no_batch(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    with listening(tmp_path, is_noise) as batches:
        (tmp_path / ".git" / "index").write_text("1")
        (tmp_path / "main.pyc").write_text("1")
        (tmp_path / "main.py").write_text("1")
        assert next(batches).paths == frozenset({"main.py"})


def test_a_rename_over_a_file_is_a_save_of_it(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("1")
    with listening(tmp_path, is_noise) as batches:
        (tmp_path / ".main.py.swp").write_text("2")
        os.replace(tmp_path / ".main.py.swp", tmp_path / "main.py")  # noqa: PTH105 - as editors do
        assert next(batches).paths == frozenset({"main.py"})


def test_what_is_deleted_is_told(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("1")
    with listening(tmp_path, is_noise) as batches:
        (tmp_path / "main.py").unlink()
        assert next(batches).paths == frozenset({"main.py"})


def test_so_many_files_may_be_any(tmp_path: Path) -> None:
    with listening(tmp_path, is_noise) as batches:
        for number in range(1100):
            (tmp_path / f"{number}").touch()
        assert next(batches).paths is None


def test_a_name_that_is_no_text_may_be_any(tmp_path: Path) -> None:
    with listening(tmp_path, is_noise) as batches:
        (tmp_path / os.fsdecode(b"\xff.py")).touch()
        assert next(batches).paths is None
        (tmp_path / "main.py").touch()
        assert next(batches).paths == frozenset({"main.py"})


def test_it_can_look_for_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHFILES_FORCE_POLLING", "1")
    with listening(tmp_path, is_noise) as batches:
        (tmp_path / "main.py").write_text("1")
        paths = next(batches).paths or frozenset()
    assert paths - {"."} == {"main.py"}  # the folder is another one too, where its time tells it
