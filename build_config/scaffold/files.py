"""Files of a connector, in memory: a folder of a template or of the repository in, values out."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_JUNK_FOLDERS = frozenset(
    ("__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".git", ".gradle", "build")
)
_JUNK_ENDS = (".pyc", ".DS_Store", "~", ".swp")


@dataclass(frozen=True, kw_only=True, slots=True)
class File:
    """One file as it is to be on disk.

    Attributes:
        executable: it may be run; git records no other mode.
    """

    content: bytes
    executable: bool = False


Files = Mapping[str, File]
"""By path, relative, with `/`."""


def read_folder(folder: Path) -> dict[str, File]:
    """All files below a folder, sorted, without links and without what tools leave behind.

    Raises:
        OSError: one of them cannot be read.
    """
    return {path: read_file(folder / path) for path in sorted(_below(folder, ""))}


def read_file(file: Path) -> File:
    """One file.

    Raises:
        OSError: it cannot be read.
    """
    executable = bool(file.stat().st_mode & stat.S_IXUSR)
    return File(content=file.read_bytes(), executable=executable)


def digest(place: Path) -> str:
    """What tells a file, or a folder with all in it, from another; empty where there is none.

    Raises:
        OSError: it cannot be read.
    """
    if place.is_symlink() or not place.exists():
        return ""
    if place.is_file():
        return hashlib.sha256(place.read_bytes()).hexdigest()
    total = hashlib.sha256()
    for folder, folders, names in os.walk(place):
        folders.sort()
        for name in sorted(names):
            file = Path(folder, name)
            content = hashlib.sha256(file.read_bytes()).hexdigest()
            total.update(f"{file.relative_to(place).as_posix()}\0{content}\0".encode())
    return total.hexdigest()


def _below(folder: Path, prefix: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in _JUNK_FOLDERS:
                    yield from _below(folder / entry.name, f"{prefix}{entry.name}/")
            elif entry.is_file(follow_symlinks=False) and not entry.name.endswith(_JUNK_ENDS):
                yield f"{prefix}{entry.name}"
