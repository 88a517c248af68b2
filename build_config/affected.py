"""What changed since a commit in, the images whose content that changes out.

Content is what enters an image: the Dockerfile, the files that `.dockerignore` lets through, what
Gradle reads, and what the settings and metadata say about it. All else affects nothing.
"""

from __future__ import annotations

import posixpath
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from build_config import git_changes
from build_config.connector import Connector
from build_config.discovery import NAME_LABEL, VERSION_LABEL
from build_config.dockerignore import IgnoreRules, parse_rules, read_rules
from build_config.errors import RepositoryError
from build_config.gradle_projects import read_beside
from build_config.settings import Settings
from build_config.yaml_files import YamlFileError, parse

_SETTINGS = ("invoke.yaml", "invoke.yml", "invoke.json")  # Invoke reads the first that is there
_METADATA = "metadata.yaml"
_IGNORE_FILES = ("Dockerfile.dockerignore", ".dockerignore")
_PROSE = ".md"
_ALL = "."


@dataclass(frozen=True, kw_only=True, slots=True)
class Since:
    """The past to compare with.

    Attributes:
        ref: as it was typed.
        commit: where what is checked out left it.
        changed: paths that are not as they were then, relative to the root, sorted; of a submodule
            and of a repository in the repository only their folder.
        settings: what the file of Invoke's settings said then and says now; None where nobody
            touched it.
    """

    ref: str
    commit: str
    changed: tuple[str, ...]
    settings: tuple[Mapping[str, Any], Mapping[str, Any]] | None = None


def read_since(root: Path, ref: str) -> Since:
    """Ask git what changed since what is checked out left a commit.

    Raises:
        UsageError: there is no such commit, or no git.
    """
    commit = git_changes.merge_base(root, ref)
    changed = git_changes.changed_paths(root, commit)
    told = None
    if not frozenset(_SETTINGS).isdisjoint(changed):
        then = git_changes.texts_at(root, commit, _SETTINGS)
        there = [name for name in _SETTINGS if (root / name).is_file()]
        now = {name: (root / name).read_bytes().decode(errors="replace") for name in there}
        told = (_first(then), _first(now))
    return Since(ref=ref, commit=commit, changed=changed, settings=told)


def affected(settings: Settings, connectors: Iterable[Connector], since: Since) -> frozenset[str]:
    """Names of the images whose own content changed; what stands on them is the graph's to say."""
    return frozenset(c.name for c in connectors if changed_content(settings, c, since))


def affected_tests(connectors: Iterable[Connector], since: Since) -> frozenset[str]:
    """Names of those whose tests may say something else now, though their image is the same."""
    return frozenset(
        connector.name
        for connector in connectors
        if any(not path.endswith(_PROSE) for path in _inside(connector.path, since.changed))
    )


def changed_content(settings: Settings, connector: Connector, since: Since) -> list[str]:
    """What changed of all that enters an image, now or then, as seen from its directory.

    Args:
        settings: of the repository.
        connector: whose image.
        since: the past to compare with.
    """
    return [
        *_within(settings, connector, since),
        *_beside(settings, connector, since),
        *_told(connector, since),
    ]


def _beside(settings: Settings, connector: Connector, since: Since) -> Iterator[str]:
    """What Gradle brings into it from other projects, and by the build files of all projects."""
    if connector.gradle and since.changed:
        reads = read_beside(settings.root, connector.path)
        changed = filter(reads.covers, since.changed)
        yield from (posixpath.relpath(path, connector.path) for path in changed)


def _inside(folder: str, changed: tuple[str, ...]) -> list[str]:
    """The changed paths as seen from a folder; only `.` where git knows it as a whole."""
    above = (folder, *map(str, PurePosixPath(folder).parents))
    if any(_has(changed, name) for path in above for name in (path, f"{path}/")):
        return [_ALL]
    # "0" is the character after "/"
    first, last = bisect_left(changed, f"{folder}/"), bisect_left(changed, f"{folder}0")
    return [path.removeprefix(f"{folder}/") for path in changed[first:last]]


def _has(changed: tuple[str, ...], path: str) -> bool:
    at = bisect_left(changed, path)
    return changed[at : at + 1] == (path,)


def _within(settings: Settings, connector: Connector, since: Since) -> list[str]:
    prefix = f"{connector.path}/"
    changed = _inside(connector.path, since.changed)
    if changed in ([], [_ALL]):
        return changed
    try:
        now = read_rules(settings.root, connector.path)
    except RepositoryError:
        return []  # another rule's
    then = now
    if any(name in changed for name in _IGNORE_FILES):
        then = _rules_then(settings, connector, since)
        files = git_changes.files_at(settings.root, since.commit, connector.path)
        inner = [path.removeprefix(prefix) for path in files]
        changed += [path for path in inner if now.excluded(path) != then.excluded(path)]
    return sorted({path for path in changed if _enters(path, connector, now, then)})


def _enters(path: str, connector: Connector, now: IgnoreRules, then: IgnoreRules) -> bool:
    """The Dockerfile always; of what Gradle builds all but the prose, whatever is ignored."""
    if path == "Dockerfile":
        return True
    if connector.gradle and not path.endswith(_PROSE):
        return True
    return not (now.excluded(path) and then.excluded(path))


def _rules_then(settings: Settings, connector: Connector, since: Since) -> IgnoreRules:
    paths = [f"{connector.path}/{name}" for name in _IGNORE_FILES]
    texts = git_changes.texts_at(settings.root, since.commit, paths)
    text = next((texts[path] for path in paths if path in texts), "")
    try:
        return parse_rules(text)
    except RepositoryError:
        return parse_rules("")


def _told(connector: Connector, since: Since) -> Iterator[str]:
    """What is said about it elsewhere: its metadata where the Dockerfile has no label, settings."""
    labels = connector.dockerfile.labels
    metadata = f"{connector.path}/{_METADATA}" in since.changed
    if metadata and not (labels.get(NAME_LABEL) and labels.get(VERSION_LABEL)):
        yield _METADATA
    if since.settings:
        then, now = (_says(told, connector.name) for told in since.settings)
        if then != now:
            name = next(name for name in _SETTINGS if name in since.changed)
            yield posixpath.relpath(name, connector.path)


def _says(told: Mapping[str, Any], name: str) -> dict[str, str]:
    """The build arguments of an image, and what all images depend on."""
    images = told.get("images")
    own = images.get(name) if isinstance(images, dict) else None
    arguments = own.get("build_args") if isinstance(own, dict) else None
    common = {key: str(told[key]) for key in ("namespace", "local_tag") if key in told}
    given = arguments if isinstance(arguments, dict) else {}
    return {**common, **{f"build_args.{key}": str(value) for key, value in given.items()}}


def _first(texts: Mapping[str, str]) -> Mapping[str, Any]:
    """What the settings say; nothing where they say nothing legal: the task itself refuses them."""
    name = next((name for name in _SETTINGS if name in texts), "")
    try:
        document = parse(texts.get(name, ""), name)
    except YamlFileError:
        return {}
    return document if isinstance(document, dict) else {}
