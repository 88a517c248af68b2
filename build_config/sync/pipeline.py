"""A source's container and a destination's in, every line from one to the other, states back.

Nothing is held but one block: the source stands still while the destination does not read.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from build_config.errors import StepError
from build_config.sandbox.containers import together
from build_config.sync.catalog import incremental_streams, replaced_streams
from build_config.sync.messages import (
    Message,
    error_of,
    last_words,
    log_line,
    parse,
    payload,
    status_trace,
)
from build_config.sync.sorting import Sorter

if TYPE_CHECKING:
    from build_config.sandbox.containers import Containers
    from build_config.sandbox.ending import Ending
    from build_config.sandbox.request import Container
    from build_config.sandbox.running import Running
    from build_config.sync.journal import Journal
    from build_config.sync.ledger import Ledger

_LAST_COMMIT_SECONDS: Final = 60
"""How long a destination may commit what it has after its source failed."""

_DEATH_SECONDS: Final = 10
"""How long a destination that does not read any more may take to end."""

_SHOWN: Final = 500


class SyncFailedError(StepError):
    """One side failed; `lines` are its last words."""

    def __init__(self, message: str, *, lines: tuple[str, ...] = (), hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.lines = lines


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """A connector and how to run it."""

    name: str
    container: Container


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """A sync that is fully decided.

    Attributes:
        source: runs `read`.
        destination: runs `write`.
        catalog: the configured catalog that both get.
    """

    source: Side
    destination: Side
    catalog: Message


async def run(containers: Containers, job: Job, ledger: Ledger, journal: Journal) -> None:
    """Run it to its end; what the destination confirmed is saved, however that comes.

    Raises:
        SyncFailedError: one side failed.
        StepError: a container could not be started.
        EngineUnavailableError: the engine went away.
    """
    saving = asyncio.create_task(ledger.keep_saving())
    hear = journal.listener
    try:
        async with together(
            containers.run(job.destination.container, on_stderr=hear(job.destination.name)),
            containers.run(job.source.container, on_stderr=hear(job.source.name)),
        ) as (destination, source):
            joint = _Joint(
                job=job, ledger=ledger, journal=journal, source=source, destination=destination
            )
            await joint.run()
    finally:
        saving.cancel()
        await asyncio.wait({saving})
        ledger.save()
    for stream in ledger.traffic.streams.values():
        stream.confirmed = stream.records


@dataclass(frozen=True, kw_only=True, slots=True)
class _Joint:
    """The two of them while they run."""

    job: Job
    ledger: Ledger
    journal: Journal
    source: Running
    destination: Running

    async def run(self) -> None:
        listening = asyncio.create_task(self._listen())
        pumping = asyncio.create_task(self._pump())
        try:
            await asyncio.wait({listening, pumping}, return_when=asyncio.FIRST_COMPLETED)
            if pumping.done() and not isinstance(pumping.exception(), BrokenPipeError):
                await self._source_ended(pumping.result(), listening)
            else:
                await self._destination_gone(listening)
        finally:
            pumping.cancel()
            listening.cancel()
            await asyncio.wait({pumping, listening})
            for task in (pumping, listening):
                _ = task.cancelled() or task.exception()  # marked as seen

    async def _pump(self) -> Ending:
        """From the source to the destination; how the source ended."""
        tell = self.journal.teller(self.job.source.name)
        sorter = Sorter(traffic=self.ledger.traffic, on_state=self.ledger.sent, log=tell)
        async for block in self.source.blocks():
            if passed := sorter.sort(block):
                await self.destination.write(passed)
        return await self.source.ended()

    async def _listen(self) -> Ending:
        """What the destination says; how it ended."""
        traffic, tell = self.ledger.traffic, self.journal.teller(self.job.destination.name)
        async for line in self.destination.lines():
            message = parse(line)
            if message is None:
                _strange(line, tell)
                traffic.strange_lines += bool(line.strip())
            elif message["type"] == "STATE":
                self.ledger.confirmed(payload(message, "state"))
            elif message["type"] == "LOG":
                tell(log_line(message))
            elif error := error_of(message):
                traffic.errors["destination"].append(error)
                tell(f"ERROR {error}")
        return await self.destination.ended()

    async def _source_ended(self, ending: Ending, listening: asyncio.Task[Ending]) -> None:
        """Well or not: let the destination finish what it may finish."""
        errors = self.ledger.traffic.errors
        failure = self._failure(self.job.source, ending, errors["source"])
        if failure is None:
            failure = self._unfinished_stream()
        if failure is None:
            await self.destination.close_stdin()
            failure = self._failure(self.job.destination, await listening, errors["destination"])
        else:
            await self._commit_what_came(listening)
        if failure:
            raise failure

    async def _commit_what_came(self, listening: asyncio.Task[Ending]) -> None:
        """After a failed source: states may still be confirmed, but nothing half be replaced.

        A destination takes the end of its input for the end of the data, and not every one looks
        at stream statuses before it replaces a table. It must not see that end then.
        """
        if self.ledger.traffic.incomplete(replaced_streams(self.job.catalog)):
            await self.destination.kill()
        else:
            keys = incremental_streams(self.job.catalog)
            now = time.time() * 1000
            try:
                for key in self.ledger.traffic.incomplete(keys):
                    await self.destination.write(status_trace(key, "INCOMPLETE", now))
            except BrokenPipeError:
                pass
            await self.destination.close_stdin()
        await asyncio.wait({listening}, timeout=_LAST_COMMIT_SECONDS)

    async def _destination_gone(self, listening: asyncio.Task[Ending]) -> None:
        """It ended, or stopped to read, while the source had more to say."""
        await asyncio.wait({listening}, timeout=_DEATH_SECONDS)
        stopped = not listening.done()
        if stopped:
            await self.destination.kill()
        ending = await listening
        failure = self._failure(
            self.job.destination, ending, self.ledger.traffic.errors["destination"]
        )
        words = "stopped reading" if stopped else "ended before its source did"
        raise failure or SyncFailedError(
            f"`{self.job.destination.name}` {words}", lines=ending.last_stderr
        )

    def _failure(self, side: Side, ending: Ending, errors: list[str]) -> SyncFailedError | None:
        if ending.is_good and not errors:
            return None
        said = f": {errors[0]}" if errors else ""
        last = ending.last_stderr or tuple(last_words(ending.last_stdout, errors))
        return SyncFailedError(f"`{side.name}` {ending.story}{said}", lines=last)

    def _unfinished_stream(self) -> SyncFailedError | None:
        broken = [s.label for s in self.ledger.traffic.streams.values() if s.status == "INCOMPLETE"]
        if not broken:
            return None
        names = ", ".join(f"`{name}`" for name in broken)
        return SyncFailedError(f"`{self.job.source.name}` did not complete {names}")


def _strange(line: bytes, tell: Callable[[str], None]) -> None:
    if line.strip():
        tell(f"not a message: {line[:_SHOWN].decode(errors='replace')}")
