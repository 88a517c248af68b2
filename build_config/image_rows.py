"""A way to ask an engine in, the rows of its list of images out; asked in full only when needed.

Docker's containerd image store takes many milliseconds for each image that it lists. So the list is
kept, and used again only while the engine itself proves that it still holds.

The proof is the engine's record of its newest events, 256 of them, in order and in memory. Beside
the list stands the newest event from before the list was asked for. While the record has it, this
is the same engine, not started since, and all that it did since stands behind that event: the
names that were touched are asked for again. No clock takes part, neither ours nor the engine's.
What somebody does to the store behind the engine's back has no event, and is not seen.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from build_config import saved_work
from build_config.image import parse

FILE = "images.json"
LIST = "/images/json"
EVENTS = "/events?since=-3&until=-2"
"""All events that the engine still has (moby's daemon/events).

An end in the past makes it not wait for more, and one before 1970 makes it leave none out, whatever
its clock did meanwhile. An engine that understands it otherwise tells none, and nothing is kept.
"""

_FORMAT = 1
_NAMES = ("RepoTags", "RepoDigests")
_BY_CONTAINERD = "Descriptor"
"""A field of a row that only the containerd store fills (API 1.48, Docker 28).

From then on every name that is given or taken away is an event, those by BuildKit too.
"""
_TELLING = frozenset(("create", "delete", "tag", "untag"))
"""Events of images from which it is known which names they touch; `load`, say, names none."""

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Asking:
    """How an engine is asked with GET.

    Attributes:
        name: where it is: a list of one engine is nothing to another.
        get: a question, to the decoded answer.
        get_lines: a question, to the lines of its answer; none where it cannot be asked this.
    """

    name: str
    get: Callable[[str], Any]
    get_lines: Callable[[str], list[bytes]]


def image_rows(engine: Asking, state: Path) -> Sequence[Row]:
    """All rows of `GET /images/json`, with at least the fields that we read.

    Args:
        engine: to ask.
        state: the folder `.yard`.

    Raises:
        EngineUnavailableError: it does not answer.
    """
    file, maker = state / FILE, f"images {_FORMAT} {engine.name}"
    events = engine.get_lines(EVENTS)
    kept = saved_work.read(file, maker)
    rows = _renewed(engine, kept, events) if kept else None
    if rows is None:
        rows = engine.get(LIST)
    if events and rows and all(_BY_CONTAINERD in row for row in rows):
        newest = events[-1].decode()
        if kept is None or newest != kept["event"]:
            saved_work.write(file, maker, {"event": newest, "rows": [*map(_short, rows)]})
    return rows


def _short(row: Row) -> Row:
    names = {
        field: [name for name in row.get(field) or () if "<none>" not in name] for field in _NAMES
    }
    return {"Id": row["Id"], "Labels": row.get("Labels"), _BY_CONTAINERD: True, **names}


def _renewed(engine: Asking, kept: Mapping[str, Any], events: list[bytes]) -> list[Row] | None:
    """The kept rows, as they are now; None where nothing proves what they are."""
    since = kept["event"].encode()
    if since not in events:
        return None
    rows: list[Row] = kept["rows"]
    try:
        touched = _touched(rows, map(json.loads, events[events.index(since) + 1 :]))
    except (ValueError, LookupError, TypeError):  # of a shape, or about a name, that we do not know
        return None
    if not touched:
        return rows
    question = urlencode({"filters": json.dumps({"reference": sorted(touched)})})
    untouched = [row for row in rows if not _repositories(row) & touched]
    return [*untouched, *engine.get(f"{LIST}?{question}")]


def _touched(rows: list[Row], events: Iterable[Mapping[str, Any]]) -> set[str]:
    """The repositories whose names may be others since.

    Raises:
        ValueError: an event does not say which.
    """
    touched: set[str] = set()
    for event in events:
        if event["Type"] == "image":
            if event["Action"] not in _TELLING:
                raise ValueError(event["Action"])
            image, name = event["Actor"]["ID"], event["Actor"]["Attributes"]["name"]
            if name != image:
                touched.add(_repository(name))
            touched.update(*(_repositories(row) for row in rows if row["Id"] == image))
    return _with_neighbours(rows, touched) if touched else touched


def _with_neighbours(rows: list[Row], repositories: set[str]) -> set[str]:
    """And all that share an image with them: what the engine says of one name tells of the others.

    Of an image with several names Docker 28 gives one of them with its digest.
    """
    reached = set(repositories)
    groups = [_repositories(row) for row in rows]
    while True:
        more = set().union(*(group for group in groups if group & reached)) - reached
        if not more:
            return reached
        reached |= more


def _repositories(row: Row) -> set[str]:
    return {_repository(name) for field in _NAMES for name in row[field]}


def _repository(name: str) -> str:
    return parse(name).name
