from __future__ import annotations

from datetime import date

import pytest

from build_config.bumping.entries import News, heading_edits
from build_config.bumping.rows import row_edits
from build_config.checks.changelogs import rows_on_page
from build_config.edits import edited_by_all, line_end

NEWS = News(version="1.2.1", message="Fix it", today=date(2026, 11, 22))


def told(text: str, news: News = NEWS) -> str:
    """A changelog with the news in it."""
    end = line_end(text.encode())
    after = edited_by_all(text.encode(), heading_edits("CHANGELOG.md", text, news, end))
    assert after is not None
    return after.decode()


def told_on_page(text: str, news: News = NEWS) -> str:
    """A page with the news in its table."""
    edits = row_edits("page.md", text, rows_on_page(text), news, line_end(text.encode()))
    after = edited_by_all(text.encode(), edits)
    assert after is not None
    return after.decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "# Changelog\n\n## 1.2.0 - 2026-01-01\n\n- New\n",
            "# Changelog\n\n## 1.2.1 - 2026-11-22\n\n- Fix it\n\n## 1.2.0 - 2026-01-01\n\n- New\n",
        ),
        (
            "# Log\n\n## Unreleased\n\n## [1.2.0] - 2026-01-01\n\n* New",
            (
                "# Log\n\n## Unreleased\n\n## [1.2.1] - 2026-11-22\n\n* Fix it\n\n"
                "## [1.2.0] - 2026-01-01\n\n* New"
            ),
        ),
        (
            "## Unreleased\r\n\r\n- More\r\n\r\n## v1.2.0 (2026/01/01)\r\n- New",
            (
                "## Unreleased\r\n\r\n## v1.2.1 (2026/11/22)\r\n\r\n- Fix it\r\n- More\r\n\r\n"
                "## v1.2.0 (2026/01/01)\r\n- New"
            ),
        ),
        (
            "## [Unreleased]\n\n### Added\n\n- More\n",
            "## [Unreleased]\n\n## 1.2.1 - 2026-11-22\n\n- Fix it\n\n### Added\n\n- More\n",
        ),
        ("# Log\n", "# Log\n\n## 1.2.1 - 2026-11-22\n\n- Fix it\n"),
        ("# Log", "# Log\n\n## 1.2.1 - 2026-11-22\n\n- Fix it"),
        ("# Log\n## Unreleased\n", "# Log\n## Unreleased\n\n## 1.2.1 - 2026-11-22\n\n- Fix it\n"),
        ("## 1.2.0\n- New\n", "## 1.2.1\n- Fix it\n\n## 1.2.0\n- New\n"),
        (
            "## [1.2.0](https://x/v1.1.0...v1.2.0) (2026-01-02)\n\n### Bug Fixes\n\n+ New\n",
            (
                "## 1.2.1 (2026-11-22)\n\n+ Fix it\n\n"
                "## [1.2.0](https://x/v1.1.0...v1.2.0) (2026-01-02)\n\n### Bug Fixes\n\n+ New\n"
            ),
        ),
        (
            "### 1.2.0: January 2, 2021 - the big one\n\nProse\n",
            (
                "### 1.2.1: November 22, 2026\n\n- Fix it\n\n"
                "### 1.2.0: January 2, 2021 - the big one\n\nProse\n"
            ),
        ),
        ("## 1.2.0 the second\n\n- a\n", "## 1.2.1\n\n- Fix it\n\n## 1.2.0 the second\n\n- a\n"),
        ("## 1.2.1\n\n- By hand\n", "## 1.2.1\n\n- Fix it\n- By hand\n"),
        ("## 1.2.1\n\n- Fix\n  it\n", "## 1.2.1\n\n- Fix\n  it\n"),
    ],
)
def test_an_entry_looks_like_the_one_before_it_and_is_made_once(before: str, after: str) -> None:
    assert told(before) == after
    assert told(after) == after


def test_without_a_message_the_entry_is_its_heading() -> None:
    news = News(version="1.2.1", message="", today=NEWS.today)
    assert told("## 1.2.0\n\n- a\n", news) == "## 1.2.1\n\n## 1.2.0\n\n- a\n"
    unreleased = "## Unreleased\n\n- More\n\n## 1.2.0\n"
    assert told(unreleased, news) == "## Unreleased\n\n## 1.2.1\n\n- More\n\n## 1.2.0\n"


def test_a_message_of_several_lines_is_one_item() -> None:
    news = News(version="1.2.1", message="One\n\nTwo\n", today=NEWS.today)
    assert told("## 1.2.0\n", news) == "## 1.2.1\n\n- One\n\n  Two\n\n## 1.2.0\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            (
                "## Changelog\n\n| Version | Date | PR | Subject |\n|:--|:--|:--|:--|\n"
                "| 1.2.0  | 2022-01-01 | [1](x) | A thing |\n"
            ),
            (
                "## Changelog\n\n| Version | Date | PR | Subject |\n|:--|:--|:--|:--|\n"
                "| 1.2.1  | 2026-11-22 |        | Fix it |\n"
                "| 1.2.0  | 2022-01-01 | [1](x) | A thing |\n"
            ),
        ),
        (
            "## Changelog\n|`1.1.0`|x|\n|`1.2.0`|a \\| b|",
            "## Changelog\n|`1.1.0`|x|\n|`1.2.0`|a \\| b|\n| `1.2.1` | Fix it |",
        ),
        ("## Changelog\r\n| 1.2.1 | x |\r\n", "## Changelog\r\n| 1.2.1 | x; Fix it |\r\n"),
        ("## Changelog\n| 1.2.1 |  |\n", "## Changelog\n| 1.2.1 | Fix it |\n"),
    ],
)
def test_a_row_looks_like_the_one_beside_it_and_is_made_once(before: str, after: str) -> None:
    assert told_on_page(before) == after
    assert told_on_page(after) == after


def test_a_message_cannot_break_a_table() -> None:
    news = News(version="1.2.1", message="a | b\nc", today=NEWS.today)
    row = told_on_page("## Changelog\n| 1.2.0 | x |\n", news).splitlines()[1]
    assert row == "| 1.2.1 | a \\| b c |"
