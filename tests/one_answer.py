"""Bytes in, somebody who says them out: the same answer to whoever asks at a socket."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from build_config.buildkit.endpoint import Endpoint

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@asynccontextmanager
async def one_answer(folder: Path, answer: bytes) -> AsyncIterator[Endpoint]:
    """Listen at a socket in the folder; each request gets these bytes, and the connection ends."""
    path = str(folder / "one-answer.sock")

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    server = await asyncio.start_unix_server(handle, path)
    try:
        yield Endpoint.unix(path)
    finally:
        server.close()
