"""What is no engine, or no longer one, is said to be none: never a hang, never a bug of ours."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from one_answer import one_answer

from build_config.errors import EngineUnavailableError
from build_config.sandbox.engine_requests import Request, ask, taken_over

GET = Request(method="GET", path="/info")


def asked(folder: Path, answer: bytes) -> Any:
    """What comes of a question that is answered so."""

    async def attempt() -> Any:
        async with one_answer(folder, answer) as endpoint:
            async with taken_over(endpoint, "/attach"):
                pass
            return await ask(endpoint, GET)

    return asyncio.run(attempt())


@pytest.mark.parametrize("length", ["Content-Length: 2", "Transfer-Encoding: chunked", "X: y"])
def test_an_answer_is_read_however_its_length_is_said(tmp_path: Path, length: str) -> None:
    body = b"2\r\n{}\r\n0\r\n\r\n" if "chunked" in length else b"{}"
    assert asked(tmp_path, f"HTTP/1.1 200 OK\r\n{length}\r\n\r\n".encode() + body) == {}


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"hello",
        b"hello\r\n\r\n",
        b"HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 fine\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfew\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
        b"HTTP/1.1 200 OK\r\n\r\nno JSON",
        b"x" * 1_000_000,
    ],
)
def test_whatever_else_is_said_is_no_engine(tmp_path: Path, answer: bytes) -> None:
    with pytest.raises(EngineUnavailableError, match="does not answer"):
        asked(tmp_path, answer)
