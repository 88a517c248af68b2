"""A file as generated, as it is and as the template gives it now in, what becomes of it out."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from build_config import git_process
from build_config.errors import MachineError
from build_config.scaffold.files import File

_LABELS = ("yours", "as it was generated", "the template's")
_MOST_CONFLICTS = 127
"""What git-merge-file counts up to; above that its exit code is an error."""


class Outcome(StrEnum):
    """What happens to a file, as a person is told."""

    ADDED = "added"
    UPDATED = "updated"
    MERGED = "merged"
    REMOVED = "removed"
    CONFLICT = "conflict"
    KEPT = "kept"
    SAME = "same"


@dataclass(frozen=True, kw_only=True, slots=True)
class Merged:
    """What becomes of a file.

    Attributes:
        file: what is to be written; None where nothing is, or it is to be removed.
        why: said beside the outcome, where it needs saying.
    """

    outcome: Outcome
    file: File | None = None
    why: str = ""


def merge(root: Path, base: File | None, own: File | None, new: File | None) -> Merged:
    """Merge a file by three; None is a file that is not there.

    Raises:
        MachineError: git, which merges texts, is not installed.
    """
    if new in (base, own):
        return Merged(outcome=Outcome.SAME)
    if own == base:
        return _follow(base, new)
    if own is None:
        return Merged(outcome=Outcome.KEPT, why="you have removed it, the template has changed it")
    if new is None:
        return Merged(outcome=Outcome.KEPT, why="the template has no such file any more")
    return _texts(root, base, own, new)


def _follow(base: File | None, new: File | None) -> Merged:
    """The person has not touched it."""
    if new is None:
        return Merged(outcome=Outcome.REMOVED)
    return Merged(outcome=Outcome.ADDED if base is None else Outcome.UPDATED, file=new)


def _texts(root: Path, base: File | None, own: File, new: File) -> Merged:
    was_executable = base.executable if base else own.executable
    executable = new.executable if own.executable == was_executable else own.executable
    contents = (own.content, base.content if base else b"", new.content)
    if own.content == new.content or (base and base.content == new.content):
        return _clean(own, File(content=own.content, executable=executable))
    if any(b"\0" in content for content in contents):
        return Merged(outcome=Outcome.CONFLICT, why="no text: yours is kept as it is")
    text, conflicts = _merge_file(root, contents)
    if text is None:
        return Merged(outcome=Outcome.CONFLICT, why="git cannot merge it: yours is kept as it is")
    merged = File(content=text, executable=executable)
    if conflicts:
        return Merged(outcome=Outcome.CONFLICT, file=merged, why="both have changed the same lines")
    return _clean(own, merged)


def _clean(own: File, merged: File) -> Merged:
    if merged == own:
        return Merged(outcome=Outcome.SAME)
    return Merged(outcome=Outcome.MERGED, file=merged)


def _merge_file(root: Path, contents: tuple[bytes, bytes, bytes]) -> tuple[bytes | None, bool]:
    """The merged text and whether marks of conflicts are in it (git-merge-file(1))."""
    with tempfile.TemporaryDirectory(prefix="connector-yard-") as folder:
        files = [Path(folder, str(number)) for number in range(len(contents))]
        for file, content in zip(files, contents, strict=True):
            file.write_bytes(content)
        labels = [word for label in _LABELS for word in ("-L", label)]
        answer = git_process.ask(root, "merge-file", "-p", *labels, *map(str, files))
    if answer is None:
        raise MachineError("git is not installed, and it is what merges", hint="install git")
    if answer.returncode > _MOST_CONFLICTS or answer.returncode < 0:
        return None, True
    return answer.stdout, answer.returncode > 0
