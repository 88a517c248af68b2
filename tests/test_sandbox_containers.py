"""What an engine does that cannot do as it is told, and that no engine of the tests does."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from build_config.machine.engine_address import EngineAddress
from build_config.sandbox.containers import open_containers
from build_config.sandbox.owner import RUN_LABEL

LEFT_OVER = {
    "Id": "1",
    "Names": ["/connectoryard-1"],
    "Labels": {RUN_LABEL: "connectoryard-1", "dev.connectoryard.born": "1"},
}


def answers(request: str) -> tuple[str, Any]:
    """It has one left-over, and removes nothing."""
    if request.startswith("GET /containers/json"):
        return "200 OK", [LEFT_OVER]
    if request.startswith("GET /volumes"):
        return "200 OK", {"Volumes": []}
    return "500 Internal Server Error", {"message": "device or resource busy"}


def test_a_left_over_that_the_engine_cannot_remove_is_in_nobodys_way(tmp_path: Path) -> None:
    asked: list[str] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = (await reader.readuntil(b"\r\n\r\n")).decode()
        asked.append(request.partition("\r\n")[0])
        status, answer = answers(request)
        body = json.dumps(answer)
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        writer.close()

    async def attempt() -> None:
        path = str(tmp_path / "engine.sock")
        server = await asyncio.start_unix_server(handle, path)
        try:
            async with open_containers(EngineAddress(url=f"unix://{path}")):
                pass
        finally:
            server.close()

    asyncio.run(attempt())
    assert asked[-1] == "DELETE /containers/connectoryard-1?force=1&v=1 HTTP/1.1"
