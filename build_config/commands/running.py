"""A plan and an engine in, its run shown, logged and summed up; the exit code out."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    asynccontextmanager,
    contextmanager,
    nullcontext,
)
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from build_config import git, history, logs, run_record, saved_work
from build_config.cache.planning import plan_caching
from build_config.cache_settings import CachePlace
from build_config.commands.planning import Planned
from build_config.connector import Connector, Secret
from build_config.displays.choice import DISPLAYS
from build_config.displays.output import Output
from build_config.engine import Builder
from build_config.events import Event
from build_config.image_labels import Origin
from build_config.machine.ca_bundle import find_bundle
from build_config.machine.disk import engine_folder, refuse_full_disks
from build_config.machine.engine_address import EngineAddress
from build_config.machine.memory import available_memory, choose_jobs, usable_cores
from build_config.performers.choice import performing
from build_config.performers.workshop import Workshop
from build_config.report import Report, headline, tell
from build_config.run_record import host_name
from build_config.run_recording import Keeper, Recorder
from build_config.sandbox.containers import open_containers
from build_config.scheduler import Perform, execute
from build_config.settings import Settings
from build_config.settings_values import from_home
from build_config.source_inputs import source_inputs
from build_config.step_summary import append_summary, summary_file
from build_config.steps import Action, Step
from build_config.streams import Streams

if TYPE_CHECKING:
    from build_config.cache.shared import Cache
    from build_config.publishing.ports import Publications

Publishing = Callable[[], AbstractAsyncContextManager["Publications | None"]]


@dataclass(frozen=True, kw_only=True, slots=True)
class RunOptions:
    """How to run a plan.

    Attributes:
        display: a key of `DISPLAYS`.
        jobs: None to choose from the machine.
        secrets: offered to every build.
        begin: when the command started, on the monotonic clock.
        command: what was typed, for advice on how to continue.
        cache: the shared cache; None where there is none.
        profile: also draw the timeline of the run, and its trace.
    """

    display: str
    jobs: int | None
    fail_fast: bool
    secrets: tuple[Secret, ...]
    begin: float
    command: str
    cache: CachePlace | None = None
    profile: bool = False


def run(
    settings: Settings,
    streams: Streams,
    planned: Planned,
    options: RunOptions,
    publications: Publishing = nullcontext,
) -> Report:
    """Run the plan to its end, show it, and say how it went.

    Args:
        settings: of the repository.
        streams: where to write.
        planned: the plan, and the engine that it was made with.
        options: how to run it.
        publications: opened for the steps of the run, when they publish something.

    Raises:
        YardError: a disk is nearly full.
    """
    if planned.engine is None:
        raise AssertionError("a plan without an engine is only shown")
    plan, engine = plan_caching(planned.plan, options.cache), planned.engine
    _refuse_full_disks(settings, engine.address)
    now = datetime.now(UTC)

    @asynccontextmanager
    async def performers() -> AsyncIterator[Perform]:
        built = (build.connector for build in plan.builds.values())
        origin = find_origin(settings.root, built, planned.snapshot, now)
        bundle = ca_bundle(settings, streams)
        async with (
            engine.builder(options.secrets, bundle) as builder,
            open_containers(engine.address) as containers,
            publications() as published,
            _cache(options.cache, builder) as cache,
        ):
            yield performing(
                Workshop(
                    settings=settings,
                    plan=plan,
                    builder=builder,
                    containers=containers,
                    images=planned.images,
                    origin=origin,
                    sources=source_inputs(plan.builds),
                    publications=published,
                    cache=cache,
                )
            )

    return run_steps(settings, streams, plan.steps, performers, options)


def _cache(place: CachePlace | None, builder: Builder) -> AbstractAsyncContextManager[Cache | None]:
    if place is None:
        return nullcontext()
    # imported only now: most runs have none, and it brings an HTTP client along
    from build_config.cache.shared import open_cache

    return open_cache(place, builder)


def run_steps(
    settings: Settings,
    streams: Streams,
    steps: Sequence[Step],
    performers: Callable[[], AbstractAsyncContextManager[Perform]],
    options: RunOptions,
) -> Report:
    """Run steps to their end, show and log them, and say how it went.

    Args:
        settings: of the repository.
        streams: where to write.
        steps: in an order in which they can run.
        performers: opened once, before the first step that runs.
        options: how to run them.
    """
    folder = _from_here(logs.run_folder(settings.root, now=datetime.now(UTC), process=os.getpid()))
    planning = time.monotonic() - options.begin
    works = any(step.action is Action.RUN for step in steps)
    jobs = options.jobs or choose_jobs(cores=usable_cores(), memory=available_memory())
    events: Iterable[Event] = execute(steps, performers, jobs=jobs, fail_fast=options.fail_fast)
    recorder = Recorder(
        steps=steps,
        command=options.command,
        host=host_name(streams.environ),
        jobs=jobs,
        begin=datetime.now(UTC) - timedelta(seconds=planning),
        planning=planning,
        sizes=history.read_sizes(settings.state),
    )
    events = recorder.hear(events)
    if works:
        saved_work.keep_out_of_git(settings.state)
        # rows that are redrawn have to know of a line between them; else stdout is for results
        warn = streams.console.print if options.display == "live" else streams.note
        events = logs.keep(steps, events, folder, warn=warn)
    output = Output(console=streams.console, logs=folder if works else None)
    shown = DISPLAYS[options.display](steps, events, output)
    with recorder.keep([*_keepers(output.logs, streams, options)]) as keep:
        report = Report.of(steps, shown, before=planning)
        keep(report)
    history.record(settings.state, report)
    return report


def _keepers(folder: Path | None, streams: Streams, options: RunOptions) -> Iterator[Keeper]:
    """Who takes the record of the run; `folder` is None where there was nothing to do."""
    if folder is not None:
        yield partial(run_record.write, folder)
    file = summary_file(streams.environ)
    if options.display == "github" and file is not None:
        yield lambda record: append_summary(file, [record])
    if options.profile and folder is not None:
        from build_config.commands.report import draw

        yield lambda record: draw(folder, [record], streams)


def _refuse_full_disks(settings: Settings, address: EngineAddress) -> None:
    """A build that finds no room fails late, and takes others' builds and databases with it."""
    if settings.disk_floor:
        places = {"the repository": settings.root}
        folder = engine_folder(address)
        if folder is not None:
            places["the engine"] = folder
        refuse_full_disks(places, floor=settings.disk_floor)


