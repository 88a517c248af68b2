from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from monorepos import OURS, connectors

from build_config.connector import Connector
from build_config.fingerprint import BASES_LABEL, FINGERPRINT_LABEL, SOURCES_LABEL
from build_config.image_labels import Made, Origin, image_labels

ORIGIN = Origin(
    revision="c" * 40,
    changed=frozenset({"destination-b"}),
    source="https://example.com/us/repository",
    time=datetime(2026, 11, 22, 12, 30, 1, 999, tzinfo=UTC),
)
MADE = Made(fingerprint="f", sources="e", base_ids={})


@pytest.fixture
def there(tmp_path: Path) -> dict[str, Connector]:
    return connectors(tmp_path, OURS)


def test_every_label_of_an_image_that_is_as_committed(there: dict[str, Connector]) -> None:
    made = Made(fingerprint="f" * 64, sources="e" * 64, base_ids={"b": "2", "a": "1"})
    labels = image_labels(there["source-a"], ORIGIN, made)
    assert labels == {
        "io.airbyte.name": "connectoryard/source-a",
        "io.airbyte.version": "1.2.3",
        "org.opencontainers.image.version": "1.2.3",
        "org.opencontainers.image.revision": "c" * 40,
        "org.opencontainers.image.source": "https://example.com/us/repository",
        "org.opencontainers.image.created": "2026-11-22T12:30:01+00:00",
        FINGERPRINT_LABEL: "f" * 64,
        SOURCES_LABEL: "e" * 64,
        BASES_LABEL: '{"a": "1", "b": "2"}',
    }


def test_what_is_not_as_committed_says_so(there: dict[str, Connector]) -> None:
    labels = image_labels(there["destination-b"], ORIGIN, MADE)
    assert labels["org.opencontainers.image.revision"] == f"{'c' * 40}-dirty"


def test_what_is_not_known_is_no_label(there: dict[str, Connector]) -> None:
    origin = replace(ORIGIN, revision=None, source=None)
    labels = image_labels(there["destination-b"], origin, MADE)
    assert set(labels) == {
        "io.airbyte.name",
        "org.opencontainers.image.created",
        FINGERPRINT_LABEL,
        SOURCES_LABEL,
        BASES_LABEL,
    }
    assert all(labels.values())
    assert json.loads(labels[BASES_LABEL]) == {}
