"""Connectors and the catalog in, who belongs to whom out."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
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
    connectors: Sequence[Connector], entries: Sequence[Entry], metadata: dict[str, Entry]
) -> Matches:
    """Match them by image name, and what is left by what else speaks for it."""
    of: dict[str, Entry] = {}
    left: list[Entry] = []
    by_image = {(c.kind, c.image.name): c for c in connectors}
    for entry in entries:
        owner = by_image.get((entry.kind, entry.repository))
        if owner is None:
            left.append(entry)
        else:
            of.setdefault(owner.name, entry)
    single = [c for c in connectors if c.kind is not Kind.BASE and c.name not in of]
    meant, strays = [], []
    for entry in left:
        owner = _meant(entry, single, metadata)
        if owner is None:
            strays.append(entry)
        else:
            single.remove(owner)
            meant.append((entry, owner))
    return Matches(of=of, meant=tuple(meant), strays=tuple(strays), missing=tuple(single))


def _meant(
    entry: Entry, single: Sequence[Connector], metadata: dict[str, Entry]
) -> Connector | None:
    """Whose it must be: by the id, the file's name, the directory's name, or nearly so."""
    rivals = {c.name: c for c in single if c.kind is entry.kind}
    for name, connector in rivals.items():
        if entry.id and name in metadata and metadata[name].id == entry.id:
            return connector
    for name in (PurePosixPath(entry.path).stem, last_part(entry.repository)):
        if name in rivals:
            return rivals[name]
    close = difflib.get_close_matches(last_part(entry.repository), list(rivals), n=1, cutoff=0.9)
    return rivals[close[0]] if close else None
