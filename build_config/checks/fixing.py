"""Defects that are mechanical in, their files edited: nothing else in them is touched."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from build_config.atomic_files import rewrite
from build_config.defect import Defect, Edit
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
        after = _edited(content, defect.edit) if defect.edit else None
        if after is not None:
            content = after
            done.append(defect)
    if content != before:
        rewrite(place, content)
    return done


def _edited(content: bytes, edit: Edit) -> bytes | None:
    """The file with the edit; None where it is not as it was when the rule looked."""
    if edit.line is None:
        return _with_line(content, edit.new.encode())
    lines = content.split(b"\n")
    if edit.line > len(lines):
        return None
    line = lines[edit.line - 1].decode(errors="surrogateescape")
    bom = 1 if line.startswith("\ufeff") else 0  # columns are counted without it
    at = line.find(edit.old, edit.column + bom)
    if at < 0:
        return None
    line = line[:at] + edit.new + line[at + len(edit.old) :]
    lines[edit.line - 1] = line.encode(errors="surrogateescape")
    return b"\n".join(lines)


def _with_line(content: bytes, new: bytes) -> bytes:
    """Appended, once, with the line ends that the file has."""
    end = b"\r\n" if b"\r\n" in content else b"\n"
    if new in content.splitlines():
        return content
    gap = end if content and not content.endswith(b"\n") else b""
    return content + gap + new + end
