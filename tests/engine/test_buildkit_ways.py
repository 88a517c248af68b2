"""The ways to an engine, and what happens when they break: never a hang, always a clear error."""

from __future__ import annotations

import asyncio
import os
import ssl
import subprocess
import sys
import uuid
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
import tiny_build
from tiny_build import DOCKER_HOST, SHELL, Heard, Relay, pump, relayed, request

from build_config.buildkit.client import connect
from build_config.buildkit.endpoint import Endpoint
from build_config.buildkit.failures import BuildKitError, EngineLostError
from build_config.buildkit.progress import ContextSent, Progress, VertexStarted
from build_config.buildkit.request import BuildRequest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(not DOCKER_HOST.startswith("unix://"), reason="needs the engine's socket"),
]
SOCKET = DOCKER_HOST.removeprefix("unix://")


@pytest.fixture(scope="module", autouse=True)
def _shell_image() -> Iterator[None]:
    tiny_build.run(tiny_build.build_shell)
    yield
    tiny_build.remove_images()


@pytest.mark.parametrize("cut", [("/grpc", "/session"), ("/grpc",), ("/session",)])
def test_an_engine_that_dies_during_a_step_is_lost_at_once(
    tmp_path: Path, cut: tuple[str, ...]
) -> None:
    relay = Relay(path=str(tmp_path / "relay.sock"))

    def kill(event: Progress) -> None:
        if isinstance(event, VertexStarted) and "RUN" in event.vertex:
            for path in cut:
                relay.cut(path)

    async def killed() -> None:
        async with relayed(relay) as endpoint, asyncio.timeout(60), connect(endpoint) as buildkit:
            recipe = request(f"FROM {SHELL}\nRUN sleep 61; echo {uuid.uuid4()}\n")
            with pytest.raises(EngineLostError):
                await buildkit.build(recipe, kill)
            with pytest.raises(EngineLostError):
                await buildkit.build(recipe)

    asyncio.run(killed())


def test_an_engine_that_dies_while_it_takes_the_context_is_lost_at_once(tmp_path: Path) -> None:
    relay = Relay(path=str(tmp_path / "relay.sock"))

    def kill(event: Progress) -> None:
        if isinstance(event, ContextSent) and event.sent > 1 << 20:
            relay.cut("/session")
            relay.cut("/grpc")

    def endless() -> Iterator[bytes]:
        while True:
            yield bytes(1 << 16)

    async def killed() -> None:
        async with relayed(relay) as endpoint, asyncio.timeout(60), connect(endpoint) as buildkit:
            with pytest.raises(EngineLostError):
                await buildkit.build(BuildRequest(context=endless), kill)

    asyncio.run(killed())


def test_a_build_with_its_own_secrets_loses_only_its_own_session(tmp_path: Path) -> None:
    relay = Relay(path=str(tmp_path / "relay.sock"))

    async def both() -> None:
        async with relayed(relay) as endpoint, asyncio.timeout(60), connect(endpoint) as buildkit:
            recipe = request("FROM scratch\nCOPY greeting /\n", secrets={"own": lambda: b"x"})
            await buildkit.build(recipe)
            assert relay.paths == ["/grpc", "/session", "/session"]
            await buildkit.build(request("FROM scratch\nCOPY greeting /\n"))

    asyncio.run(both())


def test_an_engine_without_the_endpoints_is_spoken_to_directly(tmp_path: Path) -> None:
    path = str(tmp_path / "new.sock")
    mark = uuid.uuid4().hex

    async def over_http2() -> list[str]:
        server = await asyncio.start_unix_server(without_endpoints, path)
        heard = Heard()
        try:
            async with asyncio.timeout(60), connect(Endpoint.unix(path)) as buildkit:
                step = "RUN --mount=type=secret,id=own cat /run/secrets/own"
                large = request("FROM scratch\nCOPY greeting /\n", padding=3 << 20)
                secret = request(
                    f"FROM {SHELL}\n{step}\n",
                    no_cache=True,
                    secrets={"own": lambda: mark.encode() + b"\n"},
                )
                await asyncio.gather(buildkit.build(large), buildkit.build(secret, heard))
        finally:
            server.close()
        return heard.lines()

    assert asyncio.run(over_http2()) == [mark]


