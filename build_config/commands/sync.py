"""`invoke sync`: a real sync through the images of a source and a destination."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from build_config import atomic_files, logs
from build_config.commands.planning import Planned, Wish, plan_for
from build_config.commands.running import RunOptions, run
from build_config.connector import Connector, Kind
from build_config.displays.choice import choose
from build_config.docker_engine import DockerEngine
from build_config.errors import UsageError
from build_config.event_loop import ENDING
from build_config.sandbox.containers import open_containers
from build_config.sandbox.request import Container
from build_config.settings import Settings
from build_config.settings_values import from_home
from build_config.streams import Streams
from build_config.sync import catalog, inputs, journal, lock, pipeline, states
from build_config.sync.display import DISPLAYS, asking, shown
from build_config.sync.ledger import Ledger
from build_config.sync.preparation import (
    QUESTION,
    Connection,
    Wanted,
    configured_catalog,
    job,
)
from build_config.sync.traffic import Traffic
from build_config.wording import one_line


@dataclass(frozen=True, kw_only=True, slots=True)
class SyncFlags:
    """The flags of `invoke sync`, as typed."""

    source: str | None = None
    destination: str | None = None
    source_config: str | None = None
    destination_config: str | None = None
    catalog: str | None = None
    state: str | None = None
    stream: Sequence[str] = ()
    source_mount: Sequence[str] = ()
    destination_mount: Sequence[str] = ()
    network: str = "bridge"
    full_refresh: bool = False
    progress: str = "auto"


def _state_path(
    settings: Settings, flags: SyncFlags, source: Connection, destination: Connection
) -> Path:
    """Where the state of these two is: other mounts or configs are another place for the rows."""
    if flags.state:
        return from_home(flags.state).resolve()
    configs = (flags.source_config, flags.destination_config)
    which = inputs.place(configs, (source.container.mounts, destination.container.mounts))
    name = f"{source.name}--{destination.name}{which and f'--{which}'}.json"
    return settings.state / "state" / name


@dataclass(frozen=True, kw_only=True, slots=True)
class _Sync:
    """All that is known before any container runs.

    Attributes:
        state_path: where the confirmed state is, and will be.
        display: a key of `DISPLAYS`.
    """

    source: Connection
    destination: Connection
    wanted: Wanted
    state_path: Path
    display: str


def sync(settings: Settings, streams: Streams, **typed: Any) -> int:
    """Build what is stale, ask the source what it has, and move it.

    Args:
        settings: of the repository.
        streams: where to write.
        typed: the fields of `SyncFlags`.
    """
    flags = SyncFlags(**typed)
    begin = time.monotonic()
    display = choose(flags.progress, streams.environ, terminal=streams.out.isatty())
    names = (_required("--source", flags.source), _required("--destination", flags.destination))
    planned = plan_for(settings, streams, Wish(connector=names))
    source = _one(planned, names[0], Kind.SOURCE)
    destination = _one(planned, names[1], Kind.DESTINATION)
    prepared = _prepare(settings, flags, source, destination, display)
    if planned.plan.work:
        options = RunOptions(
            display=display,
            jobs=settings.jobs,
            fail_fast=False,
            secrets=settings.secrets,
            begin=begin,
            command="invoke sync",
        )
        report = run(settings, streams, planned, options)
        if report.exit_code:
            return report.exit_code
    if planned.engine is None:
        raise AssertionError("a plan for a run has an engine")
    images = planned.engine.images(settings.state)
    prepared = replace(
        prepared,
        source=_in_image(prepared.source, images[source.image.canonical].id),
        destination=_in_image(prepared.destination, images[destination.image.canonical].id),
    )
    with lock.held(prepared.state_path.with_suffix(".lock")):
        _run(settings, streams, planned.engine, prepared)
    return 0


def _prepare(
    settings: Settings,
    flags: SyncFlags,
    source: Connector,
    destination: Connector,
    display: str,
) -> _Sync:
    """Everything that can be wrong with the command line is, before anything is built."""

    def connection(connector: Connector, config: str | None, mounts: Sequence[str]) -> Connection:
        kind, folder = connector.kind, settings.root / connector.path
        path = inputs.find_config(folder, config, flag=f"--{kind}-config")
        is_source = kind is Kind.SOURCE
        bound = inputs.read_mounts(mounts, flag=f"--{kind}-mount", read_only=is_source)
        return Connection(
            name=connector.name,
            config=inputs.read_object(path, f"the config of the {kind}"),
            container=Container(image="", mounts=bound, network=flags.network, limits=QUESTION),
        )

    from_there = connection(source, flags.source_config, flags.source_mount)
    to_there = connection(destination, flags.destination_config, flags.destination_mount)
    state_path = _state_path(settings, flags, from_there, to_there)
    states.read(state_path)
    return _Sync(
        source=from_there,
        destination=to_there,
        wanted=Wanted(
            catalog=inputs.read_catalog(from_home(flags.catalog)) if flags.catalog else None,
            streams=flags.stream,
            full_refresh=flags.full_refresh,
        ),
        state_path=state_path,
        display=display,
    )


def _run(settings: Settings, streams: Streams, engine: DockerEngine, prepared: _Sync) -> None:
    """With images that are there, and nobody else at the state."""
    atomic_files.sweep(prepared.state_path)
    folder = logs.run_folder(settings.root, now=datetime.now(UTC), process=os.getpid())
    name = f"sync-{prepared.source.name}--{prepared.destination.name}.log"
    with journal.opened(folder / name) as log:
        try:
            asyncio.run(_transfer(streams, engine, prepared, log))
        except asyncio.CancelledError:  # of `ENDING`; Ctrl-C is a KeyboardInterrupt by now
            raise KeyboardInterrupt from None
        except pipeline.SyncFailedError as error:
            for line in error.lines:
                streams.note(f"  | {one_line(line)}")
            error.hint = f"all that was said: `{log.path}`"
            if prepared.state_path.exists():
                error.hint += "; the next sync goes on from the confirmed state"
            raise
        finally:
            if prepared.state_path.exists() and prepared.display not in {"json", "quiet"}:
                streams.note(f"confirmed state: `{prepared.state_path}`")


async def _transfer(
    streams: Streams, engine: DockerEngine, prepared: _Sync, log: journal.Journal
) -> None:
    task = asyncio.current_task()
    if task is not None:
        with suppress(NotImplementedError, ValueError, RuntimeError):
            for number in ENDING:
                asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    source, destination = prepared.source, prepared.destination
    async with open_containers(engine.address) as containers:
        with asking(streams.console, prepared.display, source.name):
            wanted = prepared.wanted
            configured = await configured_catalog(containers, source, destination, wanted, log)
        if prepared.wanted.full_refresh:
            states.forget(prepared.state_path, catalog.all_streams(configured))
        saved = states.read(prepared.state_path)
        incremental = catalog.incremental_streams(configured)
        state = saved.only(incremental)
        traffic = Traffic.of(configured)
        kept = saved.without(catalog.all_streams(configured) - incremental)
        ledger = Ledger(path=prepared.state_path, state=kept, traffic=traffic)
        async with shown(DISPLAYS[prepared.display](streams.console), traffic):
            await pipeline.run(containers, job(source, destination, configured, state), ledger, log)


def _in_image(connection: Connection, image: str) -> Connection:
    return replace(connection, container=replace(connection.container, image=image))


def _required(flag: str, value: str | None) -> str:
    if not value:
        raise UsageError(
            f"`{flag}` is missing", hint="invoke sync --source=NAME --destination=NAME"
        )
    return value


def _one(planned: Planned, name: str, kind: Kind) -> Connector:
    """The connector of a name, which must be of this kind."""
    selected = planned.repository.select((name,))
    found = [planned.repository.graph.connectors[each] for each in sorted(selected)]
    if len(found) != 1:
        raise UsageError(f"`--{kind}={name}` names {len(found)} connectors", hint="name one")
    if found[0].kind is not kind:
        raise UsageError(f"`{name}` is a {found[0].kind}, not a {kind}", hint="invoke list")
    return found[0]
