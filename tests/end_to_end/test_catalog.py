"""`invoke catalog` over the release records that a real repository keeps."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import jsonschema_rs
from monorepos import settings
from published import release

from build_config.ledger import ledger_of

if TYPE_CHECKING:
    from pathlib import Path

    from yard import Yard

    from build_config.release import Release


def publish(yard: Yard, *releases: Release) -> None:
    """Write them down as a publisher does."""
    ledger = ledger_of(settings(yard.root))
    for made in releases:
        ledger.add(made)


def catalog_of(folder: Path) -> dict[str, bytes]:
    files = (file for file in folder.rglob("*") if file.is_file())
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}


def test_what_was_published_is_written_for_programs_and_for_people(repository: Yard) -> None:
    repository.commit({"README.md": ""})
    publish(repository, release("base-a"), release("source-b"), release("source-b", "1.1.0"))
    finished = repository.invoke("catalog")
    assert finished.code == 0, finished
    folder = repository.root / ".yard" / "catalog"
    assert finished.out == (
        f"{folder}/index.html: 2 images, 3 versions; files: 4 written, 0 as they were, 0 removed\n"
    )
    (entry,) = json.loads((folder / "registry.json").read_bytes())["sources"]
    assert entry["dockerImageTag"] == "1.1.0"
    history = json.loads((folder / "versions" / "source-b.json").read_bytes())
    assert [v["version"] for v in history["versions"]] == ["1.1.0", "1.0.0"]
    jsonschema_rs.Draft7Validator(entry["spec"]["connectionSpecification"])


def test_twice_is_the_same_and_writes_nothing(repository: Yard) -> None:
    repository.commit({"README.md": ""})
    publish(repository, release("source-b"))
    folder = repository.root / "public"
    first = repository.invoke("catalog", f"--output={folder}")
    before = catalog_of(folder)
    again = repository.invoke("catalog", f"--output={folder}")
    assert (first.code, again.code) == (0, 0)
    assert "0 written, 3 as they were" in again.out
    assert catalog_of(folder) == before


def test_a_repository_that_published_nothing_has_an_empty_catalog(repository: Yard) -> None:
    repository.commit({"README.md": ""})
    finished = repository.invoke("catalog")
    assert finished.code == 0, finished
    assert "nothing is published to docker.io yet" in finished.err


def test_a_folder_of_something_else_is_refused(repository: Yard) -> None:
    repository.commit({"README.md": ""})
    finished = repository.invoke("catalog", f"--output={repository.root}")
    assert finished.code == 2
    assert "holds something else than a catalog" in finished.err
    assert "hint: give `--output` a folder" in finished.err


def test_where_nothing_can_be_written_it_says_so(repository: Yard) -> None:
    repository.commit({"README.md": ""})
    finished = repository.invoke("catalog", f"--output={repository.root}/README.md")
    assert finished.code == 1
    assert "cannot write" in finished.err


def test_records_that_make_no_catalog_are_all_named(repository: Yard) -> None:
    repository.commit({"README.md": ""})
    publish(repository, release("source-a", spec=None), release("source-b", spec={}))
    finished = repository.invoke("catalog")
    assert finished.code == 2
    assert "error: source-a: `spec`" in finished.err
    assert "error: source-b: `spec.connectionSpecification` is missing" in finished.err
    assert not (repository.root / ".yard" / "catalog").exists()
