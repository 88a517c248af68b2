"""A sync in, one run of the destination's `write` out: fed, listened to, perhaps killed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from build_config.acceptance.case import CaseResult, Problems
from build_config.acceptance.conversation import Answer, overhear
from build_config.acceptance.messages_to_write import Echoes, Sync, blocks
from build_config.acceptance.read_back import Holdings, Program, read_back
from build_config.acceptance.sample_streams import MODES
from build_config.connector_protocol.level import Level
from build_config.connector_protocol.messages import Message
from build_config.sandbox.request import Container, Volume

if TYPE_CHECKING:
    from build_config.acceptance.bench import Bench
    from build_config.acceptance.config import Test
    from build_config.sandbox.running import Running

T = TypeVar("T")

_OF_DESTINATIONS = frozenset({"STATE", "LOG", "TRACE", "CONTROL", "DESTINATION_CATALOG"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """One run of `write`.

    Attributes:
        strange: lines on stdout that a destination must not print.
    """

    answer: Answer
    echoes: Echoes
    strange: Problems


@dataclass(kw_only=True, slots=True)
class Hearing:
    """What has come back so far; `news` is set by each state."""

    echoes: Echoes
    strange: Problems
    news: asyncio.Event

    def hear(self, message: Message) -> None:
        """Listens."""
        if message.type == "STATE":
            self.echoes.hear(message.payload)
            self.news.set()
        elif message.type not in _OF_DESTINATIONS:
            self.strange.add(f"line {message.line}: a destination has no {message.type} to say")

    async def state(self, seconds: float) -> bool:
        """Whether a state comes within so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.news.wait()
        return self.news.is_set()


Conduct = Callable[["Running", Hearing, Iterable[bytes]], Coroutine[Any, Any, None]]
"""What is done to a destination while it is listened to."""


async def to_the_end(running: Running, _: Hearing, lines: Iterable[bytes]) -> None:
    """Write every line and close stdin."""
    await write_lines(running, lines)
    await running.close_stdin()


async def write_lines(running: Running, lines: Iterable[bytes]) -> None:
    """Write the lines, as fast as they are read; stdin stays open.

    One that does not read any more has ended: that says more than the pipe.
    """
    with suppress(BrokenPipeError):
        for block in blocks(lines):
            await running.write(block)
            await asyncio.sleep(0)


async def write(
    bench: Bench,
    container: Container,
    sync: Sync,
    *,
    lines: Iterable[bytes] | None = None,
    conduct: Conduct = to_the_end,
) -> Written:
    """Run `write` once.

    Args:
        bench: of the destination.
        container: as `write_container` makes it.
        sync: whose catalog the container has, and whose states should come back.
        lines: what is sent instead of the sync's own lines.
        conduct: how it is sent, and how the run ends.

    Raises:
        StepError: the engine cannot start the container.
        EngineUnavailableError: the engine went away.
    """
    bench.tell.activity("write")
    hearing = Hearing(echoes=Echoes.of(sync.states()), strange=Problems(), news=asyncio.Event())
    async with bench.subject.containers.run(container) as running:
        sent = sync.lines() if lines is None else lines
        conducting = asyncio.create_task(conduct(running, hearing, sent))
        try:
            level = bench.subject.settings.level
            answer = await overhear(running, level=level, listen=hearing.hear)
        finally:
            conducting.cancel()
            await asyncio.wait({conducting})
    if not conducting.cancelled():
        conducting.result()
    hearing.strange.add_all(answer.faults.first)
    hearing.strange.count += answer.faults.count - len(answer.faults.first)
    return Written(answer=answer, echoes=hearing.echoes, strange=hearing.strange)


async def declared_modes(bench: Bench, test: Test) -> tuple[str, ...]:
    """The sync modes of the specification that can be tested; append where it declares nothing.

    Raises:
        StepError: the engine cannot start the container.
        EngineUnavailableError: the engine went away.
    """
    spec = (await bench.spec(test)).of("SPEC")
    declared = (spec[0].get("supported_destination_sync_modes") if spec else None) or ["append"]
    return tuple(mode for mode in MODES if mode in declared)


def write_container(bench: Bench, test: Test, sync: Sync, volumes: tuple[Volume, ...]) -> Container:
    """A run of `write` with the test's config and the sync's catalog.

    Raises:
        FixtureError: the config is not there.
    """
    files = {"config.json": bench.config_bytes(test), "catalog.json": sync.catalog()}
    return replace(bench.container("write", test, files=files, stdin=True), volumes=volumes)


@asynccontextmanager
async def own_folders(bench: Bench) -> AsyncIterator[tuple[Volume, ...]]:
    """Fresh volumes in the place of the bench's: runs at the same time are not in each other's way.

    Raises:
        EngineUnavailableError: the engine went away.
    """
    containers, image = bench.subject.containers, bench.subject.image.id
    async with AsyncExitStack() as stack:
        yield tuple(
            [
                replace(volume, name=await stack.enter_async_context(containers.volume(image)))
                for volume in bench.volumes
            ]
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class WriteTest:
    """What the cases of writing have in common.

    Attributes:
        program: reads back; None where the connector has none.
        modes: that its specification declares.
        token: for the names of streams.
    """

    bench: Bench
    test: Test
    program: Program | None
    modes: tuple[str, ...]
    token: str

    @property
    def level(self) -> Level:
        """By whose rules the destination is judged."""
        return self.bench.subject.settings.level

    async def write(
        self, sync: Sync, volumes: tuple[Volume, ...], *, conduct: Conduct = to_the_end
    ) -> Written:
        """As the function of this name."""
        container = write_container(self.bench, self.test, sync, volumes)
        return await write(self.bench, container, sync, conduct=conduct)

    async def read_back(self, sync: Sync, volumes: tuple[Volume, ...]) -> Holdings:
        """What the sync's streams hold; nothing where nobody can tell."""
        if self.program is None:
            return {}
        container = write_container(self.bench, self.test, sync, volumes)
        return await read_back(self.bench, self.program, container)


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Cases that were judged by the same runs."""

    cases: tuple[CaseResult, ...]
    runs: tuple[Written, ...]


async def together(*work: Callable[[], Awaitable[T]], most: int = 3) -> list[T]:
    """The results of all, so many at a time; the first failure ends the others, and is raised."""
    places = asyncio.Semaphore(most)

    async def placed(one: Callable[[], Awaitable[T]]) -> T:
        async with places:
            return await one()

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(placed(one)) for one in work]
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]


def failure(written: Written, level: Level) -> list[str]:
    """Why a run that should have ended well did not."""
    answer = written.answer
    if not answer.ending.is_good:
        return [answer.story]
    if answer.errors and level is Level.CURRENT:
        return [f"ended with exit code 0 after a TRACE of an error: {answer.errors[0]}"]
    return []
