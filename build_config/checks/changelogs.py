"""The text of a changelog in, the versions that it tells of out."""

from __future__ import annotations

import re

from build_config.checks.values import Value

_HEADING = re.compile(r"#{1,4}\s+\[?v?(?P<version>\d+\.\d+[^\s\],:]*)")
_CHANGELOG = re.compile(r"#{1,4}\s+.*changelog", re.IGNORECASE)
_ROW = re.compile(r"\|\s*`?v?(?P<version>\d+\.\d+[^\s|`]*)`?\s*\|")


def latest_in_changelog(text: str) -> Value | None:
    """The first version that has a heading (keepachangelog.com); `Unreleased` is none."""
    for number, line in enumerate(text.split("\n"), start=1):
        found = _HEADING.match(line)
        if found:
            return Value(text=found["version"], line=number, column=found.start("version"))
    return None


def rows_on_page(text: str) -> tuple[Value, ...]:
    """The first column of the table below a heading `Changelog`, as Airbyte's pages have it."""
    rows, below = [], False
    for number, line in enumerate(text.split("\n"), start=1):
        if line.startswith("#"):
            below = _CHANGELOG.match(line) is not None
        found = _ROW.match(line) if below else None
        if found:
            rows.append(Value(text=found["version"], line=number, column=found.start("version")))
    return tuple(rows)
