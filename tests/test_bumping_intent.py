"""All files or none: errors in the middle, changes by others, what a killed process left."""

from __future__ import annotations

from pathlib import Path

import pytest

from build_config.bumping.changes import FileChange
from build_config.bumping.intent import alone, record_path, recover, write, write_record
from build_config.errors import UsageError, YardError

FILES = ("a/Dockerfile", "a/metadata.yaml", "b.yaml")


def change_all(root: Path) -> tuple[FileChange, ...]:
    for path in FILES:
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_bytes(b"old")
    return tuple(
        FileChange(path=path, before=b"old", after=b"new", connectors=frozenset()) for path in FILES
    )


def told(root: Path) -> list[bytes]:
    return [(root / path).read_bytes() for path in FILES]


def test_all_files_are_written_and_no_trace_is_left(tmp_path: Path) -> None:
    write(tmp_path, tmp_path / ".yard", change_all(tmp_path))
    assert told(tmp_path) == [b"new"] * 3
    assert list((tmp_path / ".yard").iterdir()) == []
    assert recover(tmp_path, tmp_path / ".yard") is None


def test_a_file_that_changed_meanwhile_stops_it_before_anything_is_written(tmp_path: Path) -> None:
    changes = change_all(tmp_path)
    (tmp_path / FILES[1]).write_bytes(b"mine")
    with pytest.raises(YardError, match=r"`a/metadata\.yaml` was changed meanwhile"):
        write(tmp_path, tmp_path / ".yard", changes)
    assert told(tmp_path) == [b"old", b"mine", b"old"]
    assert recover(tmp_path, tmp_path / ".yard") is None


def test_a_file_that_cannot_be_written_takes_all_back(tmp_path: Path) -> None:
    changes = change_all(tmp_path)
    nowhere = FileChange(path="none/x", before=b"", after=b"new", connectors=frozenset())
    with pytest.raises(YardError, match=r"`none/x` cannot be written: .*; nothing was changed"):
        write(tmp_path, tmp_path / ".yard", (*changes, nowhere))
    assert told(tmp_path) == [b"old"] * 3
    assert list((tmp_path / ".yard").iterdir()) == []


def test_who_edits_after_a_kill_keeps_the_edit_and_is_asked(tmp_path: Path) -> None:
    changes, state = change_all(tmp_path), tmp_path / ".yard"
    write_record(state, changes)
    (tmp_path / FILES[0]).write_bytes(b"new")
    (tmp_path / FILES[2]).write_bytes(b"mine")
    with pytest.raises(YardError, match=r"`b\.yaml` was changed since") as caught:
        recover(tmp_path, state)
    assert "git diff" in caught.value.hint
    assert told(tmp_path) == [b"new", b"old", b"mine"]
    (tmp_path / FILES[2]).write_bytes(b"old")
    assert recover(tmp_path, state) == (FILES[0],)
    assert told(tmp_path) == [b"old"] * 3
    assert recover(tmp_path, state) is None


def test_what_cannot_be_undone_now_is_undone_later(tmp_path: Path) -> None:
    state = tmp_path / ".yard"
    write_record(state, change_all(tmp_path))
    (tmp_path / FILES[0]).write_bytes(b"new")
    (tmp_path / FILES[2]).unlink()
    (tmp_path / FILES[2]).mkdir()
    with pytest.raises(YardError, match=r"cannot be undone: `.*b\.yaml`: Is a directory"):
        recover(tmp_path, state)
    (tmp_path / FILES[2]).rmdir()
    (tmp_path / FILES[2]).write_bytes(b"new")
    assert recover(tmp_path, state) == (FILES[0], FILES[2])
    assert told(tmp_path) == [b"old"] * 3


def test_two_at_a_time_do_not_meet(tmp_path: Path) -> None:
    with (
        alone(tmp_path / ".yard"),
        pytest.raises(UsageError, match="another"),
        alone(tmp_path / ".yard"),
    ):
        pass
    with alone(tmp_path / ".yard"):
        pass


def test_a_record_that_cannot_be_understood_is_shown(tmp_path: Path) -> None:
    record = record_path(tmp_path)
    for text in ("", "{}", '{"format": 2, "files": []}'):
        record.write_text(text)
        with pytest.raises(YardError, match=r"bump\.json` cannot be understood"):
            recover(tmp_path, tmp_path)
        assert record.exists()
