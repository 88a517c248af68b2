"""A repository and an image of it in, every place out where a file says that image's version.

`invoke check` compares them, `invoke bump` changes them: there is no second list.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from build_config.checks.changelogs import latest_in_changelog, rows_on_page
from build_config.checks.documentation import own_page
from build_config.checks.label_places import label_places
from build_config.checks.project_versions import FINDERS
from build_config.checks.subject import Subject
from build_config.checks.values import Value
from build_config.connector import Connector
from build_config.defect import Edit

_TAG = "dockerImageTag"


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A version in a file.

    Attributes:
        path: relative to the root of the repository.
        what: how to call it: `dockerImageTag`, `label io.airbyte.version`, `version`.
        found: the version as it stands there.
    """

    path: str
    what: str
    found: Value

    def edit(self, version: str) -> Edit:
        """What makes the place say another version."""
        found = self.found
        return Edit(
            path=self.path, line=found.line, old=found.text, new=version, column=found.column
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Changelog:
    """A file that tells of versions.

    Attributes:
        page: it is the connector's page, with a table; else a file with headings.
        versions: newest first as far as anybody knows: of a file only the topmost heading.
    """

    path: str
    page: bool
    versions: tuple[Value, ...]


def catalog_places(subject: Subject, connector: Connector) -> Iterator[Place]:
    """In its definition and its metadata.yaml; not the overrides there, which pin on purpose."""
    for entry in (subject.matches.of.get(connector.name), subject.metadata.get(connector.name)):
        if entry is not None and _TAG in entry.fields:
            yield Place(path=entry.path, what=_TAG, found=entry.fields[_TAG])


def project_places(subject: Subject, connector: Connector) -> Iterator[Place]:
    """In the files of its build tool."""
    for name, find in FINDERS.items():
        path = f"{connector.path}/{name}"
        for found in find(subject.text(path)):
            if found.text and "$" not in found.text:  # `"${rootProject.version}"` is no place
                yield Place(path=path, what="version", found=found)


def dockerfile_places(subject: Subject, connector: Connector) -> Iterator[Place]:
    """In its Dockerfile: each says what the image's label says, else it is no place of it."""
    path = connector.dockerfile_path
    places = label_places(
        subject.text(path),
        connector.dockerfile.instructions,
        connector.version or "",
        connector.build_args,
    )
    for what, found in places:
        yield Place(path=path, what=what, found=found)


def changelogs(subject: Subject, connector: Connector) -> Iterator[Changelog]:
    """CHANGELOG.md, and the table on the connector's page; those that are there and tell."""
    path = f"{connector.path}/CHANGELOG.md"
    text = subject.text(path)
    if text:
        newest = latest_in_changelog(text)
        yield Changelog(path=path, page=False, versions=(newest,) if newest else ())
    path = own_page(subject, connector)
    rows = rows_on_page(subject.text(path)) if path else ()
    if rows:
        yield Changelog(path=path, page=True, versions=rows)
