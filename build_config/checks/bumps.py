"""What changed since a commit in, the connectors out that need a new version and have the old."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from build_config import git_changes
from build_config.checks.subject import Subject
from build_config.checks.values import scalar
from build_config.connector import Connector
from build_config.defect import Defect
from build_config.discovery import VERSION_LABEL
from build_config.dockerfile import DockerfileError, parse
from build_config.dockerignore import IgnoreRules, parse_rules, read_rules
from build_config.errors import RepositoryError
from build_config.gradle_projects import read_beside
from build_config.yaml_files import YamlFileError, parse_nodes

_IGNORE_FILES = ("Dockerfile.dockerignore", ".dockerignore")
_PROSE = ".md"


@dataclass(frozen=True, kw_only=True, slots=True)
class Since:
    """The past to compare with.

    Attributes:
        ref: as it was typed.
        commit: where what is checked out left it.
        changed: paths that are not as they were then, relative to the root.
    """

    ref: str
    commit: str
    changed: tuple[str, ...]


def read_since(subject: Subject, ref: str) -> Since:
    """Ask git.

    Raises:
        UsageError: there is no such commit, or no git.
    """
    root = subject.settings.root
    commit = git_changes.merge_base(root, ref)
    return Since(ref=ref, commit=commit, changed=git_changes.changed_paths(root, commit))


def check(subject: Subject, since: Since) -> Iterator[Defect]:
    """Images whose content changed, and images that stand on one whose content changed."""
    shipped = {c.name: _shipped(subject, c, since) for c in subject.connectors}
    changed = {name for name, paths in shipped.items() if paths}
    reached = subject.graph.with_dependents(changed & subject.graph.connectors.keys())
    suspects = [c for c in subject.connectors if c.version and c.name in changed | reached]
    before = versions_at(subject, since.commit, suspects)
    for connector in suspects:
        if before.get(connector.name) != connector.version:
            continue
        paths = shipped[connector.name]
        if paths:
            more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
            yield _defect(subject, connector, "not-bumped", f"`{paths[0]}`{more} changed", since)
        else:
            below = sorted(changed & subject.graph.with_dependencies([connector.name]))
            names = ", ".join(f"`{name}`" for name in below)
            yield _defect(subject, connector, "base-changed", f"{names} below it changed", since)


def _defect(subject: Subject, connector: Connector, rule: str, what: str, since: Since) -> Defect:
    path = connector.dockerfile_path
    return Defect(
        rule=rule,
        message=f"{what} since `{since.ref}`, the version is `{connector.version}` as it was",
        connector=connector.name,
        path=path,
        line=subject.line_with(path, VERSION_LABEL),
        cure=f"`invoke bump --connector={connector.name} --part=patch`",
    )


def _shipped(subject: Subject, connector: Connector, since: Since) -> list[str]:
    """What changed of the files that enter its image, now or then, as seen from its directory."""
    return _within(subject, connector, since) + list(_beside(subject, connector, since))


def _beside(subject: Subject, connector: Connector, since: Since) -> Iterator[str]:
    """What Gradle brings into it from other projects, and by the build files of all projects."""
    if connector.gradle and since.changed:
        reads = read_beside(subject.settings.root, connector.path)
        changed = filter(reads.covers, since.changed)
        yield from (posixpath.relpath(path, connector.path) for path in changed)


def _within(subject: Subject, connector: Connector, since: Since) -> list[str]:
    prefix = f"{connector.path}/"
    changed = [p.removeprefix(prefix) for p in since.changed if p.startswith(prefix)]
    if not changed:
        return []
    try:
        now = read_rules(subject.settings.root, connector.path)
    except RepositoryError:
        return []  # another rule's
    then = now
    if any(name in changed for name in _IGNORE_FILES):
        then = _rules_then(subject, connector, since)
        files = git_changes.files_at(subject.settings.root, since.commit, connector.path)
        inner = [path.removeprefix(prefix) for path in files]
        changed += [path for path in inner if now.excluded(path) != then.excluded(path)]
    return sorted({path for path in changed if _enters(path, connector, now, then)})


def _enters(path: str, connector: Connector, now: IgnoreRules, then: IgnoreRules) -> bool:
    """The Dockerfile always; of what Gradle builds all but the prose, whatever is ignored."""
    if path == "Dockerfile":
        return True
    if path in _IGNORE_FILES:
        return False
    if connector.gradle and not path.endswith(_PROSE):
        return True
    return not (now.excluded(path) and then.excluded(path))


def _rules_then(subject: Subject, connector: Connector, since: Since) -> IgnoreRules:
    paths = [f"{connector.path}/{name}" for name in _IGNORE_FILES]
    texts = git_changes.texts_at(subject.settings.root, since.commit, paths)
    text = next((texts[path] for path in paths if path in texts), "")
    try:
        return parse_rules(text)
    except RepositoryError:
        return parse_rules("")


def versions_at(
    subject: Subject, commit: str, connectors: Sequence[Connector]
) -> dict[str, str | None]:
    """The versions at a commit, by name; those that were not there are absent."""
    wanted = [f"{c.path}/{name}" for c in connectors for name in ("Dockerfile", "metadata.yaml")]
    texts = git_changes.texts_at(subject.settings.root, commit, wanted) if wanted else {}
    there = (connector for connector in connectors if connector.dockerfile_path in texts)
    return {connector.name: _version(connector, texts) for connector in there}


def _version(connector: Connector, texts: Mapping[str, str]) -> str | None:
    try:
        labels = parse(texts[connector.dockerfile_path], connector.build_args).labels
    except DockerfileError:
        return None
    if labels.get(VERSION_LABEL):
        return labels[VERSION_LABEL]
    path = f"{connector.path}/metadata.yaml"
    try:
        found = scalar(parse_nodes(texts.get(path, ""), path), "data", "dockerImageTag")
    except YamlFileError:
        return None
    return found.text if found else None
