"""One thing that may go, as a value: what it is, why nobody needs it, what it takes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Final

from build_config.columns import aligned
from build_config.wording import counted, size

_HASH: Final = re.compile(r"(?:sha256:)?([0-9a-f]{12})[0-9a-f]{52}")


class Kind(StrEnum):
    """What can be left over, in the order in which it is removed."""

    LOGS = "log"
    CONTAINER = "container"
    VOLUME = "volume"
    IMAGE = "image"
    RECORD = "record"


@dataclass(frozen=True, kw_only=True, slots=True)
class Garbage:
    """One thing that nobody needs any more.

    Attributes:
        name: what a person, and the engine, knows it by: `acme/source-x:dev-test`, an image's id,
            a path.
        why: in a few words.
        size: in bytes, of its own: what it shares with others is not counted; None is unknown.
        image_id: of an image, what the engine calls it.
        after: names of the images that have to be gone first.
    """

    kind: Kind
    name: str
    why: str
    size: int | None = None
    image_id: str = ""
    after: frozenset[str] = frozenset()


def table(found: Sequence[Garbage]) -> str:
    """All of it for people: what, how large, why."""
    rows = [
        (item.kind, _short(item), "?" if item.size is None else size(item.size), item.why)
        for item in found
    ]
    return aligned(("what", "name", "size", "why"), rows)


def summed(found: Iterable[Garbage]) -> str:
    """`1 log, 3 images: at least 12.3 MB`: what several images share is in none of their sizes."""
    items = sorted(found, key=lambda item: tuple(Kind).index(item.kind))
    kinds = [counted(len(list(group)), kind) for kind, group in groupby(items, lambda i: i.kind)]
    total = size(sum(item.size or 0 for item in items))
    is_more = any(item.size is None for item in items) or len(_images(items)) > 1
    unknown = "at least " if is_more else ""
    return f"{', '.join(kinds)}: {unknown}{total}"


def _images(items: Iterable[Garbage]) -> frozenset[str]:
    return frozenset(item.image_id for item in items if item.kind is Kind.IMAGE)


def _short(item: Garbage) -> str:
    """With the beginning of a hash, as the engine's tools show it, so that rows fit a screen."""
    return _HASH.sub(r"\1", item.name)
