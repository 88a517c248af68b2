"""`invoke list`: what is here, without engine and network."""

from __future__ import annotations

import json

from build_config import listings
from build_config.definitions import definition_ids
from build_config.errors import one_of
from build_config.repository import load
from build_config.selection import select
from build_config.settings import Settings
from build_config.streams import Streams


def list_connectors(
    settings: Settings,
    streams: Streams,
    *,
    kind: str | None,
    output: str,
    changed_since: str | None = None,
) -> int:
    """Print every image of the repository, or those of one kind, or those that changed."""
    one_of("--format", output, ("table", "json", "names"))
    repository = load(settings)
    selected = select(repository.connectors, kind=kind)
    if changed_since is not None:
        # imported only now: it brings the engine's modules along
        from build_config.commands.planning import changed_since as changed

        selected &= changed(settings, repository, changed_since)
        if not selected:
            streams.note(f"nothing changed since `{changed_since}`")
    if output == "names":
        for name in sorted(selected):
            streams.say(name)
        return 0
    ids = definition_ids(settings, repository.connectors)
    rows = listings.list_rows(repository.graph, selected, ids)
    if output == "json":
        streams.say(json.dumps(rows, indent=2))
        return 0
    streams.say(listings.list_table(rows))
    if repository.without_dockerfile:
        paths = ", ".join(f"`{path}`" for path in repository.without_dockerfile)
        streams.note(f"without a Dockerfile, hence no images: {paths}")
    return 0
