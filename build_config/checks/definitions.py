"""The catalog and the images are about the same things, and what must be unique is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from build_config.checks.catalog import COMMON, Entry, is_uuid
from build_config.checks.matching import last_part, plain_name
from build_config.checks.subject import Subject
from build_config.connector import Connector
from build_config.defect import Defect
from build_config.settings import DEFAULTS


def check(subject: Subject) -> Iterator[Defect]:
    """Definitions, what they have to say, and whose they are."""
    yield from _fields(subject)
    yield from _with_another_image(subject)
    yield from _without_an_image(subject)
    yield from _without_a_definition(subject)
    yield from _ids(subject)
    yield from _unique(subject, "definition-id-unique", _id)
    yield from _unique(subject, "definition-name-unique", _name)
    yield from _repositories(subject)


def _about(subject: Subject, entry: Entry, field: str) -> Defect:
    """A defect of this field that says nothing yet."""
    meant = {id(entry): connector.name for entry, connector in subject.matches.meant}
    named = (
        connector.name
        for connector in subject.connectors
        if (connector.kind, connector.image.name) == (entry.kind, entry.repository)
    )
    return Defect(
        rule="",
        message="",
        connector=meant.get(id(entry)) or next(named, ""),
        path=entry.path,
        line=entry.line_of(field),
    )


def _fields(subject: Subject) -> Iterator[Defect]:
    for entry in subject.catalog.entries:
        for key in (entry.id_key, *COMMON):
            if key not in entry.fields:
                yield replace(
                    _about(subject, entry, key),
                    rule="definition-fields",
                    message=f"`{key}` is missing",
                    cure=f"add `{key}`",
                )


def _with_another_image(subject: Subject) -> Iterator[Defect]:
    for entry, connector in subject.matches.meant:
        image = connector.image.name
        if entry.repository and not _label_is_odd(entry, connector):
            yield replace(
                _about(subject, entry, "dockerRepository"),
                rule="definition-repository",
                message=f"`dockerRepository` is `{entry.repository}`, the image is `{image}`",
                cure=f"write `{image}`",
            )


def _label_is_odd(entry: Entry, connector: Connector) -> bool:
    """The label is what is wrong, which `repository-directory` says already."""
    return last_part(entry.repository) == connector.name != last_part(connector.image.name)


def _without_an_image(subject: Subject) -> Iterator[Defect]:
    for entry in subject.matches.strays:
        if entry.repository:
            yield replace(
                _about(subject, entry, "dockerRepository"),
                rule="definition-orphan",
                message=f"no directory here builds `{entry.repository}` as a {entry.kind}",
                cure="remove the definition, or correct `dockerRepository`",
            )


def _without_a_definition(subject: Subject) -> Iterator[Defect]:
    """Where none are kept, metadata.yaml files are the catalog; a variant may share its twin's."""
    places = subject.settings.definitions
    for connector in subject.matches.missing:
        twin = plain_name(connector.name)
        metadata = subject.metadata.get(connector.name)
        none_kept = connector.kind not in subject.catalog.kept
        none_wanted = places[connector.kind] == DEFAULTS["definitions"][connector.kind]
        enough = none_kept and none_wanted and metadata and metadata.id
        if _may_be_unreadable(subject, connector):
            continue
        if not enough and (twin == connector.name or twin not in subject.matches.of):
            yield Defect(
                rule="definition-missing",
                message=f"no definition names its image `{connector.image.name}`",
                connector=connector.name,
                path=connector.dockerfile_path,
                cure=f"add one to `{places[connector.kind]}`",
            )


def _may_be_unreadable(subject: Subject, connector: Connector) -> bool:
    """Its definition may be in a file that cannot be read, as far as the file's name goes."""
    place = subject.settings.definitions[connector.kind]
    stems = {
        PurePosixPath(defect.path).stem
        for defect in subject.catalog.defects
        if defect.path == place or defect.path.startswith(f"{place}/")
    }
    others = {other.name for other in subject.connectors if other is not connector}
    return bool(stems - others)


def _ids(subject: Subject) -> Iterator[Defect]:
    for entry in _entries(subject):
        if entry.id and not is_uuid(entry.id):
            yield replace(
                _about(subject, entry, entry.id_key),
                rule="definition-id",
                message=f"`{entry.id_key}` is `{entry.id}`, which is no UUID",
                cure="give it a fresh one: `python -c 'import uuid; print(uuid.uuid4())'`",
            )


def _entries(subject: Subject) -> Iterator[Entry]:
    """The definitions, and the metadata of connectors without one: each connector once."""
    yield from subject.catalog.entries
    told = {*subject.matches.of, *(connector.name for _, connector in subject.matches.meant)}
    yield from (entry for name, entry in sorted(subject.metadata.items()) if name not in told)


def _id(entry: Entry) -> tuple[str, str, str]:
    return entry.id.lower(), entry.id_key, f"the id `{entry.id}`"


def _name(entry: Entry) -> tuple[str, str, str]:
    name = entry.text("name")
    return f"{entry.kind} {name}" if name else "", "name", f"the name `{name}`"


def _unique(
    subject: Subject, rule: str, claim: Callable[[Entry], tuple[str, str, str]]
) -> Iterator[Defect]:
    """Every claimant but the first; a variant and its twin count as one.

    `claim` gives what must be unique, the field that says it, and how to call it.
    """
    first: dict[str, Entry] = {}
    for entry in _entries(subject):
        claimed, field, words = claim(entry)
        other = first.setdefault(claimed, entry)
        if claimed and plain_name(other.repository) != plain_name(entry.repository):
            where = f"{other.path}:{other.line_of(field)}"
            yield replace(
                _about(subject, entry, field),
                rule=rule,
                message=f"{words} is also that of `{other.repository}` ({where})",
                cure="give it one of its own",
            )


def _repositories(subject: Subject) -> Iterator[Defect]:
    """Every definition of an image but the first; `definition-repository` tells some already."""
    first: dict[str, Entry] = {}
    told = {id(entry) for entry, _ in subject.matches.meant}
    for entry in subject.catalog.entries:
        other = first.setdefault(entry.repository, entry)
        if entry.repository and other is not entry and id(entry) not in told:
            where = f"{other.path}:{other.line_of('dockerRepository')}"
            yield replace(
                _about(subject, entry, "dockerRepository"),
                rule="definition-repository-unique",
                message=f"`{entry.repository}` has a definition already ({where})",
                cure="remove one of them",
            )
