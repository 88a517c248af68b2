"""Saved paths in, the images whose content they may change out.

Paths alone cannot say whether a file has other bytes now, so this is never less than what changed
and sometimes more: the plan, which compares content, has the last word.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from build_config.connector import Connector
from build_config.dockerignore import read_rules
from build_config.errors import RepositoryError
from build_config.gradle_projects import Reads, read_beside
from build_config.graph import Graph
from build_config.plan import GRADLE_OUTPUT

SETTINGS = frozenset(("invoke.yaml", "invoke.yml", "invoke.json", "invoke.py"))
"""At the root; what they say is read once, when the command starts."""

_DECISIVE = frozenset(
    ("Dockerfile", "Dockerfile.dockerignore", ".dockerignore", "metadata.yaml")
)  # whatever is ignored
_PROSE = ".md"
_NOISY_FOLDERS = frozenset((".git", ".gradle", ".yard", "__pycache__"))
# Byte code, and what editors leave beside the file that they save (vim, Emacs, JetBrains, macOS).
_NOISE = re.compile(r".*\.py[co]|.*~|\..*\.sw[a-z]|4913|\.?#.*|.*___jb_\w+___|\.DS_Store")


def is_noise(path: str) -> bool:
    """Whether it is nobody's work: git's and our own records, byte code, litter of editors."""
    *folders, name = path.split("/")
    if name in _NOISY_FOLDERS or not _NOISY_FOLDERS.isdisjoint(folders):
        return True
    return _NOISE.fullmatch(name) is not None


def touched(root: Path, connectors: Iterable[Connector], saved: Iterable[str]) -> frozenset[str]:
    """Names of the images that have one of these files in them, or read it while they are built.

    Args:
        root: of the repository.
        connectors: as they are now.
        saved: files and folders, there or gone, relative to `root`.
    """
    paths = frozenset(saved)
    return frozenset(c.name for c in connectors if _may_change(root, c, paths))


def touched_tests(connectors: Iterable[Connector], saved: Iterable[str]) -> frozenset[str]:
    """Names of those whose tests may say something else: all but prose counts, ignored or not."""
    paths = tuple(path for path in saved if not path.endswith(_PROSE))
    return frozenset(c.name for c in connectors if any(_within(c, paths)))


def differing(before: Graph, now: Graph) -> frozenset[str]:
    """Names of what is new, says something else of itself, or stands on something else."""
    return frozenset(name for name in now.connectors if _told(before, name) != _told(now, name))


def _told(graph: Graph, name: str) -> tuple[object, ...]:
    of: tuple[Mapping[str, object], ...] = (graph.connectors, graph.dependencies, graph.externals)
    return tuple(mapping.get(name) for mapping in of)


def _may_change(root: Path, connector: Connector, saved: frozenset[str]) -> bool:
    if any(path == "." or f"{connector.path}/".startswith(f"{path}/") for path in saved):
        return True  # its folder, or one above it, was moved or made
    inner = tuple(_within(connector, saved))
    return (bool(inner) and _enters(root, connector, inner)) or (
        connector.gradle and _is_read_beside(read_beside(root, connector.path), saved)
    )


def _within(connector: Connector, saved: Iterable[str]) -> Iterator[str]:
    """The paths as seen from its folder, without those that Gradle writes."""
    for path in saved:
        if path.startswith(f"{connector.path}/"):
            inner = path.removeprefix(f"{connector.path}/")
            if not (connector.gradle and f"{inner}/".startswith(GRADLE_OUTPUT)):
                yield inner


def _enters(root: Path, connector: Connector, inner: tuple[str, ...]) -> bool:
    if not _DECISIVE.isdisjoint(inner):
        return True
    if connector.gradle and not all(path.endswith(_PROSE) for path in inner):
        return True  # Gradle reads it, whatever is ignored
    try:
        rules = read_rules(root, connector.path)
    except RepositoryError:
        return True  # so that it is told
    # a folder that is itself ignored may hold something that is not
    return not all(rules.excluded(path) and rules.may_prune(path) for path in inner)


def _is_read_beside(reads: Reads, saved: Iterable[str]) -> bool:
    projects = (*reads.projects, *reads.folders)
    written = tuple(posixpath.join(project, GRADLE_OUTPUT) for project in projects)
    return any(reads.covers(path) and not path.startswith(written) for path in saved)
