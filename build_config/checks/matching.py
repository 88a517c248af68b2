"""Connectors and the catalog in, who belongs to whom out."""

from __future__ import annotations

import difflib
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from build_config.checks.catalog import Entry
from build_config.connector import Connector, Kind

_VARIANT = "-strict-encrypt"
"""Airbyte's own pairs: `x-strict-encrypt` is `x` for their cloud, with its id, name and page."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Matches:
    """Which definition is whose.

    Attributes:
        of: connector name -> its definition.
        meant: entries that name no image of this repository, and the connector they must mean.
        strays: entries that are nobody's.
        missing: connectors without a definition.
    """

    of: dict[str, Entry]
    meant: tuple[tuple[Entry, Connector], ...]
    strays: tuple[Entry, ...]
    missing: tuple[Connector, ...]


def plain_name(name: str) -> str:
    """The twin that a variant shares id, name and page with; its own name for all others."""
    return name.removesuffix(_VARIANT)


def last_part(repository: str) -> str:
    """`source-x` of `airbyte/source-x`."""
    return repository.rpartition("/")[2]


def match(
    connectors: Sequence[Connector],
    entries: Sequence[Entry],
    metadata: Mapping[str, Entry],
    broken: frozenset[str],
) -> Matches:
    """Match them by image name, and what is left by what else speaks for it.

    Of two definitions of one image the second may be another connector's, copied from the first.
    Definitions of `broken`, the directories that could not be read, are left out.
    """
    by_image = {(c.kind, c.image.name): c for c in connectors}
    owners = [by_image.get((entry.kind, entry.repository)) for entry in entries]
    of: dict[str, Entry] = {}
    left: list[Entry] = []
    copies: list[Entry] = []
    for entry, owner in zip(entries, owners, strict=True):
        if owner is None and not _names(entry) & broken:
            left.append(entry)
        elif owner is not None and of.setdefault(owner.name, entry) is not entry:
            copies.append(entry)
    named = {(entry.kind, entry.repository) for entry in entries}  # of two that claim one image too
    without = [c for c in connectors if (c.kind, c.image.name) not in named]
    single = {c.name: c for c in without if c.kind is not Kind.BASE}
    meant: list[tuple[Entry, Connector]] = []
    for guess, candidates in (
        (_by_id, left), (_by_id, copies), (_by_name, left), (_by_name, copies),
        (_by_likeness, left),
    ):  # fmt: skip
        for entry in tuple(candidates):
            rivals = {name: c for name, c in single.items() if c.kind is entry.kind}
            name = guess(entry, rivals, metadata)
            if name:
                meant.append((entry, single.pop(name)))
                candidates.remove(entry)
    return Matches(of=of, meant=tuple(meant), strays=tuple(left), missing=tuple(single.values()))


def _names(entry: Entry) -> frozenset[str]:
    """What its connector's directory may be called."""
    return frozenset({last_part(entry.repository), PurePosixPath(entry.path).stem})


def _by_id(entry: Entry, rivals: Container[str], metadata: Mapping[str, Entry]) -> str:
    ids = (name for name, other in metadata.items() if other.id == entry.id and name in rivals)
    return next(ids, "") if entry.id else ""


def _by_name(entry: Entry, rivals: Container[str], _metadata: Mapping[str, Entry]) -> str:
    return next((name for name in sorted(_names(entry)) if name in rivals), "")


def _by_likeness(entry: Entry, rivals: Iterable[str], _metadata: Mapping[str, Entry]) -> str:
    wanted = last_part(entry.repository)
    return next(iter(difflib.get_close_matches(wanted, list(rivals), n=1, cutoff=0.9)), "")
