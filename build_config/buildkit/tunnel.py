"""A connection inside a gRPC stream: Control/Session and a protocol in, the protocol connected.

Where an engine has no `POST /session`, the session's HTTP/2 travels in `BytesMessage`s of one
bidirectional call, as it always did with a bare buildkitd (api/services/control/control.proto,
rpc Session; session/manager.go HandleConn).
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from grpclib.const import Cardinality
from grpclib.exceptions import GRPCError, ProtocolError, StreamTerminatedError

from build_config.buildkit.connection import end, fail, guarded
from build_config.buildkit.failures import EngineLostError, NotBuildKitError
from build_config.buildkit.messages import BytesMessage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from grpclib.client import Channel, Stream
    from grpclib.protocol import H2Protocol

    Tube = Stream[BytesMessage, BytesMessage]

SESSION: Final = "/moby.buildkit.v1.Control/Session"
_BUFFER_BYTES: Final = 65536
_OPEN_SECONDS: Final = 30


class TunnelTransport(asyncio.Transport):
    """What the protocol writes to; `pump` takes it from there."""

    def __init__(self, protocol: H2Protocol) -> None:
        super().__init__()
        self.protocol = protocol
        self.buffer = bytearray()
        self.filled = asyncio.Event()
        self.closed = False
        self.answered = asyncio.Event()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keeps the bytes until the stream takes them."""
        self.buffer += data
        self.filled.set()
        if len(self.buffer) > _BUFFER_BYTES:
            self.protocol.pause_writing()

    def is_closing(self) -> bool:
        """Whether either side has ended it."""
        return self.closed

    def close(self) -> None:
        """Ends it; whoever opened the tunnel does the rest."""
        self.closed = True

    def abort(self) -> None:
        """Ends it; there is nothing to wait for."""
        self.closed = True

    async def pump(self, stream: Tube) -> None:
        """Sends what is written, for as long as the call lasts."""
        while True:
            await self.filled.wait()
            self.filled.clear()
            data = bytes(self.buffer)
            self.buffer.clear()
            await stream.send_message(BytesMessage(data=data))
            self.protocol.resume_writing()


@asynccontextmanager
async def tunnelled(
    channel: Channel, protocol: H2Protocol, headers: Iterable[tuple[str, str]]
) -> AsyncIterator[asyncio.Future[None]]:
    """`protocol` connected through the channel; gives the future that fails when that ends.

    Raises:
        NotBuildKitError: the other side does not open the session.
    """
    transport = TunnelTransport(protocol)
    lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    metadata = [(name.lower(), value) for name, value in headers if value]
    carrying = asyncio.create_task(_carry(channel, transport, metadata, lost))
    try:
        await _opened(transport, lost)
        yield lost
    finally:
        transport.close()
        await end(carrying)


async def _opened(transport: TunnelTransport, lost: asyncio.Future[None]) -> None:
    try:
        async with asyncio.timeout(_OPEN_SECONDS):
            await guarded(transport.answered.wait(), lost)
    except (EngineLostError, TimeoutError) as error:
        raise NotBuildKitError(f"no session here, so it is no BuildKit: {error}") from error


async def _carry(
    channel: Channel,
    transport: TunnelTransport,
    metadata: list[tuple[str, str]],
    lost: asyncio.Future[None],
) -> None:
    request: Tube = channel.request(
        SESSION, Cardinality.STREAM_STREAM, BytesMessage, BytesMessage, metadata=metadata
    )
    protocol = transport.protocol
    protocol.connection_made(transport)
    reason: BaseException | str = "the engine ended it"
    try:
        async with request as stream:
            await stream.send_request()
            sending = asyncio.create_task(transport.pump(stream))
            try:
                await guarded(_receive(stream, transport), sending)
            finally:
                await end(sending)
    except (GRPCError, ProtocolError, StreamTerminatedError) as error:
        reason = error
    finally:
        transport.close()
        fail(lost, EngineLostError(f"lost the session: {reason}"))
        protocol.connection_lost(None)


async def _receive(stream: Tube, transport: TunnelTransport) -> None:
    async for message in stream:
        transport.answered.set()
        transport.protocol.data_received(message.data)
