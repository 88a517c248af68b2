"""Images of this repository that are used by a released tag are used in their newest version."""

from __future__ import annotations

from collections.abc import Iterator

from build_config.checks.subject import Subject
from build_config.defect import Defect
from build_config.versions import order


def check(subject: Subject) -> Iterator[Defect]:
    """A pin stays behind when its base is released, and nobody notices."""
    by_name = {connector.name: connector for connector in subject.connectors}
    for pin in subject.graph.pins:
        pinned, local = order(pin.reference.tag or ""), order(pin.local.version or "")
        if pinned is None or local is None or pinned >= local:
            continue
        connector = by_name[pin.connector]
        uses = (u.line for u in connector.dockerfile.uses if u.reference == pin.reference)
        yield Defect(
            rule="pin-outdated",
            message=f"`{pin.reference}` is older than `{pin.local.path}`, which is "
            f"`{pin.local.version}`",
            connector=connector.name,
            path=connector.dockerfile_path,
            line=min(uses),
            cure=f"use `:{pin.local.version}`, or `:{subject.settings.local_tag}` to follow it",
        )
