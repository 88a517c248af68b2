from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from one_answer import one_answer

from build_config.buildkit.client import connect
from build_config.buildkit.endpoint import Endpoint
from build_config.buildkit.failures import NotBuildKitError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("unix:///var/run/docker.sock", "unix:///var/run/docker.sock"),
        ("tcp://engine.example", "tcp://engine.example:2375"),
        ("tcp://engine.example:1234", "tcp://engine.example:1234"),
        ("ssh://engine.example", "ssh://engine.example"),
        ("ssh://me@engine.example:22", "ssh://me@engine.example"),
    ],
)
def test_docker_host_is_understood(given: str, address: str) -> None:
    assert Endpoint.parse(given).address == address


@pytest.mark.parametrize("given", ["", "/var/run/docker.sock", "unix://", "npipe:////./pipe/x"])
def test_another_form_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match="is no unix"):
        Endpoint.parse(given)


def refusal(endpoint: Endpoint) -> str:
    async def attempt() -> str:
        with pytest.raises(NotBuildKitError) as caught:
            async with asyncio.timeout(60), connect(endpoint):
                pass
        return str(caught.value)

    return asyncio.run(attempt())


def test_nobody_listens(tmp_path: Path) -> None:
    path = str(tmp_path / "nobody.sock")
    assert (
        refusal(Endpoint.unix(path)) == f"no engine at `unix://{path}`: No such file or directory"
    )
    assert "no engine at `tcp://127.0.0.1:9`" in refusal(Endpoint.tcp("127.0.0.1", 9))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\nspeak up", "refused `POST /grpc`: 400 Bad Request"),
        (b"HTTP/1.1 200 OK\r\n\r\n", "refused `POST /grpc`: 200 OK"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "refused `POST /grpc`"),
        (b"HTTP/1.1 101", "it closed the connection"),
        (b"", "it closed the connection"),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", "so it is no BuildKit"),
        (b"x" * 100_000, "refused `POST /grpc`"),
    ],
)
def test_somebody_else_listens(tmp_path: Path, answer: bytes, said: str) -> None:
    async def attempt() -> str:
        async with one_answer(tmp_path, answer) as endpoint:
            with pytest.raises(NotBuildKitError) as caught:
                async with asyncio.timeout(60), connect(endpoint):
                    pass
            return str(caught.value)

    assert said in asyncio.run(attempt())
