"""Where an engine listens: an address in, a connected asyncio transport out."""

from __future__ import annotations

import asyncio
import socket
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from build_config.buildkit.failures import NotBuildKitError

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable, Iterator
    from contextlib import AbstractAsyncContextManager

DOCKER_PORT: Final = 2375
DOCKER_TLS_PORT: Final = 2376
_DIAL_SECONDS: Final = 30
_SSH_SECONDS: Final = 1
_KEEPALIVE: Final = {"TCP_KEEPIDLE": 15, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 4}
"""A peer that vanished silently is noticed after 35 seconds; the kernel's default is two hours."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """An engine's address; make one with `unix`, `tcp`, `ssh` or `parse`.

    Attributes:
        address: for messages, as in DOCKER_HOST.
        dial: connects the given protocol for the length of an `async with`.
    """

    address: str
    dial: Callable[[asyncio.Protocol], AbstractAsyncContextManager[None]]

    @classmethod
    def unix(cls, path: str) -> Endpoint:
        """A socket in the file system."""
        return cls(address=f"unix://{path}", dial=partial(_dial_unix, path))

    @classmethod
    def tcp(cls, host: str, port: int, *, tls: ssl.SSLContext | None = None) -> Endpoint:
        """A port; with `tls` the context holds the client's certificate and the engine's CA."""
        return cls(address=f"tcp://{host}:{port}", dial=partial(_dial_tcp, host, port, tls))

    @classmethod
    def ssh(cls, host: str, *, user: str | None = None, port: int | None = None) -> Endpoint:
        """Docker on another machine, through its `docker system dial-stdio`, as the CLI does it.

        Needs `ssh` here, and there a Docker CLI and a login without a password.
        """
        login = f"{user}@{host}" if user else host
        command = ssh_command(host, user=user, port=port)
        return cls(address=f"ssh://{login}", dial=partial(_dial_ssh, host, command))

    @classmethod
    def parse(cls, address: str, *, tls: ssl.SSLContext | None = None) -> Endpoint:
        """From a DOCKER_HOST: `unix:///path`, `tcp://host[:port]`, `ssh://[user@]host[:port]`.

        Raises:
            ValueError: the address has another form.
        """
        parts = urlsplit(address)
        if parts.scheme == "unix" and parts.path:
            return cls.unix(parts.path)
        if parts.scheme in {"tcp", "http", "https"} and parts.hostname:
            port = parts.port or (DOCKER_TLS_PORT if tls else DOCKER_PORT)
            return cls.tcp(parts.hostname, port, tls=tls)
        if parts.scheme == "ssh" and parts.hostname:
            return cls.ssh(parts.hostname, user=parts.username, port=parts.port)
        raise ValueError(f"`{address}` is no unix://, tcp:// or ssh:// address")


def ssh_command(host: str, *, user: str | None = None, port: int | None = None) -> tuple[str, ...]:
    """The program whose standard input and output are a connection to the engine over there."""
    login = (*(("-l", user) if user else ()), *(("-p", str(port)) if port else ()))
    options = ("-T", "-o", f"ConnectTimeout={_DIAL_SECONDS}", "-o", "ServerAliveInterval=15")
    return ("ssh", *login, *options, "--", host, "docker", "system", "dial-stdio")


@asynccontextmanager
async def _dial_unix(path: str, protocol: asyncio.Protocol) -> AsyncIterator[None]:
    loop = asyncio.get_running_loop()
    with _explained(f"unix://{path}"):
        transport, _ = await loop.create_unix_connection(lambda: protocol, path)
    async with _closing(transport):
        yield


@asynccontextmanager
async def _dial_tcp(
    host: str, port: int, tls: ssl.SSLContext | None, protocol: asyncio.Protocol
) -> AsyncIterator[None]:
    loop = asyncio.get_running_loop()
    with _explained(f"tcp://{host}:{port}"):
        async with asyncio.timeout(_DIAL_SECONDS):
            transport, _ = await loop.create_connection(lambda: protocol, host, port, ssl=tls)
    _keep_alive(transport.get_extra_info("socket"))
    async with _closing(transport):
        yield


@asynccontextmanager
async def _dial_ssh(
    host: str, command: tuple[str, ...], protocol: asyncio.Protocol
) -> AsyncIterator[None]:
    ours, theirs = socket.socketpair()
    with ExitStack() as unless_started, theirs, _explained(f"ssh://{host}"):
        unless_started.callback(ours.close)
        end = theirs.fileno()
        process = await asyncio.create_subprocess_exec(
            *command, stdin=end, stdout=end, stderr=asyncio.subprocess.PIPE
        )
        unless_started.pop_all()
    errors = asyncio.create_task(process.communicate())  # read, lest ssh waits for a reader
    try:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_connection(lambda: protocol, sock=ours)
        async with _closing(transport):
            yield
    except NotBuildKitError as error:
        last_words = (await _ended(process, errors)).decode(errors="replace").strip()
        raise type(error)(f"{error}: {last_words}" if last_words else str(error)) from error
    finally:
        await _ended(process, errors)


async def _ended(
    process: asyncio.subprocess.Process, errors: asyncio.Task[tuple[bytes, bytes]]
) -> bytes:
    """Ends ssh, which ends by itself when the connection does; gives what it complained about."""
    await asyncio.wait({errors}, timeout=_SSH_SECONDS)
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
    return (await errors)[1]


@contextmanager
def _explained(address: str) -> Iterator[None]:
    """Turns what the operating system says about a failed connection into `NotBuildKitError`."""
    try:
        yield
    except OSError as error:  # TimeoutError and ssl.SSLError are OSErrors too
        reason = error.strerror or str(error) or "no answer in time"
        if error.filename:  # the program that is not installed
            reason = f"`{error.filename}`: {reason}"
        raise NotBuildKitError(f"no engine at `{address}`: {reason}") from error


@asynccontextmanager
async def _closing(transport: asyncio.BaseTransport) -> AsyncIterator[None]:
    try:
        yield
    finally:
        transport.close()


def _keep_alive(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEPALIVE.items():
        if hasattr(socket, name):  # macOS spells TCP_KEEPIDLE differently
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
