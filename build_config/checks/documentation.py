"""Every connector has a page, and what its definition links to is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from build_config.checks.catalog import Entry
from build_config.checks.matching import plain_name
from build_config.checks.subject import Subject
from build_config.connector import Connector, Kind
from build_config.defect import Defect

_BLOB = re.compile(
    r"https?://[^/]+/[^/]+/(?P<repository>[^/]+)/(?:-/)?(?:blob|tree|raw)/[^/]+/(?P<path>[^#?]+)"
)
_PUBLISHED = re.compile(
    r"https?://docs\.[^/]+/integrations/(?P<page>(?:sources|destinations)/[^/#?]+)"
)


def check(subject: Subject) -> Iterator[Defect]:
    """Sources and destinations; their definition says where the page is."""
    for connector in subject.connectors:
        if connector.kind is Kind.BASE:
            continue
        entry = _entry(subject, connector)
        page = own_page(subject, connector)
        if page and not _is_file(subject.settings.root / page):
            yield Defect(
                rule="docs-page",
                message=f"its page `{page}` is not there",
                connector=connector.name,
                path=entry.path if entry else connector.path,
                line=entry.line_of("documentationUrl") if entry else None,
                cure=f"write `{page}`, or correct `documentationUrl`",
            )


def own_page(subject: Subject, connector: Connector) -> str:
    """The connector's page in this repository; empty where its pages are kept elsewhere."""
    if connector.kind is Kind.BASE:
        return ""
    docs = subject.settings.docs
    entry = _entry(subject, connector)
    url = entry.text("documentationUrl") if entry else ""
    inside = _BLOB.match(url)
    if inside and _is_ours(subject, inside["path"]):
        return inside["path"]
    if url and not _is_folder(subject.settings.root / docs):
        return ""
    published = _PUBLISHED.match(url)
    short = plain_name(connector.name).removeprefix(f"{connector.kind}-")
    return f"{docs}/{published['page'] if published else f'{connector.kind}s/{short}'}.md"


def _entry(subject: Subject, connector: Connector) -> Entry | None:
    return subject.matches.of.get(connector.name) or subject.metadata.get(connector.name)


def _is_ours(subject: Subject, path: str) -> bool:
    """Other repositories have pages too: a link to ours leads below our folder of docs."""
    return path.startswith(f"{subject.settings.docs}/")


@cache
def _is_folder(place: Path) -> bool:
    return place.is_dir()


def _is_file(place: Path) -> bool:
    return place.is_file()
