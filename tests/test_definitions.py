from __future__ import annotations

from pathlib import Path

import pytest
from monorepos import connectors, settings

from build_config.connector import Kind
from build_config.definitions import definition_ids, read_definitions
from build_config.errors import RepositoryError

SOURCES = "build_config/definitions/STANDARD_SOURCE_DEFINITION"
DESTINATIONS = "build_config/definitions/STANDARD_DESTINATION_DEFINITION"
IMAGES = {
    "connectors/source-a/Dockerfile": "FROM scratch\nLABEL io.airbyte.name=us/source-a\n",
    "connectors/source-b/Dockerfile": "FROM scratch\nLABEL io.airbyte.name=us/source-b\n",
    "connectors/destination-a/Dockerfile": "FROM scratch\nLABEL io.airbyte.name=us/destination-a\n",
    "connectors/bases/base/Dockerfile": "FROM scratch\nLABEL io.airbyte.name=us/base\n",
}


def ids(root: Path, files: dict[str, str], **changes: object) -> dict[str, str]:
    there = connectors(root, {**IMAGES, **files}, **changes)
    return definition_ids(settings(root, **changes), tuple(there.values()))


def test_no_definitions_are_no_ids(tmp_path: Path) -> None:
    assert ids(tmp_path, {}) == {}


def test_a_folder_of_one_file_each_is_read(tmp_path: Path) -> None:
    files = {
        f"{SOURCES}/source-a.yaml": "sourceDefinitionId: s-a\ndockerRepository: us/source-a\n",
        f"{SOURCES}/b.json": '{"sourceDefinitionId": "s-b", "dockerRepository": "us/source-b"}',
        f"{SOURCES}/README.md": "not: [a definition\n",
        f"{DESTINATIONS}/x.yml": (
            "destinationDefinitionId: d-a\ndockerRepository: us/destination-a\n"
        ),
    }
    assert ids(tmp_path, files) == {"source-a": "s-a", "source-b": "s-b", "destination-a": "d-a"}


def test_one_list_is_read(tmp_path: Path) -> None:
    files = {
        "init/sources.yaml": (
            "- sourceDefinitionId: s-a\n  name: A\n  dockerRepository: us/source-a\n"
            "  dockerImageTag: 0.1.0\n"
            "- sourceDefinitionId: s-z\n  dockerRepository: us/source-z\n"
        )
    }
    where = {"definitions": {"source": "init/sources.yaml"}}
    assert ids(tmp_path, files, **where) == {"source-a": "s-a"}
    first, second = read_definitions(settings(tmp_path, **where), Kind.SOURCE)
    assert (first.id, first.repository, first.tag) == ("s-a", "us/source-a", "0.1.0")
    assert (second.path, second.tag) == ("init/sources.yaml", "")


def test_a_source_does_not_get_the_id_of_a_destination(tmp_path: Path) -> None:
    files = {
        f"{DESTINATIONS}/x.yaml": "destinationDefinitionId: d\ndockerRepository: us/source-a\n"
    }
    assert ids(tmp_path, files) == {}


def test_metadata_gives_the_id_where_there_is_no_definition(tmp_path: Path) -> None:
    files = {
        "connectors/source-a/metadata.yaml": "data: {definitionId: m-a}\n",
        "connectors/source-b/metadata.yaml": "data: {definitionId: m-b}\n",
        f"{SOURCES}/a.yaml": "sourceDefinitionId: s-a\ndockerRepository: us/source-a\n",
    }
    assert ids(tmp_path, files) == {"source-a": "s-a", "source-b": "m-b"}


def test_every_broken_file_is_named(tmp_path: Path) -> None:
    files = {f"{SOURCES}/{name}.yaml": "a: [\n" for name in "xy"}
    with pytest.raises(RepositoryError) as caught:
        ids(tmp_path, files)
    assert [d.partition(":")[0] for d in caught.value.defects] == [
        f"{SOURCES}/x.yaml", f"{SOURCES}/y.yaml",
    ]  # fmt: skip
