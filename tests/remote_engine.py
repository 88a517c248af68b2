"""An engine on this machine in, the ways by which people reach one on another machine out."""

from __future__ import annotations

import asyncio
import getpass
import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import debian_packages
import trustme
from loopback_server import free_port

_SSHD = "/usr/sbin/sshd"


@dataclass(kw_only=True, slots=True)
class Way:
    """How to get to the engine.

    Attributes:
        environment: that `invoke` needs.
        sent: bytes to the engine so far; only where they can be counted.
    """

    environment: dict[str, str] = field(default_factory=dict)
    sent: int = 0


@contextmanager
def over_tls(folder: Path, socket_file: str) -> Iterator[Way]:
    """`tcp://` with TLS: the engine shows a certificate, and wants one.

    The environment also says whom to trust on the web, and a proxy for it: both are for others.
    """
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    trustme.CA().cert_pem.write_to_path(folder / "web.pem")
    ours = authority.issue_cert("client@example.com")
    ours.private_key_pem.write_to_path(folder / "key.pem")
    ours.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(folder / "ca.pem"))
    tls.verify_mode = ssl.CERT_REQUIRED
    authority.issue_cert("localhost").configure_cert(tls)
    way = Way()
    with _relay(tls, socket_file, way) as port:
        way.environment = {
            "DOCKER_HOST": f"tcp://localhost:{port}",
            "DOCKER_TLS_VERIFY": "1",
            "DOCKER_CERT_PATH": str(folder),
            "REQUESTS_CA_BUNDLE": str(folder / "web.pem"),
            "HTTPS_PROXY": "http://127.0.0.1:9",
        }
        yield way


@contextmanager
def over_ssh(folder: Path, socket_file: str) -> Iterator[Way]:
    """`ssh://`: a server on the loopback that lets in one key, made for this."""
    debian_packages.install(
        "openssh-server", is_there=lambda: Path(_SSHD).exists(), left_out_by="not ssh"
    )
    for name in ("host", "login"):
        key = str(folder / name)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    port = free_port()
    config = folder / "sshd_config"
    config.write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {folder}/host\nPidFile none\n"
        f"AuthorizedKeysFile {folder}/login.pub\nStrictModes no\nUsePAM no\n"
        f"SetEnv DOCKER_HOST=unix://{socket_file} PATH={os.environ['PATH']}\n"
    )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # it wants a place to be locked up in
    with subprocess.Popen([_SSHD, "-D", "-e", "-f", config], stderr=subprocess.DEVNULL) as server:
        try:
            _wait_for(port)
            programs = _with_our_key(folder, port)
            yield Way(
                environment={
                    "DOCKER_HOST": f"ssh://{getpass.getuser()}@localhost:{port}",
                    "PATH": f"{programs}:{os.environ['PATH']}",
                }
            )
        finally:
            server.terminate()


def _with_our_key(folder: Path, port: int) -> Path:
    """`ssh` reads no other home than that of the user: it is told where the key is."""
    public = (folder / "host.pub").read_text()
    (folder / "known").write_text(f"[localhost]:{port} {public}")
    (folder / "config").write_text(
        f"IdentityFile {folder}/login\nIdentitiesOnly yes\nBatchMode yes\n"
        f"UserKnownHostsFile {folder}/known\n"
    )
    programs = folder / "bin"
    programs.mkdir()
    (programs / "ssh").write_text(
        f'#!/bin/sh\nexec {shutil.which("ssh")} -F {folder}/config "$@"\n'
    )
    (programs / "ssh").chmod(0o755)
    return programs


def _wait_for(port: int) -> None:
    for _ in range(100):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise AssertionError("sshd does not listen")


@contextmanager
def _relay(tls: ssl.SSLContext, socket_file: str, way: Way) -> Iterator[int]:
    """A port before the engine's socket, served by a loop on a thread of its own."""
    loop = asyncio.new_event_loop()
    serving = threading.Thread(target=loop.run_forever)
    serving.start()

    async def start() -> asyncio.Server:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            there, here = await asyncio.open_unix_connection(socket_file)
            await asyncio.gather(_pump(reader, here, way), _pump(there, writer, None))

        return await asyncio.start_server(handle, "localhost", 0, ssl=tls)

    async def stop() -> None:
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    server = asyncio.run_coroutine_threadsafe(start(), loop).result()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        serving.join()
        loop.close()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter, way: Way | None) -> None:
    with suppress(OSError):
        while data := await source.read(1 << 16):
            if way:
                way.sent += len(data)
            sink.write(data)
            await sink.drain()
    sink.close()
