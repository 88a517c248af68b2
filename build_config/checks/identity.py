"""A connector is called the same in its directory, its image and its metadata."""

from __future__ import annotations

from collections.abc import Iterator

from build_config.checks.catalog import Entry, is_uuid
from build_config.checks.matching import last_part
from build_config.checks.subject import Subject
from build_config.connector import Connector, Kind
from build_config.defect import Defect
from build_config.discovery import NAME_LABEL


def check(subject: Subject) -> Iterator[Defect]:
    """Sources and destinations; bases are called what their builders like."""
    claimed_twice = {d.connector for d in subject.found if d.rule == "image-unique"}
    for connector in subject.connectors:
        if connector.kind is Kind.BASE:
            continue
        if (
            last_part(connector.image.path) != connector.name
            and connector.name not in claimed_twice
        ):
            yield _another_name(subject, connector)
        entry = subject.metadata.get(connector.name)
        if entry is not None:
            yield from _metadata(subject, connector, entry)


def _another_name(subject: Subject, connector: Connector) -> Defect:
    path = connector.dockerfile_path
    line = subject.line_with(path, NAME_LABEL)
    if line is None:  # the name comes from metadata.yaml
        path = f"{connector.path}/metadata.yaml"
        line = subject.line_with(path, "dockerRepository")
    return Defect(
        rule="repository-directory",
        message=f"the image is `{connector.image.name}`, the directory `{connector.name}`",
        connector=connector.name,
        path=path,
        line=line,
        cure=f"end the image's name with `/{connector.name}`, or rename the directory",
    )


def _metadata(subject: Subject, connector: Connector, entry: Entry) -> Iterator[Defect]:
    """What metadata.yaml says again; the version is another rule's."""
    definition = subject.matches.of.get(connector.name)
    facts = [("connectorType", str(connector.kind), "a {} is what the directory says")]
    if last_part(connector.image.path) == connector.name:
        facts.append(("dockerRepository", connector.image.name, "the image is `{}`"))
    if definition is not None and is_uuid(definition.id):
        facts.append(("definitionId", definition.id, "its definition says `{}`"))
    if definition is not None:
        facts.append(("name", definition.text("name"), "its definition says `{}`"))
    for key, expected, words in facts:
        said = entry.repository if key == "dockerRepository" else entry.text(key)
        if key == "definitionId" and said.lower() == expected.lower():
            continue  # of a UUID case means nothing
        if said and expected and said != expected:
            yield Defect(
                rule="metadata-agrees",
                message=f"`{key}` is `{said}`, {words.format(expected)}",
                connector=connector.name,
                path=entry.path,
                line=entry.line_of(key),
                cure=f"write `{expected}`, or correct the other place",
            )
