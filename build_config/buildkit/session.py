"""The session: the connection on which the engine asks and this side answers.

It serves what a build needs from its client: the context, secrets, logins, and a sign of life.
One session serves any number of builds at a time; they tell their contexts apart by an id.

| method, and its .proto in moby/buildkit | asked because of |
| --- | --- |
| moby.upload.v1.Upload/Pull, session/upload/upload.proto | `context=http://buildkit-session/…` |
| moby.buildkit.secrets.v1.Secrets/GetSecret, session/secrets/secrets.proto | a secret mount |
| moby.filesync.v1.Auth/Credentials, session/auth/auth.proto | a registry that wants a login |
| grpc.health.v1.Health/Check, grpc-proto: grpc/health/v1/health.proto | every five seconds |
"""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from grpclib.const import Cardinality, Handler, Status
from grpclib.exceptions import GRPCError

from build_config.buildkit import http2
from build_config.buildkit.messages import (
    BytesMessage,
    CredentialsRequest,
    CredentialsResponse,
    GetSecretRequest,
    GetSecretResponse,
    HealthCheckRequest,
    HealthCheckResponse,
)
from build_config.buildkit.wire import Message

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
    from contextlib import AbstractAsyncContextManager

    from grpclib.protocol import H2Protocol
    from grpclib.server import Stream

    Headers = Iterable[tuple[str, str]]

