"""Two connectors with their configs in, the configured catalog and the job of a sync out."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from build_config.sandbox.request import FILES, MIB, Container, Limits
from build_config.sync import catalog, pipeline
from build_config.sync.messages import Message, entries
from build_config.sync.questions import answer

if TYPE_CHECKING:
    from build_config.sandbox.containers import Containers
    from build_config.sync.journal import Journal
    from build_config.sync.states import SavedState

QUESTION: Final = Limits(seconds=600, output_bytes=256 * MIB, line_bytes=256 * MIB)
"""For `spec` and `discover`: a large database takes minutes to tell its tables."""

_TRANSFER: Final = Limits(seconds=None, output_bytes=None, line_bytes=64 * MIB)


@dataclass(frozen=True, kw_only=True, slots=True)
class Connection:
    """One connector: its name, its config, and its container without a command."""

    name: str
    config: Message
    container: Container

    def asked(self, command: str, **files: object) -> Container:
        """The container with a command; each file becomes an option of its name."""
        documents = {f"{name}.json": json.dumps(value).encode() for name, value in files.items()}
        options = (part for name in files for part in (f"--{name}", f"{FILES}/{name}.json"))
        return replace(self.container, arguments=(command, *options), files=documents)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What is to be moved.

    Attributes:
        catalog: a configured catalog; None for what the source discovers.
        streams: patterns that choose among them; none for all.
        full_refresh: read from the start, and replace what is there.
    """

    catalog: Message | None
    streams: Sequence[str]
    full_refresh: bool


async def configured_catalog(
    containers: Containers,
    source: Connection,
    destination: Connection,
    wanted: Wanted,
    journal: Journal,
) -> Message:
    """The given catalog, or one made from what the source has and the destination can do.

    Raises:
        StepError: a connector does not answer.
        UsageError: a wanted stream is not there.
        EngineUnavailableError: the engine went away.
    """

    async def asked(connection: Connection, container: Container, kind: str) -> Message:
        log = journal.teller(connection.name)
        return await answer(containers, container, kind, name=connection.name, log=log)

    generation = int(time.time() * 1000)
    if wanted.catalog is not None and not wanted.full_refresh:
        return wanted.catalog
    asking = asyncio.create_task(asked(destination, destination.asked("spec"), "SPEC"))
    try:
        configured = wanted.catalog
        if configured is None:
            discover = source.asked("discover", config=source.config)
            discovered = await asked(source, discover, "CATALOG")
        modes = entries(await asking, "supported_destination_sync_modes")
    finally:
        asking.cancel()
        await asyncio.wait({asking})
    if configured is None:
        configured = catalog.configure(
            discovered, modes, wanted=wanted.streams, generation=generation
        )
    if wanted.full_refresh:
        configured = catalog.refreshed(configured, modes, generation=generation)
    return configured


def job(
    source: Connection, destination: Connection, configured: Message, state: SavedState
) -> pipeline.Job:
    """`read` and `write`, with all that they are given."""
    files: dict[str, object] = {"config": source.config, "catalog": configured}
    if state:
        files["state"] = state.document()
    read = replace(source.asked("read", **files), limits=_TRANSFER)
    write = destination.asked("write", config=destination.config, catalog=configured)
    return pipeline.Job(
        source=pipeline.Side(name=source.name, container=read),
        destination=pipeline.Side(
            name=destination.name, container=replace(write, limits=_TRANSFER, stdin=True)
        ),
        catalog=configured,
    )