async def without_endpoints(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Stands in for an engine that has no `/grpc` and `/session`, and HTTP/2 on its socket."""
    first = await reader.readline()
    if not first.startswith(b"PRI * HTTP/2.0"):
        writer.write(b"HTTP/1.1 404 Not Found\r\n\r\npage not found")
        writer.close()
        return
    there, here = await asyncio.open_unix_connection(SOCKET)
    here.write(b"POST /grpc HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
    await there.readuntil(b"\r\n\r\n")
    here.write(first)
    await asyncio.gather(pump(reader, here), pump(there, writer))


def test_tcp_with_tls_on_both_sides(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=certificate)
    serving.load_cert_chain(certificate, key)
    serving.verify_mode = ssl.CERT_REQUIRED
    asking = ssl.create_default_context(cafile=certificate)
    asking.load_cert_chain(certificate, key)

    async def over_tls() -> str:
        async with listening(serving) as port:
            endpoint = Endpoint.parse(f"tcp://localhost:{port}", tls=asking)
            async with asyncio.timeout(60), connect(endpoint) as buildkit:
                result = await buildkit.build(request("FROM scratch\nCOPY greeting /\n"))
                return result.image_id

    assert asyncio.run(over_tls()).startswith("sha256:")


def test_tcp_without_the_certificate_that_the_engine_wants_is_refused(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(certificate, key)

    async def over_tls() -> None:
        async with listening(serving) as port:
            endpoint = Endpoint.tcp("localhost", port, tls=ssl.create_default_context())
            with pytest.raises(BuildKitError, match="certificate"):
                async with connect(endpoint):
                    pass

    asyncio.run(over_tls())


def test_ssh_runs_dial_stdio_over_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "ssh"
    program.write_text(FAKE_SSH.format(python=sys.executable, socket=SOCKET, log=tmp_path / "log"))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    async def over_ssh() -> str:
        endpoint = Endpoint.parse("ssh://me@far.example:2222")
        async with asyncio.timeout(60), connect(endpoint) as buildkit:
            result = await buildkit.build(request("FROM scratch\nCOPY greeting /\n"))
            return result.image_id

    assert asyncio.run(over_ssh()).startswith("sha256:")
    said = (tmp_path / "log").read_text().split("\n")[0]
    assert said.startswith("-l me -p 2222 -T ")
    assert said.endswith(" -- far.example docker system dial-stdio")


def test_an_ssh_that_fails_is_no_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "ssh"
    program.write_text("#!/bin/sh\necho Permission denied >&2\nexit 255\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    async def over_ssh() -> None:
        with pytest.raises(BuildKitError, match=r"ssh://far\.example.*Permission denied"):
            async with asyncio.timeout(60), connect(Endpoint.ssh("far.example")):
                pass

    asyncio.run(over_ssh())


def test_without_ssh_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    async def over_ssh() -> None:
        with pytest.raises(BuildKitError, match="`ssh`: No such file"):
            async with connect(Endpoint.ssh("far.example")):
                pass

    asyncio.run(over_ssh())


FAKE_SSH = """#!{python}
import os, socket, sys, threading
with open("{log}", "a") as log:
    print(*sys.argv[1:], file=log)
engine = socket.socket(socket.AF_UNIX)
engine.connect("{socket}")
def there():
    while data := os.read(0, 65536):
        engine.sendall(data)
    engine.shutdown(socket.SHUT_RDWR)
threading.Thread(target=there, daemon=True).start()
while data := engine.recv(65536):
    os.write(1, data)
"""


def self_signed(folder: Path) -> tuple[str, str]:
    """A certificate for localhost that is its own CA, and its key."""
    certificate, key = str(folder / "certificate.pem"), str(folder / "key.pem")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run([*command, "-out", certificate, "-keyout", key], check=True, capture_output=True)
    return certificate, key


@asynccontextmanager
async def listening(tls: ssl.SSLContext) -> AsyncIterator[int]:
    """A port that speaks TLS and relays to the engine's socket."""
    relay = Relay(path="")
    server = await asyncio.start_server(relay.handle, "localhost", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await asyncio.sleep(0.1)
