"""grpclib on connections of our own: the one place that reaches into it.

grpclib opens its own connections, but the engine's first speak HTTP/1.1 and are upgraded. What it
offers no public way for is listed here and held by `tests/test_buildkit_http2.py`:

- `Channel._protocol_factory`, `Server._protocol_factory`: make a connection's HTTP/2 protocol;
- `Channel.__connect__`: what every call awaits to get that protocol. Replaced, it hands out the one
  connection there is and never dials again.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from grpclib.client import Channel
from grpclib.encoding.base import CodecBase, StatusDetailsCodecBase
from grpclib.server import Handler as ServerHandler
from grpclib.server import Server

from build_config.buildkit import messages, wire

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grpclib.const import Handler, Status
    from grpclib.protocol import H2Protocol


class WireCodec(CodecBase):
    """Lets grpclib carry the records of `messages`."""

    __content_subtype__ = "proto"

    def encode(self, message: wire.Message, message_type: object) -> bytes:
        """To bytes; the message knows its own type."""
        del message_type
        return wire.encode(message)

    def decode(self, data: bytes, message_type: type[wire.M]) -> wire.M:
        """From bytes."""
        return wire.decode(message_type, data)


class DetailsCodec(StatusDetailsCodecBase):
    """Gives a failed call's details as a tuple of `messages.Detail`."""

    def encode(self, status: Status, message: str | None, details: Any) -> bytes:
        """Never used: this side attaches no details."""
        raise NotImplementedError

    def decode(
        self, status: Status, message: str | None, data: bytes
    ) -> tuple[messages.Detail, ...]:
        """From the `grpc-status-details-bin` trailer."""
        del status, message
        return wire.decode(messages.RpcStatus, data).details


class Routes:
    """The methods that a server offers, in the form that grpclib asks for."""

    def __init__(self, methods: Mapping[str, Handler]) -> None:
        self.methods = methods

    def __mapping__(self) -> dict[str, Handler]:
        return dict(self.methods)


def client() -> tuple[Channel, H2Protocol]:
    """A channel whose calls go over the protocol beside it, wherever that gets connected."""
    channel = Channel(host="docker", codec=WireCodec(), status_details_codec=DetailsCodec())
    protocol = channel._protocol_factory()  # noqa: SLF001 - see the module's docstring

    async def connected() -> H2Protocol:
        return protocol

    channel.__connect__ = connected  # type: ignore[method-assign]  # see the module's docstring
    return channel, protocol


def server(methods: Mapping[str, Handler]) -> H2Protocol:
    """A protocol that answers these methods to whoever is at the other end."""
    service = Server([Routes(methods)], codec=WireCodec(), status_details_codec=DetailsCodec())
    return service._protocol_factory()  # noqa: SLF001 - see the module's docstring


async def served(protocol: H2Protocol, *, seconds: float) -> None:
    """Waits until what a lost connection was answering has come to its end."""
    handler = protocol.handler
    if isinstance(handler, ServerHandler):
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await handler.wait_closed()
