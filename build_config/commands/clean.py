"""`invoke clean`: what no longer belongs to the repository's state, told and removed."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from build_config.cleaning import garbage, run_logs
from build_config.cleaning.engine import engine_rows, left_by_runs, remove, with_sizes
from build_config.cleaning.garbage import Garbage, Kind
from build_config.cleaning.images import Own, namespace, sort_images
from build_config.cleaning.records import built_here, old_records, standing, tested_here
from build_config.engine_endpoint import engine_endpoint
from build_config.errors import EngineUnavailableError, YardError
from build_config.machine.engine_address import find_engine_address
from build_config.repository import Repository, load
from build_config.sandbox.engine_requests import RefusedError
from build_config.settings import Settings
from build_config.streams import Streams
from build_config.wording import one_line

if TYPE_CHECKING:
    from build_config.buildkit.endpoint import Endpoint

_OF_THE_ENGINE = frozenset({Kind.CONTAINER, Kind.VOLUME, Kind.IMAGE})
_AT_A_TIME = 4
_SHOWN = 5
_SECOND = 1.0
_SAY_EVERY = 2.0  # seconds: thousands of images take minutes


@dataclass(kw_only=True, slots=True)
class _Cleaning:
    """What was found and done so far.

    Attributes:
        failed: how many could not be removed.
        silent: why the engine was not asked, or did not answer.
    """

    settings: Settings
    streams: Streams
    found: tuple[Garbage, ...] = ()
    doubtful: tuple[str, ...] = ()
    done: list[Garbage] = field(default_factory=list)
    failed: int = 0
    silent: EngineUnavailableError | None = None
    said: float = field(default_factory=time.monotonic)


def clean(
    settings: Settings,
    streams: Streams,
    *,
    dry_run: bool = False,
    images: bool = False,
    logs: bool = False,
) -> int:
    """Find what nobody needs any more, show it, and remove it.

    Args:
        settings: of the repository.
        streams: where to write.
        dry_run: only show it.
        images: only what the engine has, and the records of it.
        logs: only the logs of old runs; the engine is not asked.
    """
    cleaning = _Cleaning(settings=settings, streams=streams)
    everything = images == logs
    if everything or logs:
        now = datetime.now(UTC)
        cleaning.found = _from_here(run_logs.old_logs(settings.state, now=now))
    asyncio.run(_clean(cleaning, engine=everything or images, dry_run=dry_run))
    if cleaning.silent:
        raise cleaning.silent
    return 1 if cleaning.failed else 0


async def _clean(cleaning: _Cleaning, *, engine: bool, dry_run: bool) -> None:
    endpoint: Endpoint | None = None
    if engine:
        repository = load(cleaning.settings)
        _refuse_beside_a_run(cleaning, dry_run=dry_run)
        try:
            endpoint = engine_endpoint(find_engine_address())
            await _ask(cleaning, repository, endpoint)
        except EngineUnavailableError as error:
            cleaning.silent = error
    if not cleaning.found:
        if not cleaning.silent:
            cleaning.streams.say("nothing to clean")
    else:
        cleaning.streams.say(garbage.table(cleaning.found))
        if dry_run:
            cleaning.streams.say(f"would remove {garbage.summed(cleaning.found)}")
        else:
            await _remove_all(cleaning, endpoint)
    _say_what_stays(cleaning)


def _refuse_beside_a_run(cleaning: _Cleaning, *, dry_run: bool) -> None:
    """An image without a name may be the one that is tested at this moment."""
    process = run_logs.running(cleaning.settings.state)
    if process is not None:
        message = f"a run of this repository goes on (process {process})"
        if not dry_run:
            raise YardError(message, hint="again when it has ended; or `invoke clean --logs`")
        cleaning.streams.note(f"{message}: it may need some of this")


async def _ask(cleaning: _Cleaning, repository: Repository, endpoint: Endpoint) -> None:
    """What the engine has that may go, and the records of it."""
    state = cleaning.settings.state
    rows = await engine_rows(endpoint)
    connectors = frozenset(connector.name for connector in repository.connectors)
    names = frozenset(connector.image.name for connector in repository.connectors)
    own = Own(
        names=names,
        namespaces=frozenset(map(namespace, names)) | {cleaning.settings.namespace},
        local_tag=cleaning.settings.local_tag,
        gone=built_here(state, connectors),
        cached=frozenset(f"{cleaning.settings.cache.registry}/{name}" for name in connectors),
        tested=tested_here(state),
    )
    images = sort_images(rows, own)
    records = old_records(state, connectors, standing(rows, images.garbage))
    left = await left_by_runs(endpoint)
    asking = "asking the engine how large they are"
    patience = asyncio.get_running_loop().call_later(_SECOND, cleaning.streams.note, asking)
    sized = await with_sizes(endpoint, images.garbage)
    patience.cancel()
    cleaning.found = (*cleaning.found, *left, *sized, *_from_here(records))
    cleaning.doubtful = images.doubtful


async def _remove_all(cleaning: _Cleaning, endpoint: Endpoint | None) -> None:
    """Kind after kind: a container may hold an image, an image is what a record is of."""
    turn, gone = asyncio.Semaphore(_AT_A_TIME), set[str]()
    cleaning.said = time.monotonic()

    async def one(item: Garbage) -> None:
        async with turn:
            if not (cleaning.silent and item.kind in _OF_THE_ENGINE) and item.after <= gone:
                await _remove(cleaning, item, endpoint)
                _say_progress(cleaning)

    for kind in Kind:
        gone = {item.name for item in cleaning.done}
        await asyncio.gather(*(one(item) for item in cleaning.found if item.kind is kind))
    if cleaning.done:
        cleaning.streams.say(f"removed {garbage.summed(cleaning.done)}")


async def _remove(cleaning: _Cleaning, item: Garbage, endpoint: Endpoint | None) -> None:
    try:
        if endpoint and item.kind in _OF_THE_ENGINE:
            await remove(endpoint, item)
        else:
            _remove_file(Path(item.name))
    except (RefusedError, OSError) as error:
        cleaning.failed += 1
        cleaning.streams.note(f"error: `{item.name}` stays: {one_line(str(error))}")
    except EngineUnavailableError as error:
        cleaning.silent = error
    else:
        cleaning.done.append(item)


def _remove_file(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _say_progress(cleaning: _Cleaning) -> None:
    if time.monotonic() - cleaning.said > _SAY_EVERY:
        cleaning.said = time.monotonic()
        cleaning.streams.note(f"removed {len(cleaning.done)} of {len(cleaning.found)}")


def _say_what_stays(cleaning: _Cleaning) -> None:
    if cleaning.doubtful:
        names = ", ".join(f"`{name}`" for name in cleaning.doubtful[:_SHOWN])
        more = len(cleaning.doubtful) - _SHOWN
        rest = f" and {more} more" if more > 0 else ""
        cleaning.streams.note(
            f"left, for they may be another repository's: {names}{rest} "
            "(if they are yours, `docker image rm` them)"
        )
    if any(item.kind is Kind.IMAGE for item in cleaning.found):
        cleaning.streams.note(
            "the layers that the build cache shares with images stay in it: `docker builder prune`"
        )


def _from_here(found: Iterable[Garbage]) -> tuple[Garbage, ...]:
    """Paths as a person would type them."""
    here = Path.cwd()
    return tuple(
        replace(item, name=str(path.relative_to(here) if path.is_relative_to(here) else path))
        for item in found
        for path in [Path(item.name)]
    )
