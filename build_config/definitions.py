"""The catalog's definitions on disk in, the definition of each image out.

A definition is the catalog entry of a connector. Its kind decides the name of its id:
`sourceDefinitionId` or `destinationDefinitionId` (the Airbyte platform's StandardSourceDefinition).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from build_config.connector import Connector, Kind
from build_config.errors import RepositoryError
from build_config.settings import Settings
from build_config.yaml_files import YamlFileError, read, read_mapping

_SUFFIXES = (".yaml", ".yml", ".json")


@dataclass(frozen=True, kw_only=True, slots=True)
class Definition:
    """One entry, as far as every reader needs it; `path` says where it stands."""

    id: str
    repository: str
    tag: str
    path: str


def read_definitions(settings: Settings, kind: Kind) -> tuple[Definition, ...]:
    """All entries of a kind: from a folder of one file each, or from one YAML list.

    Raises:
        RepositoryError: with every file that cannot be read.
    """
    return tuple(definition for definition, _ in read_definition_entries(settings, kind))


def read_definition_entries(
    settings: Settings, kind: Kind
) -> tuple[tuple[Definition, Mapping[str, Any]], ...]:
    """All entries of a kind, each with all that it says.

    Raises:
        RepositoryError: with every file that cannot be read.
    """
    found, defects = [], []
    try:
        files = definition_files(settings.root / settings.definitions[kind])
    except OSError as error:
        defect = f"{settings.definitions[kind]}: cannot be read: {error.strerror}"
        raise RepositoryError((defect,)) from error
    for file in files:
        shown = file.relative_to(settings.root).as_posix()
        try:
            document = read(file, shown)
        except YamlFileError as error:
            defects.append(str(error))
            continue
        entries = document if isinstance(document, list) else [document]
        found += [(_read(e, kind, shown), e) for e in entries if isinstance(e, dict)]
    if defects:
        raise RepositoryError(tuple(defects))
    return tuple(found)


def definition_ids(settings: Settings, connectors: tuple[Connector, ...]) -> dict[str, str]:
    """Connector name -> id: from its definition, else from its metadata.yaml.

    Raises:
        RepositoryError: with every file that cannot be read.
    """
    by_image = {
        (kind, definition.repository): definition.id
        for kind in (Kind.SOURCE, Kind.DESTINATION)
        for definition in read_definitions(settings, kind)
        if definition.id
    }
    ids = {}
    for connector in connectors:
        found = by_image.get((connector.kind, connector.image.name))
        found = found or _metadata_id(settings, connector)
        if found:
            ids[connector.name] = found
    return ids


def definition_files(place: Path) -> list[Path]:
    """The files of a folder of definitions, or the one file; none where there is neither.

    Raises:
        OSError: the folder cannot be read.
    """
    if place.is_dir():
        with os.scandir(place) as entries:
            return sorted(Path(e.path) for e in entries if e.name.endswith(_SUFFIXES))
    return [place] if place.is_file() else []


def _read(entry: Mapping[str, Any], kind: Kind, shown: str) -> Definition:
    return Definition(
        id=str(entry.get(f"{kind}DefinitionId") or ""),
        repository=str(entry.get("dockerRepository") or ""),
        tag=str(entry.get("dockerImageTag") or ""),
        path=shown,
    )


def read_metadata(settings: Settings, connector: Connector) -> dict[str, Any]:
    """`data` of the connector's metadata.yaml; empty where it has none.

    Raises:
        RepositoryError: the file cannot be read.
    """
    shown = f"{connector.path}/metadata.yaml"
    try:
        data = read_mapping(settings.root / shown, shown).get("data")
    except YamlFileError as error:
        raise RepositoryError((str(error),)) from error
    return data if isinstance(data, dict) else {}


def _metadata_id(settings: Settings, connector: Connector) -> str:
    if connector.kind is Kind.BASE:
        return ""
    return str(read_metadata(settings, connector).get("definitionId") or "")
