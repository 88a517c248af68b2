"""The few private corners of grpclib that the client stands on; a new grpclib must keep them."""

from __future__ import annotations

import asyncio
import inspect
import socket

from grpclib.client import Channel
from grpclib.const import Cardinality, Handler
from grpclib.protocol import H2Protocol
from grpclib.server import Server, Stream

from build_config.buildkit import http2
from build_config.buildkit.messages import BytesMessage


def test_both_ends_make_a_protocol_for_a_connection() -> None:
    assert not inspect.signature(Channel._protocol_factory).parameters.keys() - {"self"}
    assert not inspect.signature(Server._protocol_factory).parameters.keys() - {"self"}


def test_every_call_asks_the_channel_for_its_protocol() -> None:
    assert inspect.iscoroutinefunction(Channel.__connect__)

    async def both() -> object:
        channel, protocol = http2.client()
        return await channel.__connect__() is protocol

    assert asyncio.run(both())


def test_a_call_goes_from_one_protocol_to_the_other() -> None:
    async def shout(stream: Stream[BytesMessage, BytesMessage]) -> None:
        question = await stream.recv_message()
        assert question is not None
        await stream.send_message(BytesMessage(data=question.data.upper()))

    async def call() -> bytes:
        methods = {"/x/Shout": Handler(shout, Cardinality.UNARY_UNARY, BytesMessage, BytesMessage)}
        channel, asking = http2.client()
        answering = http2.server(methods)
        await connected(asking, answering)
        request = channel.request("/x/Shout", Cardinality.UNARY_UNARY, BytesMessage, BytesMessage)
        async with request as stream:
            await stream.send_message(BytesMessage(data=b"hello"))
            answer = await stream.recv_message()
        asking.connection.close()
        await asyncio.sleep(0.01)
        await http2.served(answering, seconds=1)
        assert answer is not None
        return answer.data

    assert asyncio.run(call()) == b"HELLO"


async def connected(one: H2Protocol, other: H2Protocol) -> None:
    here, there = socket.socketpair()
    loop = asyncio.get_running_loop()
    await loop.create_connection(lambda: one, sock=here)
    await loop.create_connection(lambda: other, sock=there)
