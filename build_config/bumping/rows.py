"""A page with a changelog in a table, a version and its news in, the edits that tell of it out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from build_config.bumping.entries import News, dated
from build_config.checks.values import Value
from build_config.defect import Edit
from build_config.versions import above
from build_config.wording import one_line

_BAR = re.compile(r"(?<!\\)\|")


def row_edits(path: str, text: str, rows: Sequence[Value], news: News, end: str) -> Iterator[Edit]:
    """A row where new ones are added in this table, or the message in the row that is there.

    Args:
        path: of the page.
        text: of the page.
        rows: the versions that its table tells of; at least one.
        news: to tell.
        end: the line end of the file.
    """
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    message = one_line(news.message).replace("|", "\\|")
    there = next((row for row in rows if row.text == news.version), None)
    if there is not None:
        line = lines[there.line - 1]
        if message and message not in line:
            yield _told(path, there.line, line, message)
        return
    downwards = len(rows) > 1 and above(rows[-1].text, rows[0].text)
    beside = rows[-1] if downwards else rows[0]
    row = _row(lines[beside.line - 1], beside, news, message)
    if downwards:
        column = len(lines[beside.line - 1])
        yield Edit(path=path, line=beside.line, old="", new=f"{end}{row}", column=column)
    else:
        yield Edit(path=path, line=beside.line, old="", new=f"{row}{end}")


def _row(older: str, version: Value, news: News, message: str) -> str:
    """The row of another version, for this one: its date is today's, what else it says is gone."""
    cells = _BAR.split(older)
    last = len(cells) - (1 if cells[-1].strip() else 2)
    made = [cells[0]]
    for number, cell in enumerate(cells[1 : last + 1], start=1):
        date = dated(cell, news.today)
        if number == 1:
            content = cell.strip().replace(version.text, news.version)
        elif number == last:
            content = message
        else:
            content = date[1] if date and not (date[0] + date[2]).strip("` ") else ""
        padded = f" {content} ".ljust(len(cell) if cell.endswith("  ") or not content else 0)
        made.append(padded)
    return "|".join([*made, *cells[last + 1 :]]).rstrip()


def _told(path: str, number: int, line: str, message: str) -> Edit:
    """The message in the last cell, after what it says."""
    body = line.rstrip().removesuffix("|").rstrip()
    if not body.endswith("|"):
        return Edit(path=path, line=number, old="", new=f"; {message}", column=len(body))
    blank = line[len(body) : line.rindex("|")]
    return Edit(path=path, line=number, old=blank, new=f" {message} ", column=len(body))
