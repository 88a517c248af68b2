"""Bumps in, every file that they change out, with its old and its new content: nothing written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from build_config.bumping.entries import News, heading_edits
from build_config.bumping.proof import dockerfile_objection, objection
from build_config.bumping.rows import row_edits
from build_config.bumping.targets import Bump
from build_config.checks.subject import Subject
from build_config.checks.version_places import (
    catalog_places,
    changelogs,
    dockerfile_places,
    project_places,
)
from build_config.defect import Edit
from build_config.discovery import VERSION_LABEL
from build_config.edits import edited_by_all, line_end
from build_config.errors import RepositoryError

_BOM = "\ufeff"


@dataclass(frozen=True, kw_only=True, slots=True)
class FileChange:
    """A file that gets another content.

    Attributes:
        path: relative to the root, links resolved, with forward slashes.
        connectors: names of those that it changes for.
    """

    path: str
    before: bytes
    after: bytes
    connectors: frozenset[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Wanted:
    """An edit and whose it is."""

    edit: Edit
    bump: Bump


def changes(subject: Subject, bumps: Sequence[Bump], today: date) -> tuple[FileChange, ...]:
    """The new content of each file, read again and found to be right, by path.

    Raises:
        RepositoryError: with every file that cannot be changed, and why.
    """
    wanted: dict[str, list[_Wanted]] = {}
    problems: list[str] = []
    root = subject.settings.root
    for bump in bumps:
        edits = list(_edits(subject, bump, today))
        problems += _without_place(bump, edits)
        for edit in edits:
            place = (root / edit.path).resolve()
            path = place.relative_to(root).as_posix() if place.is_relative_to(root) else ""
            if path:
                wanted.setdefault(path, []).append(
                    _Wanted(edit=replace(edit, path=path), bump=bump)
                )
            else:
                problems.append(f"{edit.path}: a link out of the repository")
    made = []
    for path in sorted(wanted):
        change = _changed(root, path, wanted[path])
        if isinstance(change, str):
            problems.append(f"{path}: {change}")
        else:
            made.append(change)
    if problems:
        hint = "write the version there as it is, in one piece; nothing was changed"
        raise RepositoryError(tuple(problems), hint=hint)
    return tuple(made)


def _edits(subject: Subject, bump: Bump, today: date) -> Iterator[Edit]:
    connector = bump.connector
    if bump.raises:
        for places in (dockerfile_places, catalog_places, project_places):
            yield from (place.edit(bump.version) for place in places(subject, connector))
    news = News(version=bump.version, message=bump.message, today=today)
    for told in changelogs(subject, connector):
        text = subject.text(told.path)
        end = line_end(text.encode())
        if told.page:
            yield from row_edits(told.path, text, told.versions, news, end)
        else:
            yield from heading_edits(told.path, text, news, end)


def _without_place(bump: Bump, edits: Sequence[Edit]) -> Iterator[str]:
    """A label that is there and that no word of the Dockerfile says in one piece."""
    connector = bump.connector
    path = connector.dockerfile_path
    said = VERSION_LABEL in connector.dockerfile.labels
    if bump.raises and said and not any(edit.path == path for edit in edits):
        yield (
            f"{path}: no word of it is `{connector.version}`: the label {VERSION_LABEL} is put "
            "together, or comes from a build argument of the settings"
        )


def _changed(root: Path, path: str, wanted: Sequence[_Wanted]) -> FileChange | str:
    """The change, or what speaks against it."""
    edits = list(dict.fromkeys(want.edit for want in wanted))
    try:
        before = (root / path).read_bytes()
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    after = edited_by_all(before, edits)
    if after is None:
        return f"no line of it says `{next((e.old for e in edits if e.old), '')}` as it is read"
    old, new = (_text(content) for content in (before, after))
    connector, version = wanted[0].bump.connector, wanted[0].bump.version
    wrong = (
        dockerfile_objection(connector, new, version)
        if path.rpartition("/")[2] == "Dockerfile"
        else objection(path.rpartition("/")[2], old, new, edits)
    )
    names = frozenset(want.bump.connector.name for want in wanted)
    return wrong or FileChange(path=path, before=before, after=after, connectors=names)


def _text(content: bytes) -> str:
    return content.decode(errors="surrogateescape").removeprefix(_BOM)
