"""Definitions and metadata files on disk in, their entries out, each value with its place."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from build_config.checks.values import Value, find, scalar
from build_config.connector import Connector, Kind
from build_config.defect import Defect
from build_config.definitions import definition_files
from build_config.settings import Settings
from build_config.yaml_files import YamlFileError, read_nodes

KINDS = (Kind.SOURCE, Kind.DESTINATION)
COMMON = ("name", "dockerRepository", "dockerImageTag", "documentationUrl")
"""Fields that every definition has, beside its id (StandardSourceDefinition.yaml of Airbyte)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One definition, or the `data` of one metadata.yaml.

    Attributes:
        id_key: what its id is called there.
        fields: its scalars, by key.
        line: where it begins.
    """

    kind: Kind
    path: str
    line: int
    id_key: str
    fields: MappingProxyType[str, Value]

    @property
    def id(self) -> str:
        """Empty where it has none."""
        return self.text(self.id_key)

    @property
    def repository(self) -> str:
        """Empty where it has none; without the registry that is the default."""
        return self.text("dockerRepository").removeprefix("docker.io/")

    def text(self, key: str) -> str:
        """What the field says; empty where it is absent."""
        return self.fields[key].text if key in self.fields else ""

    def line_of(self, key: str) -> int:
        """Where the field stands; where the entry begins when it has no such field."""
        return self.fields[key].line if key in self.fields else self.line


@dataclass(frozen=True, kw_only=True, slots=True)
class Catalog:
    """All definitions of the repository.

    Attributes:
        kept: the kinds whose definitions are kept here: the settings name a place that exists.
    """

    entries: tuple[Entry, ...]
    kept: frozenset[Kind]
    defects: tuple[Defect, ...]


def read_catalog(settings: Settings) -> Catalog:
    """Read what can be read; the rest becomes defects."""
    entries: list[Entry] = []
    defects: list[Defect] = []
    kept = set()
    for kind in KINDS:
        place = settings.root / settings.definitions[kind]
        if place.exists():
            kept.add(kind)
            found = tuple(_in_place(settings, kind))
            entries += [entry for entry in found if isinstance(entry, Entry)]
            defects += [defect for defect in found if isinstance(defect, Defect)]
    return Catalog(entries=tuple(entries), kept=frozenset(kept), defects=tuple(defects))


def read_metadata(
    settings: Settings, connectors: Iterable[Connector]
) -> tuple[dict[str, Entry], list[Defect]]:
    """The entries of the metadata.yaml files by connector name, and what is wrong with others."""
    entries, defects = {}, []
    for connector in connectors:
        path = f"{connector.path}/metadata.yaml"
        try:
            node = read_nodes(settings.root / path, path)
        except YamlFileError as error:
            defects.append(_unreadable("metadata", error, connector.name))
            continue
        data = find(node, "data")
        if data is not None and data.id == "mapping":
            entries[connector.name] = _entry(data, connector.kind, path, "definitionId")
        elif node is not None:
            message = "`data` must be a mapping"
            defects.append(
                Defect(rule="metadata", message=message, connector=connector.name, path=path)
            )
    return entries, defects


def is_uuid(text: str) -> bool:
    """Whether it is one, written as people write them."""
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def _in_place(settings: Settings, kind: Kind) -> Iterator[Entry | Defect]:
    place = settings.definitions[kind]
    try:
        files = definition_files(settings.root / place)
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        yield Defect(rule="definition-syntax", message=message, path=place)
        return
    for file in files:
        shown = file.relative_to(settings.root).as_posix()
        try:
            node = read_nodes(file, shown)
        except YamlFileError as error:
            yield _unreadable("definition-syntax", error, "")
            continue
        yield from _in_file(node, kind, shown)


def _in_file(node: Any, kind: Kind, shown: str) -> Iterator[Entry | Defect]:
    """One entry, or a list of them; an empty file is none."""
    if node is None:
        return
    for item in node.value if node.id == "sequence" else [node]:
        if item.id == "mapping":
            yield _entry(item, kind, shown, f"{kind}DefinitionId")
        else:
            yield Defect(
                rule="definition-syntax",
                message="a definition must be a mapping",
                path=shown,
                line=item.start_mark.line + 1,
            )


def _entry(node: Any, kind: Kind, path: str, id_key: str) -> Entry:
    values = ((key.value, scalar(value)) for key, value in node.value if key.id == "scalar")
    return Entry(
        kind=kind,
        path=path,
        line=node.start_mark.line + 1,
        id_key=id_key,
        fields=MappingProxyType({key: value for key, value in values if value}),
    )


def _unreadable(rule: str, error: YamlFileError, connector: str) -> Defect:
    return Defect(
        rule=rule, message=error.problem, connector=connector, path=error.shown, line=error.line
    )
