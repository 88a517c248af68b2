"""`saved_work`: what is kept is believed whole and of the same maker, or not at all."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from build_config import saved_work

CONTENT = {"a": [1, None, "ü"], "b": {}}


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A file with something in it."""
    file = tmp_path / ".yard" / "kept.json"
    saved_work.write(file, "maker", CONTENT)
    return file


def test_what_is_kept_is_there_again(kept: Path) -> None:
    assert saved_work.read(kept, "maker") == CONTENT


def test_what_another_maker_kept_is_not(kept: Path) -> None:
    assert saved_work.read(kept, "another maker") is None


def test_what_is_not_there_is_nothing(tmp_path: Path) -> None:
    assert saved_work.read(tmp_path / "none.json", "maker") is None


def test_wherever_a_byte_is_lost_or_turned_nothing_is_believed(kept: Path) -> None:
    whole = kept.read_bytes()
    for at in range(len(whole)):
        for damaged in (whole[:at], whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]):
            kept.write_bytes(damaged)
            assert saved_work.read(kept, "maker") is None


def test_a_folder_in_its_place_is_nothing_and_fails_nothing(tmp_path: Path) -> None:
    file = tmp_path / ".yard" / "kept.json"
    file.mkdir(parents=True)
    saved_work.write(file, "maker", CONTENT)
    assert saved_work.read(file, "maker") is None


def test_a_folder_that_cannot_be_made_fails_nothing(tmp_path: Path) -> None:
    (tmp_path / ".yard").write_text("a file\n", encoding="utf-8")
    saved_work.write(tmp_path / ".yard" / "kept.json", "maker", CONTENT)
    assert [file.name for file in tmp_path.iterdir()] == [".yard"]


def test_git_is_kept_out_but_a_rule_of_the_owner_stays(tmp_path: Path) -> None:
    saved_work.keep_out_of_git(tmp_path / "new")
    assert (tmp_path / "new" / ".gitignore").read_text(encoding="utf-8") == "*\n"
    (tmp_path / ".gitignore").write_text("mine\n", encoding="utf-8")
    saved_work.keep_out_of_git(tmp_path)
    assert (tmp_path / ".gitignore").read_text(encoding="utf-8") == "mine\n"


def test_of_many_writers_one_is_read_whole(kept: Path) -> None:
    contents = [{str(number): "x" * 10_000} for number in range(8)]
    writers = [
        threading.Thread(target=saved_work.write, args=(kept, "maker", content))
        for content in contents
    ]
    for writer in writers:
        writer.start()
    seen = [saved_work.read(kept, "maker") for _ in range(50)]
    for writer in writers:
        writer.join()
    assert all(content in [*contents, CONTENT] for content in seen)
    assert [file.name for file in kept.parent.iterdir() if file.name.startswith(".kept")] == []


def test_other_code_and_other_libraries_are_another_maker() -> None:
    maker = saved_work.maker(["image"], ["dockerfile"])
    assert maker == saved_work.maker(["image"], ["dockerfile"])
    others = {
        saved_work.maker(["expansion"], ["dockerfile"]),
        saved_work.maker(["image"], ["yaml"]),
        saved_work.maker(["image"], []),
    }
    assert len(others - {maker, ""}) == 3


def test_where_code_or_a_library_is_not_to_be_found_nothing_is_kept(tmp_path: Path) -> None:
    for maker in (saved_work.maker(["none"], []), saved_work.maker([], ["no_such_library"])):
        memory = saved_work.remember(tmp_path / "kept.json", maker)
        memory.learn("question", 1)
        memory.keep()
    assert list(tmp_path.iterdir()) == []


def test_questions_are_told_apart_by_every_part() -> None:
    asked = [("a", "b"), ("ab",), ("a", b"b"), ("a", "b", ""), ("a\0b",), ("\udc80",), ("\ufffd",)]
    assert len({saved_work.question(*parts) for parts in asked}) == len(asked)


def test_nothing_but_json_is_in_it(kept: Path) -> None:
    _, _, content = kept.read_text(encoding="utf-8").partition("\n")
    assert json.loads(content) == CONTENT
