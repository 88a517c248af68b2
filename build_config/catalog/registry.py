"""Histories in, the documents that programs read out: the registry, and each image's versions.

The registry is what Airbyte calls so (`ConnectorRegistry` of airbytehq/airbyte, metadata_service):
`sources` and `destinations`, so that its clients read it as it is. What it has no key for stands
under keys of ours, which they ignore: `dockerImageDigest` and `dockerImagePublished`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from build_config.catalog.histories import History, is_stable
from build_config.release import Release

LISTS: Mapping[str, str] = MappingProxyType({"source": "sources", "destination": "destinations"})
"""Kind -> the list of the registry that has it; a base has none: nobody runs it by itself."""

_DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {"tombstone": False, "public": True, "custom": False}
)
_LANGUAGE = "language:"
_AS_AIRBYTE_SAYS: Mapping[str, str] = MappingProxyType({"declarative": "manifest-only"})
_DAY = len("2026-11-22")


def registry(histories: Iterable[History]) -> dict[str, Any]:
    """The registry: of each connector the version that the catalog offers, sorted by name."""
    lists: dict[str, list[dict[str, Any]]] = {name: [] for name in LISTS.values()}
    for history in histories:
        if history.current.kind in LISTS:
            lists[LISTS[history.current.kind]].append(entry(history))
    for entries in lists.values():
        entries.sort(key=lambda e: (str(e["name"]).casefold(), e["dockerRepository"]))
    return dict(lists)


def entry(history: History) -> dict[str, Any]:
    """What the registry says about a connector; its definition has the word on all but the image.

    `releaseDate` is that of the connector's first release, as Airbyte's schema describes it.
    """
    release = history.current
    spec = release.spec or {}
    protocol = spec.get("protocol_version")
    return {
        **_DEFAULTS,
        **({"protocolVersion": protocol} if protocol else {}),
        "name": release.name,
        "documentationUrl": spec.get("documentationUrl") or "",
        "language": language(release),
        "releaseDate": history.first_published[:_DAY],
        **{key: value for key, value in release.definition.items() if value is not None},
        "tags": tags(release),
        "dockerRepository": release.repository,
        "dockerImageTag": release.version,
        "dockerImageDigest": release.digest,
        "dockerImagePublished": release.published,
        "spec": release.spec,
    }


def tags(release: Release) -> list[str]:
    """Its tags, that of its language among them."""
    named = any(tag.startswith(_LANGUAGE) for tag in release.tags)
    return [*release.tags, *(() if named else (f"{_LANGUAGE}{language(release)}",))]


def language(release: Release) -> str:
    """As its tags say it, else as we found it, in Airbyte's word for it."""
    named = (tag.removeprefix(_LANGUAGE) for tag in release.tags if tag.startswith(_LANGUAGE))
    return next(named, _AS_AIRBYTE_SAYS.get(release.language, release.language))


def versions(history: History) -> dict[str, Any]:
    """All that was published of one image, the highest version first."""
    return {
        "name": history.name,
        "kind": history.current.kind,
        "current": history.current.version,
        "versions": [_version(release) for release in history.releases],
    }


def _version(release: Release) -> dict[str, Any]:
    return {
        "version": release.version,
        "prerelease": not is_stable(release.version),
        "image": release.reference,
        "repository": release.repository,
        "digest": release.digest,
        "size": release.size,
        "published": release.published,
        "commit": release.commit,
        "sourceUrl": release.source_url,
        "fingerprint": release.fingerprint,
        "tests": release.tests,
    }
