"""A connector and where it comes from in, the labels that its image gets at export out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from build_config.connector import Connector
from build_config.discovery import NAME_LABEL, VERSION_LABEL
from build_config.fingerprint import BASES_LABEL, FINGERPRINT_LABEL, SOURCES_LABEL

_ANNOTATION = "org.opencontainers.image"

REVISION_LABEL = f"{_ANNOTATION}.revision"
"""Id of the commit; `-dirty` at its end says that the sources were not as committed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """Where the sources of a run come from.

    Attributes:
        revision: id of the commit that is checked out; None without git.
        changed: connectors whose directory is not as committed.
        source: URL of the repository; None where there is none.
        time: of the run, with its time zone.
    """

    revision: str | None
    changed: frozenset[str]
    source: str | None
    time: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """What an image is made from.

    Attributes:
        fingerprint: of all its inputs.
        sources: of those that are in the repository.
        base_ids: what the engine calls the images that it stands on.
    """

    fingerprint: str
    sources: str
    base_ids: Mapping[str, str]


def image_labels(connector: Connector, origin: Origin, made: Made) -> dict[str, str]:
    """The labels, added by the exporter: none of them can spoil a cached layer."""
    return {**told_labels(connector, origin), **_made(made)}


def told_labels(connector: Connector, origin: Origin) -> dict[str, str]:
    """Those of them that are known whoever builds it: what it is, and where it comes from.

    Keys of the OCI image specification, annotations.md; `io.airbyte.*` as the platform reads it.
    """
    dirty = "-dirty" if connector.name in origin.changed else ""
    optional = {
        REVISION_LABEL: origin.revision and f"{origin.revision}{dirty}",
        f"{_ANNOTATION}.source": origin.source,
    }
    return {
        f"{_ANNOTATION}.created": origin.time.isoformat(timespec="seconds"),
        **_named(connector),
        **{key: value for key, value in optional.items() if value},
    }


def content_labels(connector: Connector, made: Made) -> dict[str, str]:
    """Those of them that follow from the content: the same whoever builds it, and when."""
    return {**_named(connector), **_made(made)}


def _named(connector: Connector) -> dict[str, str]:
    version = connector.version
    versions = {VERSION_LABEL: version, f"{_ANNOTATION}.version": version} if version else {}
    return {NAME_LABEL: connector.image.name, **versions}


def _made(made: Made) -> dict[str, str]:
    return {
        FINGERPRINT_LABEL: made.fingerprint,
        SOURCES_LABEL: made.sources,
        BASES_LABEL: json.dumps(made.base_ids, sort_keys=True),
    }
