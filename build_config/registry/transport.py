"""One HTTP request in, its whole answer or why there is none out; the home of httpx.

Redirects are followed here, by hand: credentials never go to another host.
"""

from __future__ import annotations

import asyncio
import logging
import os
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from build_config.errors import UsageError
from build_config.machine.ca_bundle import find_bundle
from build_config.registry.address import Address

if TYPE_CHECKING:
    import httpx

_REDIRECTS = 5
_MOVED = frozenset({301, 302, 303, 307, 308})
_MOVED_AS_IT_IS = frozenset({307, 308})
ENGINE_CERTIFICATES = Path("/etc/docker/certs.d")
"""By host and port, the authorities that the engine trusts for one registry."""
_UNKNOWN_AUTHORITY = frozenset({18, 19, 20, 21})
"""Of OpenSSL's codes (openssl-verification-options)."""
ERROR_LIMIT = 64 * 1024
"""Bytes of an answer that nobody wants the content of."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What is asked.

    Attributes:
        url: absolute.
        headers: without credentials.
        authorization: sent to the host of `url` and to no other.
        content: bytes of the body.
        limit: bytes of the answer's body that are read; more is no answer.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    authorization: str | None = field(default=None, repr=False)
    content: bytes | None = field(default=None, repr=False)
    limit: int = ERROR_LIMIT

    def with_login(self, header: str | None) -> Request:
        """The same, with that `Authorization`."""
        return replace(self, authorization=header)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """What was answered.

    Attributes:
        url: who answered, after redirects.
        headers: names in lower case.
    """

    status: int
    url: str = field(repr=False)
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Silence:
    """There was no answer that could be read.

    Attributes:
        why: a few words that follow the name of the registry.
        again: another try may get one.
        asked: seconds that somebody wants us to wait before it.
        denied: the login was refused.
    """

    why: str
    again: bool = True
    asked: float | None = None
    denied: bool = False


@dataclass(frozen=True, slots=True)
class Transport:
    """An open pool of connections."""

    _client: httpx.AsyncClient
    _address: Address

    async def send(self, request: Request, *, seconds: float) -> Reply | Silence:
        """Send a request and read all of the answer, within that many seconds."""
        try:
            async with asyncio.timeout(seconds):
                return await self._follow(request)
        except TimeoutError:
            return Silence(why=f"did not answer within {seconds:.3g} s")

    async def _follow(self, request: Request) -> Reply | Silence:
        import httpx

        for _ in range(_REDIRECTS + 1):
            answered = await self._once(request)
            if isinstance(answered, Silence) or not _is_followed(request, answered):
                return answered
            # httpx has looked whether it is an address, although it does not follow
            target = httpx.URL(request.url).join(answered.headers["location"])
            if target.scheme != "https" and not self._address.plain:
                return Silence(why="redirects to an address without TLS", again=False)
            request = _redirected(request, target, status=answered.status)
        return Silence(why="redirects in circles", again=False)

    async def _once(self, request: Request) -> Reply | Silence:
        import httpx

        headers = {"accept-encoding": "identity", **request.headers}
        if request.authorization:
            headers["authorization"] = request.authorization
        try:
            async with self._client.stream(
                request.method, request.url, headers=headers, content=request.content
            ) as response:
                body = await _read(response, request.limit)
        except httpx.HTTPError as error:
            return _silence(error, self._address)
        except (httpx.InvalidURL, ValueError, OverflowError, ExceptionGroup):
            # what a registry sends us to may be anything: a port beyond all ports, say
            return Silence(why="has an address that cannot be read", again=False)
        if body is None:
            return Silence(why=f"sent more than {request.limit} bytes", again=False)
        found = {name.lower(): value for name, value in response.headers.items()}
        return Reply(status=response.status_code, url=request.url, headers=found, body=body)


@asynccontextmanager
async def open_transport(address: Address) -> AsyncIterator[Transport]:
    """Connections to a registry and to whom it sends us, closed at the end of the `with`.

    Raises:
        UsageError: a certificate, or the proxy that the environment names, is of no use.
    """
    # below `warning` these two log every URL, and a redirect's may hold a signature
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    async with _client(address) as client:
        yield Transport(client, address)


def _client(address: Address) -> httpx.AsyncClient:
    import httpx

    try:
        return httpx.AsyncClient(
            verify=_trusted(address),
            timeout=None,  # noqa: S113 - `send` has the one limit, for all of an answer
            follow_redirects=False,
            trust_env=not address.plain,  # a proxy does not know our loopback
            headers={"user-agent": "connector-yard"},
        )
    except (ValueError, ImportError) as error:  # its words may hold the proxy's password
        raise UsageError(
            f"{address.name} cannot be reached through the proxy of the environment",
            hint="`HTTPS_PROXY` and `ALL_PROXY` take http://host:port; `NO_PROXY` goes around it",
        ) from error


def _is_followed(request: Request, reply: Reply) -> bool:
    """A write is repeated elsewhere only where that is what the status means."""
    reads = request.method in {"GET", "HEAD"}
    return reply.status in (_MOVED if reads else _MOVED_AS_IT_IS) and "location" in reply.headers


def _redirected(request: Request, target: httpx.URL, *, status: int) -> Request:
    import httpx

    here = httpx.URL(request.url)
    same = (here.scheme, here.host, here.port) == (target.scheme, target.host, target.port)
    method = "GET" if status == 303 and request.method != "HEAD" else request.method  # noqa: PLR2004 - see other
    kept = request.authorization if same else None
    return replace(request, method=method, url=str(target), authorization=kept)


async def _read(response: httpx.Response, limit: int) -> bytes | None:
    """The body as it was sent; None where it is longer than that."""
    body = bytearray()
    async for part in response.aiter_raw():
        body += part
        if len(body) > limit:
            return None
    return bytes(body)


def _silence(error: httpx.HTTPError, address: Address) -> Silence:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            why = f"has a certificate that is not trusted: {cause.verify_message}"
            if cause.verify_code in _UNKNOWN_AUTHORITY:
                place = ENGINE_CERTIFICATES / address.name / "ca.crt"
                why += f"; its authority belongs in `{place}`, where the engine looks too"
            return Silence(why=why, again=False)
        cause = cause.__cause__ or cause.__context__
    words = str(error).partition("\n")[0] or type(error).__name__
    return Silence(why=f"cannot be reached, or hung up: {words}")


def _trusted(address: Address) -> ssl.SSLContext | bool:
    """What this host trusts, as the engine and other programs here see it."""
    if address.plain:
        return False
    file = find_bundle(os.environ)
    try:
        context = ssl.create_default_context(cafile=str(file) if file else None)
        for file in sorted((ENGINE_CERTIFICATES / address.name).glob("*.crt")):
            context.load_verify_locations(file)
    except OSError as error:  # ssl.SSLError is one
        raise UsageError(
            f"the certificates in `{file}` cannot be read: {error.strerror or error}",
            hint="make it a PEM file that you may read, or take it away",
        ) from error
    return context
