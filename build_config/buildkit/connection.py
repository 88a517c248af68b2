"""One upgraded connection to the engine: an endpoint and an HTTP/2 protocol in, gRPC over it out.

The engine gives BuildKit's API on connections that begin as HTTP/1.1 and are upgraded
(moby: api/server/router/grpc, api/server/router/session; buildkit: session/manager.go):

    POST /grpc  HTTP/1.1          then this side is the gRPC client
    POST /session  HTTP/1.1       then this side is the gRPC *server*
    Connection: Upgrade
    Upgrade: h2c
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from build_config.buildkit.failures import EngineLostError, NotBuildKitError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Iterable

    from grpclib.protocol import H2Protocol

    from build_config.buildkit.endpoint import Endpoint

T = TypeVar("T")

_HEAD_END: Final = b"\r\n\r\n"
_HEAD_LIMIT: Final = 65536
_UPGRADE_SECONDS: Final = 30
_CLOSE_SECONDS: Final = 2
_GONE: Final = frozenset({b"404", b"410"})


class EndpointGoneError(NotBuildKitError):
    """The engine is there, but does not know this path."""


class Upgraded(asyncio.Protocol):
    """Asks for the upgrade, waits for 101, then passes every event on to the HTTP/2 protocol.

    It stays in between, rather than handing over with `set_protocol`, to know when the connection
    is lost: `lost` then holds an `EngineLostError`. Without a path it speaks HTTP/2 at once.
    """

    def __init__(
        self, address: str, path: str, headers: Iterable[tuple[str, str]], successor: H2Protocol
    ) -> None:
        loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[None] = loop.create_future()
        self.lost: asyncio.Future[None] = loop.create_future()
        self.address = address
        self.path = path
        self.successor = successor
        self.head = b""
        self.request = _upgrade_request(path, headers)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asks."""
        self.transport = cast("asyncio.Transport", transport)
        if self.path:
            self.transport.write(self.request)
        else:
            self._hand_over(b"")

    def data_received(self, data: bytes) -> None:
        """Reads the head of the answer; from then on everything belongs to the successor."""
        if self.ready.done():
            self.successor.data_received(data)
            return
        self.head += data
        head, end, rest = self.head.partition(_HEAD_END)
        if not end and len(self.head) < _HEAD_LIMIT:
            return
        status = head.partition(b"\r\n")[0].split(b" ", 2)
        if status[0] == b"HTTP/1.1" and status[1:2] == [b"101"]:
            self._hand_over(rest)
        else:
            self._refuse(status, rest)

    def pause_writing(self) -> None:
        """Back-pressure: the engine reads slower than we write."""
        if self.ready.done():
            self.successor.pause_writing()

    def resume_writing(self) -> None:
        """The engine caught up."""
        if self.ready.done():
            self.successor.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends every stream and fails `lost`."""
        reason = str(exc) if exc else "it closed the connection"
        if not self.ready.done():
            fail(self.ready, NotBuildKitError(f"no answer from `{self.address}`: {reason}"))
        elif not self.ready.exception():
            self.successor.connection_lost(exc)
        fail(self.lost, EngineLostError(f"lost `{self.address}`: {reason}"))

    def _hand_over(self, rest: bytes) -> None:
        self.head = b""
        self.ready.set_result(None)
        self.successor.connection_made(self.transport)
        if rest:
            self.successor.data_received(rest)

    def _refuse(self, status: list[bytes], body: bytes) -> None:
        kind = EndpointGoneError if status[1:2] and status[1] in _GONE else NotBuildKitError
        said = b" ".join(status[1:]) + (b": " + body.strip() if body.strip() else b"")
        text = said.decode(errors="replace")[:300]
        fail(self.ready, kind(f"`{self.address}` refused `POST {self.path}`: {text}"))
        self.transport.close()


def _upgrade_request(path: str, headers: Iterable[tuple[str, str]]) -> bytes:
    fields = [("Host", "docker"), ("Connection", "Upgrade"), ("Upgrade", "h2c"), *headers]
    lines = (f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields), "", "")
    return "\r\n".join(lines).encode("ascii")


def fail(future: asyncio.Future[Any], error: Exception) -> None:
    """Sets the exception, once, and marks it as seen: nobody has to await it."""
    if not future.done():
        future.set_exception(error)
        future.exception()


@asynccontextmanager
async def upgraded(
    endpoint: Endpoint,
    path: str,
    successor: H2Protocol,
    headers: Iterable[tuple[str, str]] = (),
) -> AsyncIterator[asyncio.Future[None]]:
    """`successor` connected to the engine; gives the future that fails when the engine is lost.

    Raises:
        EndpointGoneError: the engine does not offer this path.
        NotBuildKitError: nobody there, no upgrade, or no answer.
    """
    protocol = Upgraded(endpoint.address, path, headers, successor)
    try:
        async with endpoint.dial(protocol):
            try:
                async with asyncio.timeout(_UPGRADE_SECONDS):
                    await asyncio.shield(protocol.ready)
            except TimeoutError:
                raise NotBuildKitError(f"no answer from `{endpoint.address}`") from None
            yield protocol.lost
    finally:
        await _gone(protocol)


async def _gone(protocol: Upgraded) -> None:
    """Closed, and every task of its streams over; a peer that does not read is not waited for."""
    if not hasattr(protocol, "transport"):
        return
    await asyncio.wait({protocol.lost}, timeout=_CLOSE_SECONDS)
    if not protocol.lost.done():
        protocol.transport.abort()
        await asyncio.wait({protocol.lost}, timeout=_CLOSE_SECONDS)


async def guarded(work: Coroutine[Any, Any, T], *dangers: asyncio.Future[Any]) -> T:
    """The result of `work`, unless one of the dangers fails first: then its exception.

    The work runs in a task of its own. grpclib cancels the task of a call whose stream ends, and a
    task that was cancelled behind its back would upset `asyncio.timeout` and `TaskGroup` above us.
    However this ends, the work is over: its stream is reset, so the engine knows.
    """
    task = asyncio.create_task(work)
    watched = set(dangers)
    try:
        while not task.done():
            await asyncio.wait({task, *watched}, return_when=asyncio.FIRST_COMPLETED)
            for danger in [danger for danger in watched if danger.done()]:
                danger.result()
                watched.discard(danger)
        return task.result()
    finally:
        await end(task)


async def end(task: asyncio.Task[Any]) -> None:
    """Cancels the task unless it is over, waits for it, and marks its exception as seen."""
    task.cancel()
    await asyncio.wait({task})
    _ = task.cancelled() or task.exception()
