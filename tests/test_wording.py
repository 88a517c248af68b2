from __future__ import annotations

import pytest

from build_config.wording import (
    change,
    counted,
    duration,
    encodable,
    harmless,
    marks_for,
    one_line,
    size,
)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-1, "0.0 s"),
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 m 00 s"),
        (125, "2 m 05 s"),
        (3599.6, "1 h 00 m"),
        (3720, "1 h 02 m"),
    ],
)
def test_durations_fit_eight_characters(seconds: float, words: str) -> None:
    assert duration(seconds) == words
    assert len(words) <= 8


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 B"), (999, "999 B"), (999.7, "1.0 kB"), (12_345_678, "12.3 MB")]
)
def test_sizes_are_decimal(count: float, words: str) -> None:
    assert size(count) == words


def test_a_change_of_size_has_its_sign() -> None:
    assert (change(1_200_000), change(-300)) == ("+1.2 MB", "-300 B")


def test_counts_agree_with_their_noun() -> None:
    assert [counted(number, "image") for number in (0, 1, 2)] == ["0 images", "1 image", "2 images"]


@pytest.mark.parametrize(
    ("foreign", "words"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x07", "link"),
        ("\x1b[2Jcleared\x1b(B\x1bM", "cleared"),
        ("10 %\r20 %\r", "20 %"),
        ("a\tb\x00\x07\x9b", "a   b"),
        ("\u202egnp.exe", "gnp.exe"),
        ("\udcff", "\ufffd"),
        ("日本", "日本"),
        ("\x1b]0;never ended", ""),
    ],
)
def test_foreign_text_is_made_harmless(foreign: str, words: str) -> None:
    assert harmless(foreign) == words


def test_several_lines_become_one() -> None:
    assert one_line("first\n\n second\r\nthird") == "first  second third"


def test_an_encoding_that_cannot_say_it_says_question_marks() -> None:
    assert encodable("né", "ascii") == "n?"
    assert marks_for("ascii").done == "+"
    assert marks_for("utf-8").done == "✓"
