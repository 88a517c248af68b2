"""One question to the engine's HTTP API in, its answer out, at once or as it comes.

On asyncio, over any endpoint (unix, tcp with TLS, ssh): a hundred containers that are waited for
are a hundred sockets and no threads.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

from build_config.buildkit.failures import BuildKitError
from build_config.errors import EngineUnavailableError, YardError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from build_config.buildkit.endpoint import Endpoint

T = TypeVar("T")

_ANSWER_SECONDS: Final = 120
"""A busy disk can keep an engine from answering for long."""

_CHUNK: Final = 1 << 18
_NO_CONTENT: Final = frozenset({101, 204, 304})
_FAILURE: Final = 400


class RefusedError(YardError):
    """The engine answered with an error: somebody else removed what was asked for, say.

    Attributes:
        status: of HTTP.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """A request of the Docker Engine API; `body` is sent as `content_type`."""

    method: str
    path: str
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def archive(cls, path: str, archive: bytes) -> Request:
        """Unpacks a tar archive."""
        return cls(method="PUT", path=path, body=archive, content_type="application/x-tar")


async def ask(
    endpoint: Endpoint, request: Request, *, seconds: float | None = _ANSWER_SECONDS
) -> Any:
    """The engine's answer, decoded from JSON; None where it is empty.

    Args:
        endpoint: of the engine.
        request: what to ask.
        seconds: None waits for ever.

    Raises:
        RefusedError: the engine said no.
        EngineUnavailableError: nobody there, no answer in time, or no HTTP.
    """
    with _explained(endpoint):
        async with asyncio.timeout(seconds), _sent(endpoint, request) as (reader, _):
            status, headers = await _head(reader)
            body = b"" if status in _NO_CONTENT else await _body(reader, headers)
    if status >= _FAILURE:
        raise RefusedError(status, _message(body) or f"status {status}")
    with _explained(endpoint):
        return json.loads(body) if body.strip() else None


async def news(
    endpoint: Endpoint, request: Request, *, silence: float | None
) -> AsyncGenerator[Mapping[str, Any], None]:
    """The records of the engine's answer as they come: one JSON object in each line.

    Args:
        endpoint: of the engine.
        request: what to ask.
        silence: seconds without a record after which nobody answers; None waits for ever.

    Raises:
        RefusedError: the engine said no.
        EngineUnavailableError: as in `ask`.
    """
    with _explained(endpoint):
        async with _sent(endpoint, request) as (reader, _):
            async with asyncio.timeout(silence):
                status, headers = await _head(reader)
                if status >= _FAILURE:
                    raise RefusedError(status, _message(await _body(reader, headers)))
            is_chunked = "chunked" in headers.get("transfer-encoding", "")
            rest, chunk = b"", b"\n"
            while chunk:
                async with asyncio.timeout(silence):
                    chunk = await (_chunk(reader) if is_chunked else reader.read(_CHUNK))
                *lines, rest = (rest + (chunk or b"\n")).split(b"\n")
                for line in filter(bytes.strip, lines):
                    yield json.loads(line)


@asynccontextmanager
async def taken_over(
    endpoint: Endpoint, path: str
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """The raw connection behind `Upgrade: tcp`, both ways, until the end of the block.

    Raises:
        RefusedError: the engine said no.
        EngineUnavailableError: as in `ask`.
    """
    request = Request(method="POST", path=path)
    async with AsyncExitStack() as stack:
        with _explained(endpoint):
            async with asyncio.timeout(_ANSWER_SECONDS):
                sending = _sent(endpoint, request, upgrade=True)
                reader, writer = await stack.enter_async_context(sending)
                status, headers = await _head(reader)
                if status >= _FAILURE:
                    raise RefusedError(status, _message(await _body(reader, headers)))
        yield reader, writer


@asynccontextmanager
async def _sent(
    endpoint: Endpoint, request: Request, *, upgrade: bool = False
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    writers: list[asyncio.StreamWriter] = []
    reader = asyncio.StreamReader(limit=_CHUNK)
    protocol = asyncio.StreamReaderProtocol(reader, lambda _, writer: writers.append(writer))
    async with endpoint.dial(protocol):
        writers[0].write(_head_of(request, upgrade=upgrade) + request.body)
        await writers[0].drain()
        yield reader, writers[0]


def _head_of(request: Request, *, upgrade: bool) -> bytes:
    connection = "Upgrade\r\nUpgrade: tcp" if upgrade else "close"
    lines = (
        f"{request.method} {request.path} HTTP/1.1",
        "Host: docker",
        f"Connection: {connection}",
        f"Content-Type: {request.content_type}",
        f"Content-Length: {len(request.body)}",
        *(f"{name}: {value}" for name, value in request.headers.items()),
        "",
        "",
    )
    return "\r\n".join(lines).encode("ascii")


async def _head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    text = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = text.split("\r\n")
    fields = (line.partition(":") for line in lines if line)
    status = first.partition(" ")[2][:3]
    return int(status), {name.lower(): value.strip() for name, _, value in fields}


async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if "chunked" in headers.get("transfer-encoding", ""):
        pieces = []
        while piece := await _chunk(reader):
            pieces.append(piece)
        return b"".join(pieces)
    if "content-length" in headers:
        return await reader.readexactly(int(headers["content-length"]))
    return await reader.read()


async def _chunk(reader: asyncio.StreamReader) -> bytes:
    """The next part of a body that is sent in parts; nothing at its end."""
    size = await reader.readline()
    if not size:
        raise EOFError("the connection broke")
    part = await reader.readexactly(int(size, 16))
    await reader.readline()
    return part


def _message(body: bytes) -> str:
    try:
        return str(json.loads(body)["message"]).strip()
    except (ValueError, KeyError, TypeError):
        return body.decode(errors="replace").strip()[:300]


async def undisturbed(work: Coroutine[Any, Any, T]) -> T:
    """Its result; a cancellation waits until it is done, and nobody has to guess how it ended."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled:
        _ = task.cancelled() or task.exception()  # marked as seen
        raise cancelled
    return task.result()


@contextmanager
def _explained(endpoint: Endpoint) -> Iterator[None]:
    """Turns a lost or mute engine into an error for people."""
    try:
        yield
    except (BuildKitError, OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
        reason = str(error) or "no answer in time"
        raise EngineUnavailableError(
            f"the Docker engine at `{endpoint.address}` does not answer: {reason}",
            hint="`invoke setup`",
        ) from error
