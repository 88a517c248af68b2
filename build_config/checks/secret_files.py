"""What is secret stays out of git and out of images.

A connector's own `secrets/` never enters an image that is built here, whatever its ignore file
says (`dockerignore`); it is `secrets` folders further down that need a line there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from build_config import git_changes
from build_config.checks.subject import Subject
from build_config.connector import Connector, Kind
from build_config.defect import Defect, Edit
from build_config.dockerignore import read_rules
from build_config.errors import RepositoryError

_USUAL = "secrets/config.json"
"""Where `invoke sync` and the acceptance tests look for a config first."""

_LINE = "secrets/"
_HARMLESS = frozenset((".gitkeep", ".gitignore", "README.md"))
_PLACE = re.compile(r"`(?P<path>[^`]*)`, line (?P<line>\d+): (?P<problem>.*)")


def check(subject: Subject) -> Iterator[Defect]:
    """Every image; nothing of git where there is no git repository."""
    tracked, others = subject.secret_files or ((), ())
    yield from _tracked(subject, tracked)
    if subject.secret_files is not None:
        yield from _not_ignored(subject)
    for connector in subject.connectors:
        below = _below(connector, (*tracked, *others))
        yield from _in_images(subject, connector, below)


def _tracked(subject: Subject, tracked: Iterable[str]) -> Iterator[Defect]:
    for connector in subject.connectors:
        found = [f for f in _below(connector, tracked) if PurePosixPath(f).name not in _HARMLESS]
        if found:
            path = f"{connector.path}/{found[0]}"
            more = f" and {len(found) - 1} more" if len(found) > 1 else ""
            yield Defect(
                rule="secrets-tracked",
                message=f"`{found[0]}`{more} is in git",
                connector=connector.name,
                path=path,
                cure=f"`git rm --cached {path}`, and change the secret: the history keeps it",
            )


def _not_ignored(subject: Subject) -> Iterator[Defect]:
    wanted = {
        f"{c.path}/{_USUAL}": c
        for c in subject.connectors
        if c.kind is not Kind.BASE and not _is_link(subject.settings.root, c.path)
    }
    ignored = git_changes.ignored(subject.settings.root, wanted) if wanted else frozenset()
    said = _LINE in subject.text(".gitignore").split()  # and another rule takes it back
    edit = None if said else Edit(path=".gitignore", line=None, old="", new=_LINE)
    for path, connector in wanted.items():
        if path not in ignored:
            yield Defect(
                rule="secrets-git-ignored",
                message=f"git would take `{_USUAL}` in",
                connector=connector.name,
                path=".gitignore",
                cure=f"add the line `{_LINE}`" if edit else f"`git check-ignore -v {path}`",
                edit=edit,
            )


def _is_link(root: Path, path: str) -> bool:
    """Whether git takes nothing in there: it goes through no link, and asked about it, it fails."""
    place = root / path
    return place.is_symlink() or place.parent.is_symlink()


def _in_images(subject: Subject, connector: Connector, below: Iterable[str]) -> Iterator[Defect]:
    try:
        rules = read_rules(subject.settings.root, connector.path)
    except RepositoryError as error:
        yield from (_unreadable(connector, line) for line in error.defects)
        return
    inside = sorted({_folder(f) for f in below if not rules.excluded(f)})
    own = "Dockerfile.dockerignore"
    name = own if (subject.settings.root / connector.path / own).is_file() else ".dockerignore"
    for folder in inside:
        path = f"{connector.path}/{name}"
        yield Defect(
            rule="secrets-docker-ignored",
            message=f"`{folder}/` enters the image's build",
            connector=connector.name,
            path=path,
            cure="add the line `**/secrets`",
            edit=Edit(path=path, line=None, old="", new="**/secrets"),
        )


def _below(connector: Connector, paths: Iterable[str]) -> list[str]:
    prefix = f"{connector.path}/"
    return [path.removeprefix(prefix) for path in paths if path.startswith(prefix)]


def _folder(path: str) -> str:
    """`a/secrets` of `a/secrets/b/c`."""
    parts = PurePosixPath(path).parts
    return "/".join(parts[: parts.index("secrets") + 1])


def _unreadable(connector: Connector, line: str) -> Defect:
    place = _PLACE.fullmatch(line)
    return Defect(
        rule="dockerignore",
        message=place["problem"] if place else line,
        connector=connector.name,
        path=place["path"] if place else f"{connector.path}/.dockerignore",
        line=int(place["line"]) if place else None,
        cure="the syntax is that of Docker: docs.docker.com/build/concepts/context/",
    )
