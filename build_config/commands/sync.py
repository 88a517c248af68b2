"""`invoke sync`: a real sync through the images of a source and a destination."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from build_config import logs
from build_config.commands.planning import Planned, Wish, plan_for
from build_config.commands.running import RunOptions, run
from build_config.connector import Connector, Kind
from build_config.displays.choice import choose
from build_config.docker_engine import DockerEngine
from build_config.errors import UsageError
from build_config.sandbox.containers import Containers, open_containers
from build_config.sandbox.request import FILES, MIB, Container, Limits
from build_config.settings import Settings
from build_config.streams import Streams
from build_config.sync import catalog, inputs, journal, lock, pipeline, states
from build_config.sync.display import DISPLAYS, shown
from build_config.sync.ledger import Ledger
from build_config.sync.messages import Message
from build_config.sync.questions import answer
from build_config.sync.states import SavedState
from build_config.sync.traffic import Traffic
from build_config.wording import one_line

_QUESTION: Final = Limits(seconds=600, output_bytes=256 * MIB, line_bytes=256 * MIB)
_TRANSFER: Final = Limits(seconds=None, output_bytes=None, line_bytes=64 * MIB)


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


@dataclass(frozen=True, kw_only=True, slots=True)
class _Side:
    """One connector: its image's id, and its container without arguments."""

    connector: Connector
    container: Container

    def asked(self, *arguments: str, **files: object) -> Container:
        """The container with a command; each file becomes an argument of its name."""
        documents = {f"{name}.json": json.dumps(value).encode() for name, value in files.items()}
        options = (part for name in files for part in (f"--{name}", f"{FILES}/{name}.json"))
        return replace(self.container, arguments=(*arguments, *options), files=documents)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Sync:
    """All that is known before any container runs."""

    flags: SyncFlags
    source: _Side
    destination: _Side
    source_config: Message
    destination_config: Message
    catalog: Message | None
    state_path: Path
    state: SavedState
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
    state_path = _state_path(settings, flags, source, destination)
    prepared = _prepare(settings, flags, (source, destination), state_path, display)
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
    with lock.held(state_path.with_suffix(".lock")):
        states.sweep(state_path)
        prepared = replace(prepared, state=states.read(state_path))
        return _run(settings, streams, planned.engine, prepared)


def _prepare(
    settings: Settings,
    flags: SyncFlags,
    connectors: tuple[Connector, Connector],
    state_path: Path,
    display: str,
) -> _Sync:
    """Everything that can be wrong with the command line is, before anything is built."""
    configs, sides = [], []
    given = (
        ("source", flags.source_config, flags.source_mount),
        ("destination", flags.destination_config, flags.destination_mount),
    )
    for connector, (kind, config, mounts) in zip(connectors, given, strict=True):
        path = inputs.find_config(settings.root / connector.path, config, flag=f"--{kind}-config")
        configs.append(inputs.read_object(path, f"the config of the {kind}"))
        bound = inputs.read_mounts(mounts, flag=f"--{kind}-mount", read_only=kind == "source")
        container = Container(image="", mounts=bound, network=flags.network, limits=_QUESTION)
        sides.append(_Side(connector=connector, container=container))
    chosen = inputs.read_object(Path(flags.catalog), "the catalog") if flags.catalog else None
    return _Sync(
        flags=flags,
        source=sides[0],
        destination=sides[1],
        source_config=configs[0],
        destination_config=configs[1],
        catalog=chosen,
        state_path=state_path,
        state=states.read(state_path),
        display=display,
    )


