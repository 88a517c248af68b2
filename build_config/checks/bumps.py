"""What changed since a commit in, the connectors out that need a new version and have the old."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from build_config import git_changes
from build_config.affected import Since, changed_content
from build_config.checks.subject import Subject
from build_config.checks.values import scalar
from build_config.connector import Connector
from build_config.defect import Defect
from build_config.discovery import VERSION_LABEL
from build_config.dockerfile import DockerfileError, parse
from build_config.yaml_files import YamlFileError, parse_nodes


def check(subject: Subject, since: Since) -> Iterator[Defect]:
    """Images whose content changed, and images that stand on one whose content changed."""
    shipped = {c.name: changed_content(subject.settings, c, since) for c in subject.connectors}
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
