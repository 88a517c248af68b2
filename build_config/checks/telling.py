"""Defects in, what a person, a program or GitHub reads out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby

from build_config.defect import Defect
from build_config.displays.github import escape_data, escape_property
from build_config.wording import one_line

_REPOSITORY = "the repository"


def table(defects: Sequence[Defect]) -> str:
    """Grouped by connector; below each defect the cure."""
    lines: list[str] = []
    for connector, members in groupby(defects, key=lambda defect: defect.connector):
        lines += [*([""] if lines else []), connector or _REPOSITORY]
        for defect in members:
            lines += (f"  {line}" for line in _paragraph(defect))
    return "\n".join(lines)


def _paragraph(defect: Defect) -> Iterator[str]:
    yield f"{defect.place}: {defect.rule}" if defect.place else defect.rule
    yield f"    {one_line(defect.message)}"
    if defect.cure:
        can = " (`--fix` does it)" if defect.fixable else ""
        yield f"    cure: {one_line(defect.cure)}{can}"


def as_json(defects: Sequence[Defect]) -> str:
    """A list; `connector` and `path` are empty and `line` is null where there is none."""
    rows = [
        {
            "connector": defect.connector,
            "rule": defect.rule,
            "message": defect.message,
            "path": _clean(defect.path),
            "line": defect.line,
        }
        for defect in defects
    ]
    return json.dumps(rows, indent=2)


def github(defects: Sequence[Defect]) -> str:
    """Workflow commands that GitHub shows beside the lines; ten of them, and all in the log.

    There it shows the message and nothing else, which therefore says place and rule too.
    """
    return "\n".join(map(_annotation, defects))


def _annotation(defect: Defect) -> str:
    place = {"file": _clean(defect.path), "line": str(defect.line or "")}
    facts = {**place, "title": f"{defect.connector or _REPOSITORY}: {defect.rule}"}
    properties = ",".join(f"{k}={escape_property(v)}" for k, v in facts.items() if v)
    cure = f" ({defect.cure})" if defect.cure else ""
    message = ": ".join(filter(None, (defect.place, defect.rule, defect.message)))
    return f"::error {properties}::{escape_data(one_line(message + cure))}"


def _clean(path: str) -> str:
    """What no encoding can say is shown as it is escaped."""
    return path.encode(errors="backslashreplace").decode()
