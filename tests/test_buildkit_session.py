"""The session is asked as the engine asks it: by a gRPC client at the other end of a socket."""

from __future__ import annotations

import asyncio
import threading
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from grpclib.client import Channel, Stream
from grpclib.const import Cardinality, Status
from grpclib.exceptions import GRPCError

from build_config.buildkit import http2
from build_config.buildkit.connection import upgraded
from build_config.buildkit.endpoint import Endpoint
from build_config.buildkit.messages import (
    BytesMessage,
    CredentialsRequest,
    CredentialsResponse,
    GetSecretRequest,
    GetSecretResponse,
    HealthCheckRequest,
    HealthCheckResponse,
)
from build_config.buildkit.session import (
    CREDENTIALS,
    GET_SECRET,
    HEALTH,
    PULL,
    Session,
    resized,
    session,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from pathlib import Path

PASSWORD = "pass"  # noqa: S105 - a made-up one
LOGINS = {"registry.example": ("me", PASSWORD)}
HELPER_MAY_ANSWER = threading.Event()


def login(host: str) -> tuple[str, str] | None:
    """As a credential helper that takes its time has it."""
    if host == "slow.example":
        HELPER_MAY_ANSWER.wait(20)
    return LOGINS.get(host)


def unreadable() -> bytes:
    raise PermissionError("tops3cret")


SECRETS = {"ca": lambda: b"\0binary", "broken": unreadable}


@asynccontextmanager
async def asked(path: str) -> AsyncIterator[tuple[Channel, Session]]:
    """A served session, and a channel to ask it: what the engine has."""
    channel, protocol = http2.client()
    answered, finished = asyncio.Event(), asyncio.Event()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"POST /session HTTP/1.1\r\n")
        writer.transport.set_protocol(protocol)
        writer.write(b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\n\r\n")
        protocol.connection_made(writer.transport)
        answered.set()
        await finished.wait()  # a writer that is forgotten closes its connection

    server = await asyncio.start_unix_server(accept, path)
    try:
        carry = partial(upgraded, Endpoint.unix(path), "/session")
        async with session(carry, secrets=SECRETS, credentials=login) as serving:
            await answered.wait()
            yield channel, serving
    finally:
        finished.set()
        server.close()


def unheard(_sent: int) -> None:
    """Nobody listens."""


def ask(tmp_path: Path, work: Callable[[Channel, Session], Awaitable[Any]]) -> Any:
    async def asking() -> Any:
        path = str(tmp_path / "engine.sock")
        async with asyncio.timeout(60), asked(path) as (channel, serving):
            return await work(channel, serving)

    return asyncio.run(asking())


async def unary(channel: Channel, path: str, question: Any, answer: type) -> Any:
    request: Stream[Any, Any] = channel.request(
        path, Cardinality.UNARY_UNARY, type(question), answer
    )
    async with request as stream:
        await stream.send_message(question, end=True)
        return await stream.recv_message()


def pulling(channel: Channel, url: str) -> Stream[BytesMessage, BytesMessage]:
    path = url.removeprefix("http://buildkit-session")
    return channel.request(
        PULL, Cardinality.STREAM_STREAM, BytesMessage, BytesMessage, metadata={"urlpath": path}
    )


async def pulled(channel: Channel, url: str) -> bytes:
    async with pulling(channel, url) as stream:
        await stream.send_request()
        content = b"".join([message.data async for message in stream])
        await stream.end()  # like the engine, not before everything is there
        return content


def test_a_sign_of_life(tmp_path: Path) -> None:
    async def work(channel: Channel, _: Session) -> Any:
        return await unary(channel, HEALTH, HealthCheckRequest(), HealthCheckResponse)

    assert ask(tmp_path, work) == HealthCheckResponse(status=1)


def test_secrets_by_id(tmp_path: Path) -> None:
    async def work(channel: Channel, _: Session) -> Any:
        with pytest.raises(GRPCError) as absent:
            await unary(channel, GET_SECRET, GetSecretRequest(identity="x"), GetSecretResponse)
        with pytest.raises(GRPCError) as broken:
            await unary(channel, GET_SECRET, GetSecretRequest(identity="broken"), GetSecretResponse)
        known = GetSecretRequest(identity="ca")
        return absent, broken, await unary(channel, GET_SECRET, known, GetSecretResponse)

    absent, broken, known = ask(tmp_path, work)
    assert absent.value.status is Status.NOT_FOUND
    assert broken.value.message == "secret broken: PermissionError"
    assert known.data == b"\0binary"


def test_logins_by_host_and_nobody_elsewhere(tmp_path: Path) -> None:
    async def work(channel: Channel, _: Session) -> Any:
        hosts = ("registry.example", "other.example")
        return [
            await unary(channel, CREDENTIALS, CredentialsRequest(host=host), CredentialsResponse)
            for host in hosts
        ]

    assert ask(tmp_path, work) == [
        CredentialsResponse(username="me", secret=PASSWORD),
        CredentialsResponse(),
    ]


def test_a_helper_that_takes_its_time_does_not_end_the_session(tmp_path: Path) -> None:
    async def work(channel: Channel, _: Session) -> Any:
        slow = CredentialsRequest(host="slow.example")
        login = asyncio.create_task(unary(channel, CREDENTIALS, slow, CredentialsResponse))
        await asyncio.sleep(0.1)
        alive = await unary(channel, HEALTH, HealthCheckRequest(), HealthCheckResponse)
        assert not login.done()
        HELPER_MAY_ANSWER.set()
        return alive, await login

    assert ask(tmp_path, work) == (HealthCheckResponse(), CredentialsResponse())


@pytest.mark.parametrize("name", ["FetchToken", "GetTokenAuthority", "VerifyTokenAuthority"])
def test_tokens_are_left_to_the_engine(tmp_path: Path, name: str) -> None:
    async def work(channel: Channel, _: Session) -> Any:
        path = f"/moby.filesync.v1.Auth/{name}"
        with pytest.raises(GRPCError) as caught:
            await unary(channel, path, CredentialsRequest(), CredentialsResponse)
        return caught.value.status

    assert ask(tmp_path, work) is Status.UNIMPLEMENTED


def test_a_context_is_pulled_as_often_as_asked_and_its_progress_told(tmp_path: Path) -> None:
    sent: list[int] = []
    content = bytes(range(256)) * 1000

    async def work(channel: Channel, serving: Session) -> Any:
        with serving.offering(lambda: iter([content]), sent.append) as (url, _):
            return [await pulled(channel, url), await pulled(channel, url)]

    assert ask(tmp_path, work) == [content, content]
    assert sent[-1] == len(content)
    assert sent == sorted(sent[: len(sent) // 2]) * 2


def test_a_context_is_gone_when_its_build_is_over(tmp_path: Path) -> None:
    async def work(channel: Channel, serving: Session) -> Any:
        with serving.offering(lambda: iter([b"x"]), unheard) as (url, _):
            pass
        with pytest.raises(GRPCError) as caught:
            await pulled(channel, url)
        return caught.value.status

    assert ask(tmp_path, work) is Status.NOT_FOUND


def test_what_reading_raises_is_told_to_the_build_and_not_to_the_engine(tmp_path: Path) -> None:
    def cut() -> Iterator[bytes]:
        yield bytes(100_000)
        raise OSError("/home/me/file")

    async def work(channel: Channel, serving: Session) -> Any:
        with serving.offering(cut, unheard) as (url, failed):
            with pytest.raises(GRPCError) as caught:
                await pulled(channel, url)
            return caught.value.message, failed.exception()

    message, error = ask(tmp_path, work)
    assert message == "the context could not be read"
    assert isinstance(error, OSError)


def test_a_pull_that_is_broken_off_closes_the_files_behind_it(tmp_path: Path) -> None:
    closed = asyncio.Event()

    def endless() -> Iterator[bytes]:
        try:
            while True:
                yield bytes(65536)
        finally:
            closed.set()

    async def work(channel: Channel, serving: Session) -> Any:
        with serving.offering(endless, unheard) as (url, failed):
            async with pulling(channel, url) as stream:
                await stream.send_request()
                await stream.recv_message()
                await stream.cancel()
            await closed.wait()
            return failed.done()

    assert ask(tmp_path, work) is False


@pytest.mark.parametrize(
    "sizes", [[], [0], [1], [9, 1], [10], [11], [3, 3, 3, 3], [100], [0, 25, 0, 5]]
)
def test_pieces_have_one_size(sizes: list[int]) -> None:
    chunks = [bytes([index]) * size for index, size in enumerate(sizes)]
    pieces = list(resized(chunks, 10))
    assert b"".join(pieces) == b"".join(chunks)
    assert all(len(piece) == 10 for piece in pieces[:-1])
    assert all(pieces)
