"""The version of each image is one that can be published, and every place says the same."""

from __future__ import annotations

from collections.abc import Iterator

from build_config.checks.subject import Subject
from build_config.checks.version_places import (
    Place,
    catalog_places,
    changelogs,
    project_places,
)
from build_config.connector import Connector
from build_config.defect import Defect
from build_config.discovery import VERSION_LABEL
from build_config.versions import is_release_tag, is_tag, order


def check(subject: Subject) -> Iterator[Defect]:
    """Every image: bases have versions too."""
    for connector in subject.connectors:
        path = connector.dockerfile_path
        if connector.version is None:
            yield Defect(
                rule="version-missing",
                message="it has no version",
                connector=connector.name,
                path=path,
                cure=f"add `LABEL {VERSION_LABEL}=0.1.0`",
            )
            continue
        yield from _legal(subject, connector, connector.version)
        yield from _places(subject, connector, connector.version)


def _legal(subject: Subject, connector: Connector, version: str) -> Iterator[Defect]:
    rule, problem = "", ""
    if not is_tag(version):
        rule, problem = "version-tag", "cannot be the tag of an image"
    elif order(version) is None:
        rule, problem = "version-semver", "is not a semantic version"
    if rule:
        path = connector.dockerfile_path
        yield Defect(
            rule=rule,
            message=f"the version `{version}` {problem}",
            connector=connector.name,
            path=path,
            line=subject.line_with(path, VERSION_LABEL),
            cure="make it three numbers, like `1.2.3` (semver.org)",
        )


def _places(subject: Subject, connector: Connector, version: str) -> Iterator[Defect]:
    """Everywhere else that the version stands."""
    for places in (catalog_places, project_places):
        for place in places(subject, connector):
            if place.found.text != version:
                yield _differs(connector, version, place)
    yield from _changelog(subject, connector, version)


def _differs(connector: Connector, version: str, place: Place) -> Defect:
    return Defect(
        rule="version-agrees",
        message=f"`{place.what}` is `{place.found.text}`, the image's version is `{version}`",
        connector=connector.name,
        path=place.path,
        line=place.found.line,
        cure=f"write `{version}`",
        edit=place.edit(version) if is_release_tag(version) else None,
    )


def _changelog(subject: Subject, connector: Connector, version: str) -> Iterator[Defect]:
    """The newest entry of CHANGELOG.md; without such a file the table on the connector's page."""
    told = next(changelogs(subject, connector), None)
    if told is None:
        return
    newest = told.versions[0] if told.versions else None
    if version in {v.text for v in told.versions}:
        return
    yield Defect(
        rule="changelog",
        message=f"{f'the newest entry is `{newest.text}`' if newest else 'there is no entry'}, "
        f"the image's version is `{version}`",
        connector=connector.name,
        path=told.path,
        line=newest.line if newest else None,
        cure=f"say what is new in it: `invoke bump --connector={connector.name} "
        f"--version={version} --message=…`",
    )
