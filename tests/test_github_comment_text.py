"""What stands in a comment on a pull request; a stranger's words are shown and never obeyed."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from records import record as run
from records import step

from build_config.github.comment_text import LIMIT, MARKER, comment_text
from build_config.report import Ending
from build_config.steps import Kind

NASTY = (
    "@team and @acme/everybody",
    "#1 acme/x#1 GH-1 0123456789abcdef0123456789abcdef01234567",
    "https://evil.example www.evil.example me@evil.example",
    "![x](https://evil.example/x.png) [x](javascript:alert(1)) [x]: https://evil.example",
    "<img src=x> <a href='x'>x</a> </code></td></table>@team <!-- --> <details>",
    "` `` ``` \\| | \\` *_~ :rocket: $x$ - [ ] > #",
    "two\n\n@team\r\n\r\nlines\n```\n",
    f"{MARKER} -->",
    "\x1b[31mred\x1b[0m \u202e\u2066right to left\u2028\u2029 \x00 \ud800",
    "&lt;img&gt; &#64;team",
)


class Page(HTMLParser):
    """Reads a page as a browser would: each element with those that it is in, and each text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[str] = []
        self.texts: list[tuple[str, bool]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        self.elements.append(f"{tag} {attrs}" if attrs else tag)
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """It ends, and all that was left open in it."""
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        """A text, and whether it is code."""
        if data.strip():
            self.texts.append((data.strip(), "code" in self.open))


def test_a_row_tells_of_all_that_was_done_for_an_image() -> None:
    steps = (
        step("source-a", size=12_300_000, grown=400_000),
        step("source-a", Kind.UNIT),
        step("source-b", outcome=Ending.UP_TO_DATE, begin=None, end=None),
    )
    assert comment_text([run(*steps)]) == (
        f"{MARKER}\n### 2 images: 1 done, 1 up to date\n\n"
        "<table>\n<tr><th>image<th>result<th>time<th>why<th>size<th>tests\n"
        "<tr><td><code>source-a</code><td>✅ done<td>4.0 s"
        "<td><code>its Dockerfile changed</code><td>12.3 MB, +400.0 kB<td>\n"
        "</table>\n"
    )


def test_what_failed_comes_first_and_says_what_it_was() -> None:
    failed = step("source-b", Kind.ACCEPTANCE, outcome=Ending.FAILED, message="spec: no `title`")
    text = comment_text([run(step("source-a"), step("source-b"), failed)])
    assert text.index("source-b") < text.index("source-a")
    assert "<td>❌ failed (acceptance)<td>4.0 s<td><code>spec: no `title`</code>" in text


def test_an_image_that_two_hosts_met_is_told_once() -> None:
    here = run(step("base"), step("source-a"), host="1")
    there = run(step("base", outcome=Ending.UP_TO_DATE), step("source-b"), host="2")
    text = comment_text([here, there])
    assert "### 3 images: 3 done" in text
    assert text.count("<code>base</code>") == 1
    assert comment_text([here, there]) == text


def test_a_run_that_broke_off_says_why_even_when_nothing_was_done() -> None:
    text = comment_text([run(problem="the engine @team went away", exit_code=4)])
    assert "<p><code>the engine @team went away</code></p>" in text


def test_a_pull_is_only_told_where_it_failed() -> None:
    pulls = step("alpine:3", Kind.PULL), step("busybox", Kind.PULL, outcome=Ending.FAILED)
    text = comment_text([run(*pulls)])
    assert "alpine" not in text
    assert "<code>pull busybox</code>" in text


@pytest.mark.parametrize("words", NASTY)
@pytest.mark.parametrize("place", ["target", "reason", "message", "problem"])
def test_what_a_stranger_wrote_is_code_in_one_block_of_html(words: str, place: str) -> None:
    changes: dict[str, Any] = {place: words} if place != "problem" else {}
    if place == "message":
        changes["outcome"] = Ending.FAILED
    text = comment_text([run(step(**{"name": "source-a", **changes}), problem=_if(place, words))])
    head, _, table = text.partition("\n\n")
    assert head.splitlines()[0] == MARKER
    assert re.fullmatch(r"### 1 image: 1 (done|failed)", head.splitlines()[1])
    for block in table.rstrip("\n").split("\n\n"):
        assert block.startswith(("<table>\n", "<p><code>"))  # nothing in it is Markdown
        page = Page(block)
        assert {*page.elements} <= {"table", "tr", "th", "td", "code", "p"}
        outside = " ".join(said for said, is_code in page.texts if not is_code)
        assert not re.search(r"[@#:/<>\[\]]", outside.replace("✅", "").replace("❌", ""))
    assert text.isascii() or not re.search("[\u2028-\u202e\u2066-\u2069\x00\x1b\ud800]", text)


def _if(place: str, words: str) -> str:
    return words if place == "problem" else ""


def test_there_is_room_for_500_images_or_it_says_how_many_are_left_out() -> None:
    steps = [step(f"source-{n:04}", reason="é&" * 100) for n in range(500)]
    steps.append(step("zebra", outcome=Ending.FAILED))
    text = comment_text([run(*steps)])
    assert LIMIT * 0.9 < len(text.encode()) <= LIMIT
    told = text.count("<tr>") - 1
    assert text.endswith(f"</table>\n\n… and {501 - told} more images: see the run's summary\n")
    assert "zebra" in text


def test_problems_of_many_runs_leave_room_too() -> None:
    text = comment_text([run(step("a"), problem="<" * 300) for _ in range(1000)])
    assert len(text.encode()) <= LIMIT


def test_numbers_that_cannot_be_are_left_out() -> None:
    for numbers in ({"size": -1}, {"size": 10**400}, {"end": 1e300}, {"end": -5.0}):
        text = comment_text([run(step("source-a", **numbers))])
        assert "<td><td><code>its" in text or text.endswith("</code><td><td>\n</table>\n")