def _run(settings: Settings, streams: Streams, engine: DockerEngine, prepared: _Sync) -> int:
    """With images that are there."""
    images = engine.images()
    prepared = replace(
        prepared,
        source=_with_image(prepared.source, images[prepared.source.connector.image.canonical].id),
        destination=_with_image(
            prepared.destination, images[prepared.destination.connector.image.canonical].id
        ),
    )
    folder = logs.run_folder(settings.root, now=datetime.now(UTC), process=os.getpid())
    name = f"sync-{prepared.state_path.stem}.log"
    with journal.opened(folder / name) as log:
        try:
            asyncio.run(_transfer(streams, engine, prepared, log))
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None
        except pipeline.SyncFailedError as error:
            for line in error.lines:
                streams.note(f"  | {one_line(line)}")
            error.hint = error.hint or f"all that was said: `{log.path}`; the next sync goes on"
            raise
        finally:
            if states.read(prepared.state_path) and prepared.display != "json":
                streams.note(f"confirmed state: `{prepared.state_path}`")
    return 0


async def _transfer(
    streams: Streams, engine: DockerEngine, prepared: _Sync, log: journal.Journal
) -> None:
    task = asyncio.current_task()
    if task is not None:
        with suppress(NotImplementedError, ValueError, RuntimeError):
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    async with AsyncExitStack() as stack:
        containers = await stack.enter_async_context(open_containers(engine.address))
        configured = await _catalog(containers, prepared, log)
        state = prepared.state
        if prepared.flags.full_refresh:
            states.forget(prepared.state_path)
            state = SavedState()
        resumed = state.only(catalog.incremental_streams(configured))
        traffic = Traffic.of(configured)
        ledger = Ledger(path=prepared.state_path, state=resumed, traffic=traffic)
        display = DISPLAYS[prepared.display](streams.console)
        await stack.enter_async_context(shown(display, traffic))
        await pipeline.run(containers, _job(prepared, configured, resumed), ledger, log)


async def _catalog(containers: Containers, prepared: _Sync, log: journal.Journal) -> Message:
    """The given one, or all that the source discovers; under `--full-refresh` from the start."""
    source, destination = prepared.source, prepared.destination
    generation = int(time.time() * 1000)
    asking_modes = answer(
        containers,
        destination.asked("spec"),
        "SPEC",
        name=destination.connector.name,
        log=log.teller(destination.connector.name),
    )
    if prepared.catalog is not None:
        if not prepared.flags.full_refresh:
            return prepared.catalog
        modes = (await asking_modes).get("supported_destination_sync_modes") or ()
        return catalog.refreshed(prepared.catalog, modes, generation=generation)
    discovered, spec = await asyncio.gather(
        answer(
            containers,
            source.asked("discover", config=prepared.source_config),
            "CATALOG",
            name=source.connector.name,
            log=log.teller(source.connector.name),
        ),
        asking_modes,
    )
    modes = spec.get("supported_destination_sync_modes") or ()
    configured = catalog.configure(
        discovered, modes, wanted=prepared.flags.stream, generation=generation
    )
    if prepared.flags.full_refresh:
        return catalog.refreshed(configured, modes, generation=generation)
    return configured


def _job(prepared: _Sync, configured: Message, state: SavedState) -> pipeline.Job:
    files: dict[str, object] = {"config": prepared.source_config, "catalog": configured}
    if state:
        files["state"] = state.document()
    read = prepared.source.asked("read", **files)
    write = prepared.destination.asked(
        "write", config=prepared.destination_config, catalog=configured
    )
    return pipeline.Job(
        source=pipeline.Side(
            name=prepared.source.connector.name, container=replace(read, limits=_TRANSFER)
        ),
        destination=pipeline.Side(
            name=prepared.destination.connector.name,
            container=replace(write, limits=_TRANSFER, stdin=True),
        ),
        catalog=configured,
    )


def _with_image(side: _Side, image: str) -> _Side:
    return replace(side, container=replace(side.container, image=image))


def _state_path(
    settings: Settings, flags: SyncFlags, source: Connector, destination: Connector
) -> Path:
    if flags.state:
        return Path(flags.state).expanduser().resolve()
    return settings.state / "state" / f"{source.name}--{destination.name}.json"


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
