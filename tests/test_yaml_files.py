from __future__ import annotations

import os
from pathlib import Path

import pytest

from build_config.yaml_files import YamlFileError, read, read_mapping


def written(tmp_path: Path, content: bytes) -> Path:
    file = tmp_path / "file.yaml"
    file.write_bytes(content)
    return file


def test_a_mapping_is_read(tmp_path: Path) -> None:
    file = written(tmp_path, b"\xef\xbb\xbfa: 1\r\nb: [x, y]\r\n")
    assert read_mapping(file, "file.yaml") == {"a": 1, "b": ["x", "y"]}


def test_json_is_yaml_too(tmp_path: Path) -> None:
    assert read(written(tmp_path, b'[{"a": "\\u00e4"}]'), "file.json") == [{"a": "\u00e4"}]


def test_absent_and_empty_are_nothing(tmp_path: Path) -> None:
    assert read_mapping(tmp_path / "absent", "absent") == {}
    assert read_mapping(written(tmp_path, b"# only this\n"), "file.yaml") == {}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a: 1\nb: [\n", "there.yaml:3: "),
        (b"a: 1\n\tb: 2\n", "there.yaml:2: "),
        (b"a: b: c\n", "there.yaml:1: "),
        (b"a: 1\n---\nb: 1\n", "there.yaml:2: "),
        (b"a: !!python/name:os.system x\n", "there.yaml:1: "),
        (b"- a\n", "there.yaml: must be a mapping, not a list"),
        (b"just words\n", "there.yaml: must be a mapping, not a str"),
        (b"a: \xff\n", "there.yaml: not UTF-8 text (byte 3)"),
        (b"a: \x00\n", "there.yaml: "),
        (b"date: 2022-13-01\n", "there.yaml: month must be in 1..12"),
    ],
)
def test_a_broken_file_is_named_in_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(YamlFileError) as caught:
        read_mapping(written(tmp_path, content), "there.yaml")
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for place in (tmp_path, tmp_path / "fifo"):
        with pytest.raises(YamlFileError, match=r"^it: not a file$"):
            read(place, "it")


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    file = written(tmp_path, b"")
    os.truncate(file, 11 * 1024 * 1024)
    with pytest.raises(YamlFileError, match="larger than"):
        read(file, "it")