def show_report(report: Report, streams: Streams, options: RunOptions) -> None:
    """Say at the end how it went, as far as the display has not said it."""
    if options.display == "quiet":
        streams.say(headline(report))
    elif options.display != "json":
        with no_commands(streams, options):
            tell(report, streams.console, command=options.command)


@contextmanager
def no_commands(streams: Streams, options: RunOptions) -> Iterator[None]:
    """What is printed meanwhile has words of the tools, which GitHub's runner must not obey."""
    if options.display != "github":
        yield
        return
    from build_config.displays.github import fence

    begin, end = fence()
    streams.say(begin)
    yield
    streams.say(end)


def _from_here(path: Path) -> Path:
    """Short to read and to paste: relative to the working directory where it is below it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def find_origin(
    root: Path, connectors: Iterable[Connector], snapshot: git.Snapshot | None, now: datetime
) -> Origin:
    """Where the sources of these connectors come from, as the labels of their images say it."""
    return Origin(
        revision=git.head(root),
        changed=frozenset(c.name for c in connectors if snapshot and snapshot.is_dirty(c.path)),
        source=git.remote_url(root),
        time=now,
    )


def ca_bundle(settings: Settings, streams: Streams) -> Path | None:
    """The certificates that builds are offered as the secret `ca-bundle`."""
    if settings.ca_bundle == "none":
        return None
    if settings.ca_bundle == "auto":
        return find_bundle(streams.environ)
    return from_home(settings.ca_bundle)
