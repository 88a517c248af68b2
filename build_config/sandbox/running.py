"""A started container: lines out of it, bytes into it, and its end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from build_config.errors import EngineUnavailableError
from build_config.sandbox.ending import Ending
from build_config.sandbox.engine_requests import (
    RefusedError,
    Request,
    ask,
    taken_over,
    undisturbed,
)
from build_config.sandbox.output import Frames, Tail, WholeLines
from build_config.wording import duration, size

if TYPE_CHECKING:
    from build_config.buildkit.endpoint import Endpoint
    from build_config.sandbox.request import Limits

_CHUNK: Final = 1 << 18
_DEATH_SECONDS: Final = 30
"""How long the engine may take to end a container that was killed."""

Listen = Callable[[bytes], object]


@dataclass(kw_only=True, slots=True)
class Running:
    """A container that runs; made by `Containers.run`.

    Attributes:
        stdin_stack: holds the connection of stdin until the container has ended.

    Its stdout is read only as fast as the caller takes it: a container whose output is not read
    stands still. What it says on stderr is kept in bounded memory, and told to `on_stderr`.
    """

    name: str
    endpoint: Endpoint
    limits: Limits
    on_stderr: Listen | None
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter | None
    stdin_stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    began: float = field(default_factory=time.monotonic)
    _frames: Frames = field(default_factory=Frames)
    _lines: WholeLines = field(default_factory=WholeLines)
    _stdout: Tail = field(default_factory=Tail)
    _stderr: Tail = field(default_factory=Tail)
    _total: int = 0
    _faults: dict[str, str] = field(default_factory=dict)
    _killed: bool = False
    _dying: asyncio.Task[None] | None = None
    _timers: list[asyncio.TimerHandle] = field(default_factory=list)
    _ending: Ending | None = None

    async def blocks(self) -> AsyncGenerator[bytes, None]:
        """Whole lines of stdout with their ends, as many at a time as have come.

        The very last may lack its end. Nothing more comes once a limit was met.
        """
        while data := await self._read():
            if self._dying:
                continue
            stdout, stderr = self._frames.feed(data)
            self._hear(stderr)
            self._total += len(data)
            block = self._lines.feed(b"".join(stdout)) if stdout else b""
            if block:
                self._stdout.add(block)
            if self._within_limits(block) and block:
                yield block
        rest = self._lines.rest()
        self._stdout.add(rest)
        if rest and not self._dying:
            yield rest

    async def lines(self) -> AsyncGenerator[bytes, None]:
        """Every line of stdout, without its end."""
        async for block in self.blocks():
            for line in block.removesuffix(b"\n").split(b"\n"):
                yield line

    async def write(self, data: bytes) -> None:
        """Write to stdin; returns when the container has read about all of it.

        Somebody has to read its output meanwhile: so its end is noticed.

        Raises:
            BrokenPipeError: it does not read any more: it ended, or closed its stdin.
        """
        if self.writer is None or self.writer.is_closing():
            raise BrokenPipeError("stdin is closed")
        try:
            self.writer.write(data)
            await self.writer.drain()
        except OSError as error:
            raise BrokenPipeError("the container does not read its stdin any more") from error

    async def close_stdin(self) -> None:
        """Let the container see the end of its stdin, after all that was written."""
        if self.writer is not None:
            self.writer.close()

    async def kill(self) -> None:
        """End it now, whatever it does; `ended` waits until it has.

        The engine does not answer before all output of the container is read, so nobody can wait
        for its answer who does not read.
        """
        if self._ending is None and self._dying is None:
            self._killed = True
        self._die()

    async def terminate(self) -> None:
        """Ask its first process to end, as `docker stop` and Kubernetes do before they kill."""
        path = f"/containers/{self.name}/kill?signal=SIGTERM"
        with suppress(RefusedError):  # it has ended by itself
            await ask(self.endpoint, Request(method="POST", path=path))

    async def ended(self) -> Ending:
        """Wait for its end; output that was not taken is read and dropped, within the limits.

        Raises:
            EngineUnavailableError: the engine went away.
        """
        if self._ending is None:
            async for _ in self.blocks():
                pass
            self._ending = await self._wait()
            # an engine does not always close the stdin of a container that ended
            self._abort_stdin()
        return self._ending

    def watch(self) -> None:
        """Begin to count the seconds."""
        if self.limits.seconds is not None:
            words = f"took longer than {duration(self.limits.seconds)}"
            self._timer(self.limits.seconds, self._fault, "timed_out", words)

    async def close(self) -> None:
        """Stop watching, and end it if it runs; only then its stdin, which it must not see end."""
        if self._ending is None:
            await undisturbed(self._put_down())
        for timer in self._timers:
            timer.cancel()
        if self._dying:
            await asyncio.gather(self._dying, return_exceptions=True)
        self._abort_stdin()
        await self.stdin_stack.aclose()
        await asyncio.sleep(0)  # a connection goes on the next turn of the loop

    def _abort_stdin(self) -> None:
        if self.writer is None:
            return
        transport = self.writer.transport
        if not transport.is_closing() or transport.get_write_buffer_size():
            transport.abort()

    async def _read(self) -> bytes:
        """The next piece of output; empty at the end."""
        try:
            return await self.reader.read(_CHUNK)
        except OSError as error:
            raise EngineUnavailableError(
                f"lost the Docker engine at `{self.endpoint.address}`: {error}",
                hint="`invoke setup`",
            ) from error

    def _within_limits(self, block: bytes) -> bool:
        limit, longest = self.limits.output_bytes, self.limits.line_bytes
        if limit is not None and self._total > limit:
            self._fault("flooded", f"wrote more than {size(limit)}")
        elif self._lines.waiting_bytes > longest or _has_longer_line(block, longest):
            self._fault("line_too_long", f"wrote a line longer than {size(longest)}")
        return not self._faults

    def _fault(self, kind: str, words: str) -> None:
        if self._ending is None and not self._killed:
            self._faults.setdefault(kind, words)
            self._die()

    def _die(self) -> asyncio.Task[None]:
        """Kill it; whoever waits for its end waits for so long at most."""
        if self._dying is None:
            self._dying = asyncio.create_task(self._tell_kill())
            self._timer(_DEATH_SECONDS, self.reader.set_exception, self._immortal())
        return self._dying

    async def _tell_kill(self) -> None:
        path = f"/containers/{self.name}/kill"
        with suppress(RefusedError):  # it has ended, or is gone
            await ask(self.endpoint, Request(method="POST", path=path))

    async def _put_down(self) -> None:
        """Kill it, and take the rest of its output out of its way."""
        dying = self._die()
        with suppress(EngineUnavailableError):
            while await self._read():
                pass
        await asyncio.wait({dying})

    def _timer(self, seconds: float, act: Callable[..., object], *arguments: object) -> None:
        loop = asyncio.get_running_loop()
        self._timers.append(loop.call_later(seconds, act, *arguments))

    async def _wait(self) -> Ending:
        """Its stdout has ended; it should end now, too, or is killed when its time is up."""
        left = None if self.limits.seconds is None else self._seconds_left() + _DEATH_SECONDS
        try:
            async with asyncio.timeout(_DEATH_SECONDS if self._dying else left):
                path = f"/containers/{self.name}/wait"
                await ask(self.endpoint, Request(method="POST", path=path), seconds=None)
        except TimeoutError:
            raise self._immortal() from None
        return await self._look_back()

    def _seconds_left(self) -> float:
        gone = time.monotonic() - self.began
        return max((self.limits.seconds or 0) - gone, 0)

    async def _look_back(self) -> Ending:
        seconds = time.monotonic() - self.began
        seen = await ask(self.endpoint, Request(method="GET", path=f"/containers/{self.name}/json"))
        state = seen["State"]
        if state["OOMKilled"]:
            self._faults.setdefault("oom", f"ran out of memory ({size(self.limits.memory)})")
        return Ending(
            exit_code=state["ExitCode"],
            oom_killed=state["OOMKilled"],
            timed_out="timed_out" in self._faults,
            flooded="flooded" in self._faults,
            line_too_long="line_too_long" in self._faults,
            killed=self._killed,
            fault=next(iter(self._faults.values()), ""),
            seconds=seconds,
            last_stderr=self._stderr.lines(),
            last_stdout=self._stdout.lines(),
        )

    def _hear(self, pieces: list[bytes]) -> None:
        for piece in pieces:
            self._stderr.add(piece)
            if self.on_stderr:
                self.on_stderr(piece)

    def _immortal(self) -> EngineUnavailableError:
        return EngineUnavailableError(
            f"the engine did not end the container `{self.name}` within {_DEATH_SECONDS} s"
        )


def _has_longer_line(block: bytes, longest: int) -> bool:
    if len(block) <= longest:
        return False
    return any(len(line) > longest for line in block.split(b"\n"))


@asynccontextmanager
async def attached(endpoint: Endpoint, name: str) -> AsyncIterator[asyncio.StreamReader]:
    """The container's output, from its first byte: attach before it is started."""
    path = f"/containers/{name}/attach?stream=1&stdout=1&stderr=1"
    async with taken_over(endpoint, path) as (reader, _):
        yield reader
