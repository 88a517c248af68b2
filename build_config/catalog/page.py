"""Histories in, the page that a person searches out: one HTML file that asks for nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from build_config import wording
from build_config.catalog.histories import History, is_stable
from build_config.catalog.registry import LISTS, language, tags
from build_config.release import Release
from build_config.web_page import render

_DAY = len("2026-11-22")
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_LANGUAGES = {"python": "Python", "java": "Java", "manifest-only": "Declarative"}
_STAGES = ("supportLevel", "releaseStage")


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """A row of a connector's history.

    Attributes:
        elsewhere: its repository, where that is not the current one.
    """

    version: str
    prerelease: bool
    date: str
    size: str
    digest: str
    elsewhere: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A connector, in the words of the page.

    Attributes:
        find: all that the search looks at.
        docs: address of its documentation; empty where there is none that can be followed.
        tests: `42 acceptance, unit`, and so on.
    """

    name: str
    title: str
    kind: str
    language: str
    language_name: str
    stage: str
    find: str
    docs: str
    source: str
    commit: str
    definition: str
    repository: str
    current: Version
    published: str
    tags: tuple[str, ...]
    tests: str
    versions: tuple[Version, ...]


def page(histories: Sequence[History]) -> bytes:
    """The page of all connectors, sorted by the names that people read."""
    rows = sorted(
        (_row(history) for history in histories if history.current.kind in LISTS),
        key=lambda row: (row.title.casefold(), row.kind, row.name),
    )
    return render(
        __package__,
        rows=rows,
        kinds=Counter(row.kind for row in rows),
        languages=sorted(Counter((row.language_name, row.language) for row in rows).items()),
        updated=_date(max((row.published for row in rows), default="")[:_DAY]),
    )


def web_address(text: object) -> str:
    """An address that a link may lead to, as it is; empty for any other (`javascript:`, paths)."""
    try:
        parts = urlsplit(str(text or "").strip())
    except ValueError:
        return ""
    return parts.geturl() if parts.scheme in ("http", "https") and parts.netloc else ""


def _row(history: History) -> Row:
    release = history.current
    definition = release.definition
    title = str(definition.get("name") or release.name)
    spoken, shown_tags = language(release), tags(release)
    address = definition.get("documentationUrl") or (release.spec or {}).get("documentationUrl")
    words = (title, release.name, release.repository, release.kind, spoken, release.language)
    return Row(
        name=release.name,
        title=title,
        kind=release.kind,
        language=spoken,
        language_name=_LANGUAGES.get(spoken, spoken.capitalize()),
        stage=str(next((definition[key] for key in _STAGES if definition.get(key)), "")),
        find=" ".join((*words, *shown_tags)),
        docs=web_address(address),
        source=web_address(release.source_url),
        commit=release.commit[:12],
        definition=str(definition.get(f"{release.kind}DefinitionId") or ""),
        repository=release.repository,
        current=_version(release, release.repository),
        published=release.published,
        tags=tuple(tag for tag in shown_tags if not tag.startswith("language:")),
        tests=_tests(release.tests),
        versions=tuple(_version(r, release.repository) for r in history.releases),
    )


def _version(release: Release, repository: str) -> Version:
    return Version(
        version=release.version,
        prerelease=not is_stable(release.version),
        date=_date(release.published[:_DAY]),
        size=wording.size(release.size),
        digest=release.digest,
        elsewhere="" if release.repository == repository else release.repository,
    )


@cache
def _date(day: str) -> str:
    """`2026-11-22` as `22 Nov 2026`, the same wherever the page is made and read."""
    year, month, of_month = (*day.split("-"), "", "")[:3]
    if not (month.isdecimal() and of_month.isdecimal() and 1 <= int(month) <= len(_MONTHS)):
        return day
    return f"{int(of_month)} {_MONTHS[int(month) - 1]} {year}"


def _tests(tests: Mapping[str, Mapping[str, Any]]) -> str:
    """Of the records as `test_records` writes them: unit tests are not counted one by one."""
    cases = {kind: record.get("cases") or {} for kind, record in sorted(tests.items())}
    return ", ".join(
        f"{n['passed']} {kind}" if n.get("passed") else kind for kind, n in cases.items()
    )
