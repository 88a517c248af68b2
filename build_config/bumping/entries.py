"""A changelog with headings, a version and its news in, the edits that tell of it out.

The new entry looks like the one before it: marks, dates, line ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from build_config.checks.changelogs import latest_in_changelog
from build_config.defect import Edit

_UNRELEASED = re.compile(r"#{1,4}\s+\[?unreleased\b", re.IGNORECASE)
_HEADING = re.compile(r"#{1,6}\s")
_ITEM = re.compile(r"\s{0,3}(?P<mark>[-*+])\s+\S")
_LINK = re.compile(r"\]\([^)]*\)")
_BETWEEN = re.compile(r"[^\w]*(?:\w+[^\w]+)?")
"""What may stand between version and date: ` - `, `] (`, ` released `."""
_DATES = (
    (re.compile(r"\d{4}-\d{2}-\d{2}"), "%Y-%m-%d"),
    (re.compile(r"\d{4}/\d{2}/\d{2}"), "%Y/%m/%d"),
    (re.compile(r"\d{4}\.\d{2}\.\d{2}"), "%Y.%m.%d"),
    (re.compile(r"[A-Z][a-z]{2,8} \d{1,2}, \d{4}"), "%B %d, %Y"),
    (re.compile(r"\d{1,2} [A-Z][a-z]{2,8} \d{4}"), "%d %B %Y"),
)
_NEW = "## 0.0.0 - 2000-01-01"
"""What the first heading looks like (keepachangelog.com)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class News:
    """What a changelog has to tell.

    Attributes:
        message: of one line or more; empty where nobody said what is new.
    """

    version: str
    message: str
    today: date


def heading_edits(path: str, text: str, news: News, end: str) -> Iterator[Edit]:
    """A heading above the newest one and the message below it: what of that is not there yet.

    What stands below a heading `Unreleased` belongs to the new version from then on.

    Args:
        path: of the file.
        text: of the file.
        news: to tell.
        end: the line end of the file.
    """
    into = _Insertions(path=path, lines=[li.removesuffix("\r") for li in text.split("\n")], end=end)
    newest = latest_in_changelog(text)
    items = _items(into.lines, news.message)
    if newest and newest.text == news.version:
        if items and not _tells(into.lines, newest.line, news.message):
            yield into.at_section(newest.line, items)
        return
    heading = (
        _heading(into.lines[newest.line - 1], newest.column, newest.text, news) if newest else ""
    )
    heading = heading or _heading(_NEW, 3, "0.0.0", news)
    unreleased = _find(into.lines, _UNRELEASED, 1, newest.line if newest else len(into.lines) + 1)
    if unreleased is not None:
        yield into.after(unreleased, ["", heading])
        if items:
            yield into.at_section(unreleased, items)
    elif newest:
        tight = newest.line < len(into.lines) and into.lines[newest.line].strip()
        body = [*([] if tight else [""]), *items] if items else []
        yield into.before(newest.line, [heading, *body, ""])
    else:
        last = max((n for n, line in enumerate(into.lines, start=1) if line.strip()), default=1)
        yield into.after(last, ["", heading, *(["", *items] if items else [])])


@dataclass(frozen=True, kw_only=True, slots=True)
class _Insertions:
    """Makes edits that put lines among those of a file, which are without their ends."""

    path: str
    lines: Sequence[str]
    end: str

    def before(self, line: int, new: Sequence[str]) -> Edit:
        text = "".join(f"{added}{self.end}" for added in new)
        return Edit(path=self.path, line=line, old="", new=text)

    def after(self, line: int, new: Sequence[str]) -> Edit:
        text = "".join(f"{self.end}{added}" for added in new)
        return Edit(path=self.path, line=line, old="", new=text, column=len(self.lines[line - 1]))

    def at_section(self, heading: int, items: Sequence[str]) -> Edit:
        """First below this heading: before its first item, or in a paragraph of their own."""
        filled = range(heading + 1, len(self.lines) + 1)
        first = next((number for number in filled if self.lines[number - 1].strip()), None)
        if first is None:
            return self.after(heading, ["", *items])
        alone = not _ITEM.match(self.lines[first - 1])
        return self.before(first, [*items, ""] if alone else items)


def dated(text: str, today: date) -> tuple[str, str, str] | None:
    """What stands before the first date of a text, today in its format, and what follows it."""
    for pattern, form in _DATES:
        found = pattern.search(text)
        if found:
            return text[: found.start()], today.strftime(form), text[found.end() :]
    return None


def _heading(older: str, column: int, version: str, news: News) -> str:
    """The heading of another version, for this one; what else it says is not repeated."""
    lead, rest = older[:column], older[column + len(version) :]
    link = _LINK.match(rest)
    if link:  # it leads to the other version
        lead, rest = lead.replace("[", ""), rest[link.end() :]
    found = dated(rest, news.today)
    if found and _BETWEEN.fullmatch(found[0]):
        close = re.match(r"[)\]]*", found[2])
        return f"{lead}{news.version}{found[0]}{found[1]}{close[0] if close else ''}"
    return f"{lead}{news.version}{']' if rest.startswith(']') else ''}"


def _items(lines: Sequence[str], message: str) -> list[str]:
    """The message as an item of a list, with the mark that the file's lists have."""
    marks = (found["mark"] for found in map(_ITEM.match, lines) if found)
    first, *more = message.strip().splitlines() or [""]
    return [f"{next(marks, '-')} {first}", *(f"  {m}".rstrip() for m in more)] if first else []


def _tells(lines: Sequence[str], heading: int, message: str) -> bool:
    """Whether the section below a heading has the message, however its lines are broken."""
    level = len(lines[heading - 1]) - len(lines[heading - 1].lstrip("#"))
    ends = (
        n
        for n, line in enumerate(lines[heading:], start=heading)
        if _HEADING.match(line) and len(line) - len(line.lstrip("#")) <= level
    )
    section = lines[heading : next(ends, len(lines))]
    return " ".join(message.split()) in " ".join(" ".join(section).split())


def _find(lines: Sequence[str], pattern: re.Pattern[str], start: int, stop: int) -> int | None:
    return next((n for n in range(start, stop) if pattern.match(lines[n - 1])), None)
