"""A generated connector and its template of today in, the changes that bring it up to date out."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from build_config import git
from build_config.atomic_files import rewrite
from build_config.errors import RepositoryError, UsageError, YardError
from build_config.scaffold import record as records
from build_config.scaffold.asking import all_answers, refuse_wrong_answers
from build_config.scaffold.definition_list import is_list
from build_config.scaffold.files import File, Files, read_file
from build_config.scaffold.merging import Merged, Outcome, merge
from build_config.scaffold.names import Name
from build_config.scaffold.placing import connector_path, definition_path
from build_config.scaffold.record import CONNECTOR, DEFINITION, DOCS, Record, base_of
from build_config.scaffold.rendering import render
from build_config.scaffold.taken import docs_path
from build_config.scaffold.template import Template
from build_config.scaffold.variables import known, with_answers
from build_config.settings import Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What happens to one file.

    Attributes:
        path: relative to the root.
        own: the file as it is now; None where there is none.
    """

    path: str
    own: File | None
    merged: Merged


@dataclass(frozen=True, kw_only=True, slots=True)
class Update:
    """All that happens to one connector.

    Attributes:
        changes: of every file that does not stay as it is for the reason that nothing changed.
        record: the new one.
        recorded: it differs from the old one.
    """

    name: str
    changes: tuple[Change, ...]
    record: Record
    recorded: bool

    @property
    def conflicts(self) -> tuple[Change, ...]:
        """What a person has to decide."""
        return tuple(c for c in self.changes if c.merged.outcome is Outcome.CONFLICT)


def find_generated(settings: Settings) -> dict[str, Record]:
    """The record of each connector that was generated, by the name of its directory.

    Raises:
        RepositoryError: a record cannot be read; all of them.
    """
    found, defects = {}, list[str]()
    hint = ""
    for file in sorted((settings.root / settings.connectors).glob(f"*/{records.NAME}")):
        try:
            shown = file.relative_to(settings.root).as_posix()
            found[file.parent.name] = records.decode(file.read_bytes(), shown)
        except OSError as error:
            defects.append(f"{file}: cannot be read: {error.strerror}")
        except RepositoryError as error:
            defects += error.defects
            hint = error.hint
    if defects:
        raise RepositoryError(tuple(defects), hint=hint)
    return found


def refuse_uncommitted(settings: Settings, generated: Mapping[str, Record]) -> None:
    """Refuse where git could not bring back what an update replaces.

    Raises:
        UsageError: something is not committed, or git does not keep it.
    """
    hint = "commit it first, or add `--force`"
    snapshot = git.snapshot(settings.root)
    if snapshot is None:
        raise UsageError("not a git repository: an update could not be undone", hint=hint)
    changed = {path.decode(errors="surrogateescape") for path in snapshot.changed}
    dirty = [
        name
        for name, record in generated.items()
        if snapshot.is_dirty(connector_path(settings, name))
        or changed & {path for path in _singles(settings, record.name).values() if path}
    ]
    if dirty:
        names = ", ".join(f"`{name}`" for name in dirty)
        raise UsageError(f"not everything is committed of {names}", hint=hint)


def plan_update(
    settings: Settings,
    templates: Mapping[str, Template],
    name: str,
    record: Record,
    given: Mapping[str, str],
) -> Update:
    """Merge what the template gives now with what is there; nothing is written.

    Raises:
        UsageError: the template is gone, or it asks something new that has no default.
        RepositoryError: the template is broken.
    """
    template = templates.get(record.template)
    if template is None:
        raise UsageError(
            f"`{name}` was made from the template `{record.template}`, which is gone",
            hint="see `invoke generate --list`; `--connector=…` updates others",
        )
    refuse_wrong_answers(template, given)
    facts = known(settings, template, record.name)
    answers = all_answers(template, facts, {**record.answers, **given}, None)
    rendered = records.with_ignore_rule(render(template, with_answers(facts, answers)))
    new = base_of(rendered)
    changes = _changes(settings, name, record, new)
    present = Record(
        template=template.name, answers={"name": record.name.name, **answers}, base=new
    )
    return Update(name=name, changes=changes, record=present, recorded=present != record)


def apply(settings: Settings, update: Update) -> None:
    """Write it, file by file, and last what is to be remembered of it.

    Raises:
        YardError: a file cannot be written.
    """
    try:
        for change in update.changes:
            _apply(settings.root, change)
        if update.recorded:
            folder = settings.root / connector_path(settings, update.name)
            rewrite(folder / records.NAME, records.encode(update.record))
    except OSError as error:
        raise YardError(
            f"`{update.name}`: `{error.filename}` cannot be written: {error.strerror}",
            hint="`git status` shows what was changed before; run it again after the cure",
        ) from error


def _changes(settings: Settings, folder: str, record: Record, new: Files) -> tuple[Change, ...]:
    found, base = [], record.base
    for key in sorted({*base, *new}):
        path = _path(settings, folder, record.name, key)
        if path is None:
            continue
        place = settings.root / path
        if place.is_symlink() or place.is_dir():
            own = None
            merged = Merged(outcome=Outcome.KEPT, why="it is no file any more")
            if base.get(key) == new.get(key):
                continue
        else:
            own = read_file(place) if place.exists() else None
            merged = merge(settings.root, base.get(key), own, new.get(key))
        if merged.outcome is not Outcome.SAME:
            found.append(Change(path=path, own=own, merged=merged))
    return tuple(found)


def _path(settings: Settings, folder: str, name: Name, key: str) -> str | None:
    """Where the file of a record is; None where it has none of its own."""
    if key.startswith(CONNECTOR):
        return f"{connector_path(settings, folder)}/{key.removeprefix(CONNECTOR)}"
    return _singles(settings, name).get(key)


def _singles(settings: Settings, name: Name) -> dict[str, str | None]:
    """Page and definition; an entry of a list is the person's own from the first day on."""
    listed = is_list(settings, settings.definitions[name.kind])
    return {
        DOCS: docs_path(settings, name),
        DEFINITION: None if listed else definition_path(settings, name),
    }


def _apply(root: Path, change: Change) -> None:
    place, file = root / change.path, change.merged.file
    if change.merged.outcome is Outcome.REMOVED:
        place.unlink()
        for parent in PurePosixPath(change.path).parents:
            with suppress(OSError):  # something else is in it
                (root / parent).rmdir()
    elif file is not None:
        place.parent.mkdir(parents=True, exist_ok=True)
        rewrite(place, file.content)
        _set_executable(place, file.executable)


def _set_executable(place: Path, wanted: bool) -> None:  # noqa: FBT001 - what its name says
    mode = place.stat().st_mode & 0o777
    reading = mode & 0o444
    place.chmod((mode & ~0o111) | (reading >> 2 if wanted else 0))
