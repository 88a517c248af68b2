"""Documents in, a folder that holds them and whatever else was there out.

Readers see each file as it was or as it is, never half of it. All is written aside before the
first file is replaced, so a full disk changes nothing; what a killed run leaves, the next removes.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from build_config import file_lock
from build_config.errors import UsageError

MARKER = ".connector-yard-catalog"
"""Says that the folder is a catalog, and which of its files we wrote."""

_ASIDE = ".connector-yard-catalog-new-"
_OURS = re.compile(r"(?:[\w][\w.-]*/)?[\w][\w.-]*", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """What became of the files: how many were written, were as they should be, were removed."""

    written: int
    unchanged: int
    removed: int


def write(folder: Path, documents: Mapping[str, bytes]) -> Written:
    """Make the folder hold exactly these documents, beside what is not ours.

    Args:
        folder: an earlier catalog, an empty folder, or one that is not there yet.
        documents: by path below the folder, in the order in which they are replaced.

    Raises:
        UsageError: the folder holds something else, or leads out of itself.
        OSError: it cannot be written; while the new files are written aside, nothing has changed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        earlier = _earlier(folder)
        for left in folder.glob(f"{_ASIDE}*"):
            shutil.rmtree(left, ignore_errors=True)
        _refuse_links(folder, earlier | set(documents))
        changed = {p: c for p, c in documents.items() if _content(folder / p) != c}
        stale = earlier - set(documents)
        # Until all is in place, both what was and what will be there is ours to remove.
        _replace(folder, {MARKER: _marker(earlier | set(documents)), **changed})
        for path in sorted(stale):
            (folder / path).unlink(missing_ok=True)
        _tidy(folder, stale)
        _replace(folder, {MARKER: _marker(documents)})
    return Written(
        written=len(changed), unchanged=len(documents) - len(changed), removed=len(stale)
    )


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One writer at a time; the lock is that of the folder itself, so nothing is left of it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        file_lock.take(descriptor, wait=True)
        yield
    finally:
        os.close(descriptor)


def _earlier(folder: Path) -> set[str]:
    """What an earlier run wrote.

    Raises:
        UsageError: none has, and the folder is not empty.
    """
    try:
        listed = json.loads((folder / MARKER).read_bytes())
    except FileNotFoundError:
        if any(not file.name.startswith(_ASIDE) for file in folder.iterdir()):
            raise UsageError(
                f"`{folder}` holds something else than a catalog",
                hint="give `--output` a folder that is empty or not there yet",
            ) from None
        return set()
    except (ValueError, RecursionError):
        listed = None
    if not isinstance(listed, list):  # torn or foreign: then nothing is removed
        return set()
    return {p for p in listed if isinstance(p, str) and _OURS.fullmatch(p) and p != MARKER}


def _refuse_links(folder: Path, documents: Iterable[str]) -> None:
    """A folder below ours that is a link would have us write somewhere else."""
    for parent in {folder / Path(path).parent for path in documents} - {folder}:
        if parent.is_symlink():
            raise UsageError(
                f"`{parent}` is a link", hint="remove it, or choose another `--output`"
            )


def _content(file: Path) -> bytes | None:
    """None for what is not a file of its own."""
    with suppress(OSError):
        if not file.is_symlink():
            return file.read_bytes()
    return None


def _replace(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write all of them aside, then rename one after the other."""
    aside = Path(tempfile.mkdtemp(prefix=_ASIDE, dir=folder))
    try:
        for number, content in enumerate(contents.values()):
            with (aside / str(number)).open("wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
        for number, path in enumerate(contents):
            (folder / path).parent.mkdir(exist_ok=True)
            (aside / str(number)).replace(folder / path)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _tidy(folder: Path, removed: Iterable[str]) -> None:
    """Folders of ours that nothing is in any more."""
    for parent in {folder / Path(path).parent for path in removed} - {folder}:
        with suppress(OSError):
            parent.rmdir()


def _marker(paths: Iterable[str]) -> bytes:
    return (json.dumps(sorted(paths), indent=2) + "\n").encode()
