from __future__ import annotations

import pytest

from build_config.defect import Defect, Edit


@pytest.mark.parametrize(
    ("path", "line", "expected"),
    [
        ("a/Dockerfile", 3, "a/Dockerfile:3: wrong"),
        ("a/Dockerfile", None, "a/Dockerfile: wrong"),
        ("", None, "wrong"),
        ("a b", None, "'a b': wrong"),
        ("a\nb", 1, "'a\\nb':1: wrong"),
    ],
)
def test_a_defect_is_one_line(path: str, line: int | None, expected: str) -> None:
    assert str(Defect(rule="x", message="wrong", path=path, line=line)) == expected


def test_a_defect_with_an_edit_is_fixable() -> None:
    assert not Defect(rule="x", message="wrong").fixable
    edit = Edit(path="a", line=None, old="", new="b")
    assert Defect(rule="x", message="wrong", edit=edit).fixable
