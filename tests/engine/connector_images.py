"""The repository's own connectors as the tests run them: built, in the sandbox, alone or joined."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import engine_under_test

from build_config.machine.engine_address import EngineAddress
from build_config.sandbox.containers import Containers, open_containers, together
from build_config.sandbox.request import Container, Limits
from build_config.sandbox.running import Running

T = TypeVar("T")
Message = dict[str, Any]

REPOSITORY = Path(__file__).parent.parent.parent
ADDRESS = EngineAddress(url=engine_under_test.ADDRESS)
LIMITS = Limits(seconds=240, output_bytes=None, memory=512 << 20)


def build(*connectors: str) -> None:
    """Build what is stale of these connectors, bases first."""
    command = [sys.executable, "-m", "invoke", "build", f"--connector={','.join(connectors)}"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a run of a connector left behind."""

    code: int
    messages: list[Message]

    def of(self, kind: str) -> list[Message]:
        """The payloads of the messages of a type."""
        key = {"CONNECTION_STATUS": "connectionStatus"}.get(kind, kind.lower())
        return [message[key] for message in self.messages if message["type"] == kind]

    def data(self) -> list[Message]:
        """The records."""
        return [record["data"] for record in self.of("RECORD")]

    def errors(self) -> list[str]:
        """What its TRACEs of errors say."""
        return [trace["error"]["message"] for trace in self.of("TRACE") if "error" in trace]


def container(
    image: str, command: str, files: Mapping[str, Any], *, stdin: bool = False
) -> Container:
    """A command of a connector; each of the files (`config`, `catalog`, `state`) is an option."""
    options = [word for name in files for word in (f"--{name}", f"/config/{name}.json")]
    return Container(
        image=image,
        arguments=(command, *options),
        files={f"{name}.json": json.dumps(content).encode() for name, content in files.items()},
        network="host",  # the server listens on the loopback only
        stdin=stdin,
        limits=LIMITS,
    )


def run(image: str, command: str, *, lines: Sequence[Message] = (), **files: Any) -> Answer:
    """Run a command to its end; `lines` go to its stdin."""
    request = container(image, command, files, stdin=command == "write")
    given = b"".join(json.dumps(line).encode() + b"\n" for line in lines)

    async def finish(containers: Containers) -> Answer:
        finished = await containers.run_to_end(request, stdin=given)
        messages = [json.loads(line) for line in finished.lines]
        return Answer(code=finished.ending.exit_code, messages=messages)

    return within(finish)


def pipe(source: Container, destination: Container, *, seconds: float | None = None) -> list[bytes]:
    """Join both with a pipe, and kill both after so many seconds; the states that came back."""

    async def joined(containers: Containers) -> list[bytes]:
        async with together(containers.run(source), containers.run(destination)) as (one, other):
            feeding = asyncio.create_task(_feed(one, other))
            killing = asyncio.create_task(_kill(seconds, feeding, one, other))
            states = [line async for line in other.lines() if b'"STATE"' in line]
            await asyncio.wait({feeding})
            killing.cancel()
            await asyncio.wait({killing})
            # an engine cannot end a container whose output nobody reads
            await one.ended()
            ending = await other.ended()
            assert ending.exit_code == 0 or ending.killed, ending.last_stderr
        return states

    return within(joined)


async def _feed(source: Running, destination: Running) -> None:
    with suppress(BrokenPipeError):
        async for block in source.blocks():
            await destination.write(block)
        await destination.close_stdin()


async def _kill(
    seconds: float | None, feeding: asyncio.Task[None], source: Running, destination: Running
) -> None:
    if seconds is not None:
        await asyncio.sleep(seconds)
        feeding.cancel()  # nobody may notice that the other end of a pipe is gone
        await asyncio.gather(source.kill(), destination.kill())


def within(work: Callable[[Containers], Awaitable[T]]) -> T:
    """What this coroutine gives, with the sandbox open."""

    async def opened() -> T:
        async with asyncio.timeout(280), open_containers(ADDRESS) as containers:
            return await work(containers)

    return asyncio.run(opened())


def configured(stream: Message, mode: str, *, cursor: str = "") -> Message:
    """A catalog of one stream; incremental where there is a cursor."""
    entry = {
        "stream": stream,
        "sync_mode": "incremental" if cursor else "full_refresh",
        "destination_sync_mode": mode,
        "cursor_field": [cursor] if cursor else [],
        "primary_key": stream.get("source_defined_primary_key") or [["id"]],
    }
    return {"streams": [entry]}


def discovered(source: Callable[..., Answer], name: str) -> Message:
    (catalog,) = source("discover").of("CATALOG")
    return next(stream for stream in catalog["streams"] if stream["name"] == name)


def states(answer: Answer) -> list[Message]:
    return [{"type": "STATE", "state": state} for state in answer.of("STATE")]


def ids(answer: Answer) -> list[int]:
    assert (answer.code, answer.errors()) == (0, [])
    return [data["id"] for data in answer.data()]
