"""The version of each image is one that can be published, and every place says the same."""

from __future__ import annotations

import re
from collections.abc import Iterator

from build_config.checks.catalog import Entry
from build_config.checks.changelogs import latest_in_changelog, rows_on_page
from build_config.checks.documentation import own_page
from build_config.checks.subject import Subject
from build_config.checks.values import Value
from build_config.connector import Connector
from build_config.defect import Defect, Edit
from build_config.discovery import VERSION_LABEL
from build_config.versions import is_tag, order

_SECTION = re.compile(r"\[([^\[\]]+)\]\s*(?:#.*)?$")
_TOML_VERSION = re.compile(r"""version\s*=\s*(["'])(?P<version>[^"']*)\1""")
_GRADLE_VERSION = re.compile(r"""version\s*(?:=\s*)?(["'])(?P<version>[^"']*)\1""")
_PROJECT = ("project", "tool.poetry")


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
    for entry in (subject.matches.of.get(connector.name), subject.metadata.get(connector.name)):
        if entry is not None and "dockerImageTag" in entry.fields:
            yield from _differs(connector, version, "dockerImageTag", _tag(entry), entry.path)
    for name, read in (("pyproject.toml", _in_toml), ("build.gradle", _in_gradle)):
        path = f"{connector.path}/{name}"
        found = read(subject.text(path))
        if found:
            yield from _differs(connector, version, "version", found, path)
    yield from _changelog(subject, connector, version)


def _tag(entry: Entry) -> Value:
    return entry.fields["dockerImageTag"]


def _differs(
    connector: Connector, version: str, what: str, found: Value, path: str
) -> Iterator[Defect]:
    if found.text == version:
        return
    edit = Edit(path=path, line=found.line, old=found.text, new=version, column=found.column)
    yield Defect(
        rule="version-agrees",
        message=f"`{what}` is `{found.text}`, the image's version is `{version}`",
        connector=connector.name,
        path=path,
        line=found.line,
        cure=f"write `{version}`",
        edit=edit if order(version) and is_tag(version) else None,
    )


def _in_toml(text: str) -> Value | None:
    section = ""
    for number, line in enumerate(text.split("\n"), start=1):
        header = _SECTION.match(line)
        section = header[1].strip() if header else section
        found = _TOML_VERSION.match(line)
        if found and section in _PROJECT:
            return Value(text=found["version"], line=number, column=found.start("version"))
    return None


def _in_gradle(text: str) -> Value | None:
    """The project's own version stands at the start of a line, those of plug-ins do not."""
    for number, line in enumerate(text.split("\n"), start=1):
        found = _GRADLE_VERSION.match(line)
        if found:
            return Value(text=found["version"], line=number, column=found.start("version"))
    return None


def _changelog(subject: Subject, connector: Connector, version: str) -> Iterator[Defect]:
    """The newest entry of CHANGELOG.md; without such a file the table on the connector's page."""
    path = f"{connector.path}/CHANGELOG.md"
    text = subject.text(path)
    if text:
        newest = latest_in_changelog(text)
        if newest is None or newest.text != version:
            said = f"the newest entry is `{newest.text}`" if newest else "there is no entry"
            yield _unlogged(connector, version, path, said, newest.line if newest else None)
        return
    path = own_page(subject, connector)
    rows = rows_on_page(subject.text(path)) if path else ()
    if rows and version not in {row.text for row in rows}:
        said = f"the newest entry is `{rows[0].text}`"
        yield _unlogged(connector, version, path, said, rows[0].line)


def _unlogged(connector: Connector, version: str, path: str, said: str, line: int | None) -> Defect:
    return Defect(
        rule="changelog",
        message=f"{said}, the image's version is `{version}`",
        connector=connector.name,
        path=path,
        line=line,
        cure=f"say what is new in `{version}`",
    )
