"""Settings in, all that the rules look at out: read once, and nothing hidden by what is broken."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from build_config import git_changes
from build_config.checks.catalog import Catalog, Entry, read_catalog, read_metadata
from build_config.checks.matching import Matches, match
from build_config.connector import Connector
from build_config.defect import Defect
from build_config.discovery import discover
from build_config.graph import Graph, resolve
from build_config.image import Reference
from build_config.settings import Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """A repository, as far as it can be read.

    Attributes:
        connectors: what could be read, by name; images in cycles too.
        graph: without the images of cycles.
        found: what was found wrong while reading.
        broken: names of directories that could not be read.
        without_dockerfile: directories that are no images.
        metadata: by connector name.
        secret_files: in folders named `secrets`: what git tracks, and the others; None without git.
    """

    settings: Settings
    connectors: tuple[Connector, ...]
    graph: Graph
    found: tuple[Defect, ...]
    broken: frozenset[str]
    without_dockerfile: tuple[str, ...]
    catalog: Catalog
    metadata: Mapping[str, Entry]
    matches: Matches
    secret_files: tuple[tuple[str, ...], tuple[str, ...]] | None

    def line_with(self, path: str, word: str) -> int | None:
        """The last line of a file, comments apart, that has this word; None where none has it."""
        lines = enumerate(self.text(path).split("\n"), start=1)
        numbers = (n for n, line in lines if word in line and not line.lstrip().startswith("#"))
        return max(numbers, default=None)

    def text(self, path: str) -> str:
        """The text of a file of the repository, without a byte order mark.

        Empty where it cannot be read.
        """
        return self.content(path).decode(errors="replace").removeprefix("\ufeff")

    def content(self, path: str) -> bytes:
        """The bytes of a file of the repository; empty where it cannot be read."""
        try:
            # not by pathlib, which takes longer than the system: there are thousands of files
            place = f"{self.settings.root}/{path}"
            with open(place, "rb", opener=_without_waiting) as file:
                return file.read() or b""
        except OSError:
            return b""


def _without_waiting(place: str, flags: int) -> int:
    """A fifo that nobody writes to is empty."""
    return os.open(place, flags | os.O_NONBLOCK)


def read_subject(settings: Settings) -> Subject:
    """Read the repository; nothing is raised but for settings that cannot be."""
    with git_changes.asking_for_secret_files(settings.root) as asked:
        discovery = discover(settings)
        graph, wrong = resolve(discovery.connectors, settings.local_tag)
        catalog = read_catalog(settings)
        metadata, metadata_defects = read_metadata(settings, discovery.connectors)
        secret_files = git_changes.secret_files(settings.root, asked)
    broken = frozenset(
        d.connector for d in discovery.defects if d.connector and not d.rule.endswith("-unique")
    )
    subject = Subject(
        settings=settings,
        connectors=discovery.connectors,
        graph=graph,
        found=(),
        broken=broken,
        without_dockerfile=discovery.without_dockerfile,
        catalog=catalog,
        metadata=metadata,
        matches=match(discovery.connectors, catalog.entries, metadata, broken),
        secret_files=secret_files,
    )
    located = _located((*discovery.defects, *wrong), subject)
    return replace(subject, found=(*located, *catalog.defects, *metadata_defects))


def _located(defects: tuple[Defect, ...], subject: Subject) -> Iterator[Defect]:
    """With a place for each, and without bases that are only missing because they are broken."""
    by_name = {connector.name: connector for connector in subject.connectors}
    for defect in defects:
        connector = by_name.get(defect.connector)
        if connector is None or defect.path:
            if not (connector and defect.rule == "base-missing" and _broken(defect, subject)):
                yield defect
            continue
        path = connector.dockerfile_path
        word = "io.airbyte.name" if defect.rule == "image-unique" else "FROM"
        yield replace(defect, path=path, line=subject.line_with(path, word))


def _broken(defect: Defect, subject: Subject) -> bool:
    connector = next(c for c in subject.connectors if c.name == defect.connector)
    uses = (use.reference for use in connector.dockerfile.uses if use.line == defect.line)
    return any(_last(reference) in subject.broken for reference in uses)


def _last(reference: Reference) -> str:
    return reference.path.rpartition("/")[2]
