"""The records under `.yard` and the engine's images in, the records of what is gone out.

Of a build its inputs are kept, of an image what its tests said. The state of syncs is somebody's
data, and nobody's garbage.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from build_config import build_records
from build_config.cleaning.garbage import Garbage, Kind
from build_config.cleaning.images import Row
from build_config.fingerprint import Inputs

_HOUR: Final = 3600.0
_TEMPORARY: Final = "."
"""What `atomic_files` writes beside a file before it is renamed begins with it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """The engine's images as they will be.

    Attributes:
        rows: all of them, as they are.
        going: id -> the names of the image that go.
    """

    rows: tuple[Row, ...]
    going: Mapping[str, frozenset[str]]

    def stays(self, row: Row) -> bool:
        """Whether it keeps a name, or was not asked to go."""
        going = self.going.get(row.id, frozenset())
        return not going or not going.issuperset(row.tags)

    def after(self, rows: Iterable[Row]) -> frozenset[str]:
        """The names that have to go before these images are gone."""
        return frozenset(name for row in rows for name in self.going.get(row.id, frozenset()))


def standing(rows: tuple[Row, ...], garbage: Iterable[Garbage]) -> Standing:
    """The engine's images, when this garbage has gone."""
    going: dict[str, frozenset[str]] = {}
    for item in garbage:
        going[item.image_id] = going.get(item.image_id, frozenset()) | {item.name}
    return Standing(rows=rows, going=going)


def built_here(state: Path, connectors: Collection[str]) -> dict[str, str]:
    """Fingerprint -> connector, of each build on record of a connector that is not there."""
    found = ((file.parent.name, inputs) for file, inputs in _inputs(state).items())
    return {i.fingerprint: name for name, i in found if i and name not in connectors}


def tested_here(state: Path) -> frozenset[str]:
    """Ids of the images of which it is on record what their tests said."""
    return frozenset(f"sha256:{file.stem}" for file in _test_records(state))


def old_records(state: Path, connectors: Collection[str], standing: Standing) -> Iterator[Garbage]:
    """Records of images that are gone, or will be, and what killed runs left beside them.

    Args:
        state: the folder `.yard`.
        connectors: the names of those that are there.
        standing: the engine's images.
    """
    found = _inputs(state)
    stood_on = _stood_on(filter(None, found.values()), standing)
    for file, inputs in found.items():
        of_it = [row for row in standing.rows if inputs and row.fingerprint == inputs.fingerprint]
        needed = any(map(standing.stays, of_it)) or (inputs and inputs.fingerprint in stood_on)
        name = file.parent.name
        if name not in connectors or not needed:
            why = "its image is gone" if name in connectors else f"there is no `{name}` any more"
            yield _record(file, why, after=standing.after(of_it))
    for file in _test_records(state):
        of_it = [row for row in standing.rows if row.id == f"sha256:{file.stem}"]
        if not any(map(standing.stays, of_it)):
            yield _record(file, "its image is gone", after=standing.after(of_it))
    yield from _left_behind(state)


def _left_behind(state: Path) -> Iterator[Garbage]:
    for file in sorted((state / "inputs").glob("[!.]*.json")):
        yield _record(file, "an older version of this tool left it")
    for folder in (*(state / "inputs").glob("*/"), state / "tests"):
        for file in sorted(folder.glob(f"{_TEMPORARY}*")):
            if _age(file) > _HOUR:
                yield _record(file, "a killed run left it")


def _stood_on(records: Iterable[Inputs], standing: Standing) -> frozenset[str]:
    """Fingerprints of what the images that stay were built on, and of what that was built on."""
    bases = {inputs.fingerprint: frozenset(inputs.bases.values()) for inputs in records}
    found: frozenset[str] = frozenset()
    new = frozenset(row.fingerprint for row in standing.rows if standing.stays(row))
    while new := frozenset().union(*(bases.get(fingerprint, ()) for fingerprint in new)) - found:
        found |= new
    return found


def _inputs(state: Path) -> dict[Path, Inputs | None]:
    """Each record of a build -> what it says; None where it cannot be read."""
    files = sorted((state / "inputs").glob("*/[!.]*.json"))
    return {file: build_records.read(state, file.parent.name, file.stem) for file in files}


def _test_records(state: Path) -> list[Path]:
    return sorted((state / "tests").glob("[!.]*.json"))


def _record(file: Path, why: str, *, after: frozenset[str] = frozenset()) -> Garbage:
    return Garbage(kind=Kind.RECORD, name=str(file), why=why, size=_size(file), after=after)


def _size(file: Path) -> int:
    try:
        return file.lstat().st_size
    except OSError:
        return 0


def _age(file: Path) -> float:
    try:
        return time.time() - file.lstat().st_mtime
    except OSError:
        return 0.0
