"""Settings in, the whole repository out: what it builds and how that hangs together."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from build_config import git
from build_config.connector import Connector
from build_config.context import ContextFile, list_context, list_named, list_sources
from build_config.discovery import discover
from build_config.errors import RepositoryError
from build_config.gradle_projects import decides, read_beside
from build_config.graph import Graph, resolve
from build_config.plan import GRADLE_OUTPUT, Sources
from build_config.selection import select
from build_config.settings import Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class Repository:
    """A sound repository.

    Attributes:
        without_dockerfile: directories beside the connectors that are no images.
    """

    graph: Graph
    without_dockerfile: tuple[str, ...]

    @property
    def connectors(self) -> tuple[Connector, ...]:
        """All of them, by name."""
        return tuple(sorted(self.graph.connectors.values(), key=lambda c: c.name))

    def select(self, patterns: Sequence[str], *, kind: str | None = None) -> frozenset[str]:
        """See `selection.select`."""
        return select(
            self.connectors,
            patterns=patterns,
            kind=kind,
            without_dockerfile=self.without_dockerfile,
        )


def load(settings: Settings) -> Repository:
    """Read it.

    Raises:
        RepositoryError: with all its defects at once.
    """
    found = discover(settings)
    graph, defects = resolve(found.connectors, settings.local_tag)
    if found.defects or defects:
        raise RepositoryError(tuple(map(str, (*found.defects, *defects))))
    return Repository(graph=graph, without_dockerfile=found.without_dockerfile)


def read_sources(
    root: Path, connectors: Iterable[Connector], snapshot: git.Snapshot | None
) -> dict[str, Sources]:
    """The files that go into each image, by connector name.

    Args:
        root: of the repository.
        connectors: whose files are wanted.
        snapshot: None where the repository is not git's: then every file is read and hashed.

    Raises:
        RepositoryError: links out of contexts, unreadable files, broken ignore files: all of them.
    """
    sources: dict[str, Sources] = {}
    errors: list[RepositoryError] = []
    gradle = _GradleSources(root=root, snapshot=snapshot)
    for connector in connectors:
        try:
            sources[connector.name] = _sources(root, connector, snapshot, gradle)
        except RepositoryError as error:
            errors.append(error)
    if errors:
        defects = dict.fromkeys(defect for error in errors for defect in error.defects)
        raise RepositoryError(tuple(defects), hint=errors[0].hint)
    return sources


def _sources(
    root: Path, connector: Connector, snapshot: git.Snapshot | None, gradle: _GradleSources
) -> Sources:
    context = list_context(root, connector.path, snapshot=snapshot)
    if not connector.gradle:
        return Sources(context=context)
    return Sources(
        context=tuple(file for file in context if not file.path.startswith(GRADLE_OUTPUT)),
        gradle=(*gradle.listed(connector.path), *gradle.beside(connector.path)),
    )


@dataclass(kw_only=True, slots=True)
class _GradleSources:
    """The files that Gradle reads; what many projects share is listed once."""

    root: Path
    snapshot: git.Snapshot | None
    known: dict[str, tuple[ContextFile, ...]] = field(default_factory=dict)

    def listed(self, directory: str) -> tuple[ContextFile, ...]:
        if directory not in self.known:
            self.known[directory] = list_sources(self.root, directory, snapshot=self.snapshot)
        return self.known[directory]

    def beside(self, directory: str) -> Iterator[ContextFile]:
        """Those outside of the directory, as seen from it: `../../build.gradle`."""
        reads = read_beside(self.root, directory)
        for project in reads.projects:
            inner = (file for file in self.listed(project) if decides(file.path))
            yield from _seen_from(directory, project, inner)
        for folder in reads.folders:
            if (self.root / folder).is_dir():
                yield from _seen_from(directory, folder, self.listed(folder))
        if "" not in self.known:
            self.known[""] = list_named(self.root, reads.files, snapshot=self.snapshot)
        yield from _seen_from(directory, "", self.known[""])


def _seen_from(directory: str, folder: str, files: Iterable[ContextFile]) -> Iterator[ContextFile]:
    way = posixpath.relpath(folder or ".", directory)
    return (replace(file, path=f"{way}/{file.path}") for file in files)