PULL: Final = "/moby.upload.v1.Upload/Pull"
GET_SECRET: Final = "/moby.buildkit.secrets.v1.Secrets/GetSecret"  # noqa: S105 - a method's name
CREDENTIALS: Final = "/moby.filesync.v1.Auth/Credentials"
HEALTH: Final = "/grpc.health.v1.Health/Check"
_TOKEN_METHODS: Final = tuple(
    f"/moby.filesync.v1.Auth/{name}"
    for name in ("FetchToken", "GetTokenAuthority", "VerifyTokenAuthority")
)
_CONTEXT_URL: Final = "http://buildkit-session/"  # this host means "ask the session"
_MESSAGE_BYTES: Final = 65536
_HANDLER_SECONDS: Final = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Upload:
    """A context on offer.

    Attributes:
        chunks: opens a fresh tar stream; the engine may pull more than once.
        on_sent: is told the bytes sent so far.
        failed: fails with what `chunks` raised.
    """

    chunks: Callable[[], Iterator[bytes]]
    on_sent: Callable[[int], None]
    failed: asyncio.Future[None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """What the engine may ask for, and the connection on which it asks.

    Attributes:
        identity: what SolveRequest.session names.
        lost: fails with `EngineLostError` when the connection ends.
    """

    identity: str
    lost: asyncio.Future[None]
    uploads: dict[str, Upload] = field(default_factory=dict)

    @contextmanager
    def offering(
        self, chunks: Callable[[], Iterator[bytes]], on_sent: Callable[[int], None]
    ) -> Iterator[tuple[str, asyncio.Future[None]]]:
        """The context is there for the length of a `with`.

        Gives the URL for the Solve attribute `context`, and the future that fails with what
        reading the context raised.
        """
        identity = uuid4().hex
        failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.uploads[identity] = Upload(chunks=chunks, on_sent=on_sent, failed=failed)
        try:
            yield _CONTEXT_URL + identity, failed
        finally:
            del self.uploads[identity]
            failed.cancel()


@asynccontextmanager
async def session(
    carry: Callable[[H2Protocol, Headers], AbstractAsyncContextManager[asyncio.Future[None]]],
    *,
    secrets: Mapping[str, Callable[[], bytes]],
    credentials: Callable[[str], tuple[str, str] | None],
) -> AsyncIterator[Session]:
    """A session that serves these secrets (by id) and logins (by registry host).

    `carry` connects a protocol to the engine: `connection.upgraded` or `tunnel.tunnelled`.

    Raises:
        NotBuildKitError: nobody there, or no BuildKit.
    """
    identity = uuid4().hex
    uploads: dict[str, Upload] = {}
    methods = _methods(uploads, secrets, credentials)
    protocol = http2.server(methods)
    headers = [
        ("X-Docker-Expose-Session-Uuid", identity),
        ("X-Docker-Expose-Session-Name", "python"),
        ("X-Docker-Expose-Session-Sharedkey", ""),
        *(("X-Docker-Expose-Session-Grpc-Method", path) for path in methods),
    ]
    try:
        async with carry(protocol, headers) as lost:
            yield Session(identity=identity, lost=lost, uploads=uploads)
    finally:
        await http2.served(protocol, seconds=_HANDLER_SECONDS)


def _methods(
    uploads: Mapping[str, Upload],
    secrets: Mapping[str, Callable[[], bytes]],
    credentials: Callable[[str], tuple[str, str] | None],
) -> dict[str, Handler]:
    async def pull(stream: Stream[BytesMessage, BytesMessage]) -> None:
        # The engine sends nothing first; a header holds the path of the URL it was given.
        path = str(stream.metadata.get("urlpath", "")) if stream.metadata else ""
        upload = uploads.get(path.rpartition("/")[2])
        if upload is None:
            raise GRPCError(Status.NOT_FOUND, f"no context {path}")
        sent = 0
        with closing(_read(upload)) as chunks:
            for chunk in chunks:
                await stream.send_message(BytesMessage(data=chunk))
                sent += len(chunk)
                with _blamed(upload):
                    upload.on_sent(sent)
                await asyncio.sleep(0)  # while window and buffer are free, sending never waits

    async def get_secret(stream: Stream[GetSecretRequest, GetSecretResponse]) -> None:
        request = await stream.recv_message()
        identity = request.identity if request else ""
        if identity not in secrets:
            # Normal: of its own the engine asks for HTTP_AUTH_HEADER_… and takes no for an answer.
            raise GRPCError(Status.NOT_FOUND, f"no secret {identity}")
        value = _ask(secrets[identity], what=f"secret {identity}")
        await stream.send_message(GetSecretResponse(data=value))

    async def get_credentials(stream: Stream[CredentialsRequest, CredentialsResponse]) -> None:
        request = await stream.recv_message()
        host = request.host if request else ""
        # a credential helper is a program that takes its time, and the session has to stay alive
        asking = partial(_ask, lambda: credentials(host), what=f"login for {host}")
        login = await asyncio.to_thread(asking)
        username, secret = login or ("", "")
        await stream.send_message(CredentialsResponse(username=username, secret=secret))

    async def health(stream: Stream[HealthCheckRequest, HealthCheckResponse]) -> None:
        await stream.recv_message()
        await stream.send_message(HealthCheckResponse())

    return {
        PULL: Handler(pull, Cardinality.STREAM_STREAM, BytesMessage, BytesMessage),
        GET_SECRET: _unary(get_secret, GetSecretRequest, GetSecretResponse),
        CREDENTIALS: _unary(get_credentials, CredentialsRequest, CredentialsResponse),
        HEALTH: _unary(health, HealthCheckRequest, HealthCheckResponse),
        **{path: _unary(_decline, BytesMessage, BytesMessage) for path in _TOKEN_METHODS},
    }


def _unary(function: Any, question: type[Message], answer: type[Message]) -> Handler:
    return Handler(function, Cardinality.UNARY_UNARY, question, answer)


async def _decline(_stream: Stream[Any, Any]) -> None:
    """Says UNIMPLEMENTED, upon which the engine asks for Credentials and fetches tokens itself.

    grpclib's answer for an unknown method lacks a content-type; grpc-go takes that for UNKNOWN.
    """
    raise GRPCError(Status.UNIMPLEMENTED, "ask for Credentials")


def _ask(lookup: Callable[[], Any], *, what: str) -> Any:
    """The answer of the caller's function; its failure becomes the build's, without its text."""
    try:
        return lookup()
    except Exception as error:
        raise GRPCError(Status.INTERNAL, f"{what}: {type(error).__name__}") from error


def _read(upload: Upload) -> Generator[bytes, None, None]:
    """The context in messages of a fair size."""
    with _blamed(upload):
        source = upload.chunks()
        try:
            yield from resized(source)
        finally:
            if isinstance(source, Generator):
                source.close()  # files that it holds open are closed now, not some time later


@contextmanager
def _blamed(upload: Upload) -> Iterator[None]:
    """What the caller's own code raises fails its build, not just the engine's call."""
    try:
        yield
    except Exception as error:
        if not upload.failed.done():
            upload.failed.set_exception(error)
            upload.failed.exception()  # marked as seen: the build may be over already
        raise GRPCError(Status.ABORTED, "the context could not be read") from error


def resized(chunks: Iterable[bytes], size: int = _MESSAGE_BYTES) -> Iterator[bytes]:
    """The same bytes in pieces of `size`, the last one shorter; holds two pieces at most."""
    buffer = bytearray()
    for chunk in chunks:
        for start in range(0, len(chunk), size):
            buffer += chunk[start : start + size]
            if len(buffer) >= size:
                yield bytes(buffer[:size])
                del buffer[:size]
    if buffer:
        yield bytes(buffer)
