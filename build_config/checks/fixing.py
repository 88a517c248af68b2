"""Defects that are mechanical in, their files edited: nothing else in them is touched."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from build_config.atomic_files import rewrite
from build_config.defect import Defect
from build_config.edits import edited
from build_config.errors import YardError


def fix(root: Path, defects: Iterable[Defect]) -> tuple[Defect, ...]:
    """Put right what can be, file by file; gives the defects that are no more.

    A file is either as it was or has all its edits; line ends, quotes and comments stay.

    Raises:
        YardError: a file cannot be written.
    """
    by_path: dict[str, list[Defect]] = {}
    for defect in defects:
        if defect.edit is not None:
            by_path.setdefault(defect.edit.path, []).append(defect)
    fixed: list[Defect] = []
    for path, members in by_path.items():
        try:
            fixed += _fix_file(root / path, members)
        except OSError as error:
            raise YardError(f"`{path}` cannot be written: {error.strerror}") from error
    return tuple(fixed)


def _fix_file(file: Path, defects: list[Defect]) -> list[Defect]:
    place = file.resolve()  # a link stays one
    before = place.read_bytes() if place.exists() else b""
    content, done = before, list[Defect]()
    for defect in defects:
        after = edited(content, defect.edit) if defect.edit else None
        if after is not None:
            content = after
            done.append(defect)
    if content != before:
        rewrite(place, content)
    return done
