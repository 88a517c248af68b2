from __future__ import annotations

from build_config.columns import aligned


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert aligned(("name", "x"), [("source-file", "1"), ("b", "")]).splitlines() == [
        "name         x",
        "-----------  -",
        "source-file  1",
        "b",
    ]


def test_a_sentence_at_the_end_does_not_make_the_rule_longer_than_a_terminal() -> None:
    text = aligned(("step", "why"), [("build", "because " * 40)])
    assert text.splitlines()[:2] == ["step   why", "-----  ---"]


def test_without_rows_the_titles_remain() -> None:
    assert aligned(("name",), []) == "name\n----"


def test_cells_cannot_steer_a_terminal() -> None:
    assert "\x1b" not in aligned(("name",), [("\x1b[31mred",)])
