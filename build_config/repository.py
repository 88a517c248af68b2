"""Settings in, the whole repository out: what it builds and how that hangs together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from build_config import git
from build_config.connector import Connector
from build_config.context import list_context, list_sources
from build_config.discovery import discover
from build_config.errors import RepositoryError
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
    for connector in connectors:
        try:
            sources[connector.name] = _sources(root, connector, snapshot)
        except RepositoryError as error:
            errors.append(error)
    if errors:
        defects = tuple(defect for error in errors for defect in error.defects)
        raise RepositoryError(defects, hint=errors[0].hint)
    return sources


def _sources(root: Path, connector: Connector, snapshot: git.Snapshot | None) -> Sources:
    context = list_context(root, connector.path, snapshot=snapshot)
    if not connector.gradle:
        return Sources(context=context)
    return Sources(
        context=tuple(file for file in context if not file.path.startswith(GRADLE_OUTPUT)),
        gradle=list_sources(root, connector.path, snapshot=snapshot),
    )
