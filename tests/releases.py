"""Release records for tests."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

from build_config.release import Release


def release(name: str = "source-x", version: str = "1.0.0", **changes: Any) -> Release:
    """A plausible record; `changes` are its fields."""
    kind = name.partition("-")[0]
    base = kind == "base"
    made = Release(
        name=name,
        kind=kind,
        language="python",
        repository=f"registry.test/acme/{name}",
        version=version,
        digest="sha256:" + hashlib.sha256(f"{name} {version}".encode()).hexdigest(),
        image_id="sha256:" + "1" * 64,
        size=1000,
        commit="c" * 40,
        source_url="https://git.test/acme/connectors",
        fingerprint="f" * 64,
        inputs="{}",
        published="2026-11-22T12:00:00Z",
        definition={} if base else {f"{kind}DefinitionId": "id", "name": name.title()},
        spec=None if base else {"connectionSpecification": {"type": "object"}},
    )
    return replace(made, **changes)
