"""An engine and a request in, a running container out, and removed again whatever happens."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    suppress,
)
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from build_config.buildkit.endpoint import Endpoint
from build_config.engine_endpoint import engine_endpoint
from build_config.errors import EngineUnavailableError, StepError
from build_config.sandbox import owner, volumes
from build_config.sandbox.configuration import configuration, files_archive
from build_config.sandbox.ending import Finished
from build_config.sandbox.engine_requests import (
    RefusedError,
    Request,
    ask,
    taken_over,
    undisturbed,
)
from build_config.sandbox.left_over import Kind, find_left_over
from build_config.sandbox.request import FILES
from build_config.sandbox.running import Listen, Running, attached

if TYPE_CHECKING:
    from build_config.machine.engine_address import EngineAddress
    from build_config.sandbox.request import Container

_WRITE_BUFFER: Final = 1 << 20
_MISSING: Final = 404
_IN_PROGRESS: Final = 409  # with `force`: somebody else is removing it already


@asynccontextmanager
async def open_containers(address: EngineAddress) -> AsyncIterator[Containers]:
    """The sandbox on an engine; containers that killed runs of ours left behind are removed first.

    Raises:
        EngineUnavailableError: the engine does not answer.
    """
    containers = Containers(endpoint=engine_endpoint(address))
    await containers.sweep()
    yield containers


@dataclass(frozen=True, kw_only=True, slots=True)
class Containers:
    """Runs containers on one engine, as many at a time as the caller likes."""

    endpoint: Endpoint

    @asynccontextmanager
    async def run(
        self, container: Container, *, on_stderr: Listen | None = None
    ) -> AsyncIterator[Running]:
        """The container, started; at the end of the block it is gone with all that it wrote.

        Args:
            container: what to run.
            on_stderr: is given every piece of stderr as it comes.

        Raises:
            StepError: the engine cannot start such a container.
            EngineUnavailableError: the engine went away.
        """
        name = f"connectoryard-{uuid.uuid4().hex[:16]}"
        async with AsyncExitStack() as stack:
            stack.push_async_callback(undisturbed, self._remove(name))
            try:
                await undisturbed(self._create(name, container))
                running = await self._start(name, container, on_stderr, stack)
            except RefusedError as error:
                raise StepError(f"the container could not be started: {error}") from error
            yield running

    async def run_to_end(self, container: Container, *, stdin: bytes = b"") -> Finished:
        """Run a short command; its output is held in memory, up to the limit.

        Raises:
            StepError: the engine cannot start such a container.
            EngineUnavailableError: the engine went away.
        """
        async with self.run(container) as running:
            feeding = asyncio.create_task(_feed(running, stdin))
            try:
                lines = tuple([line async for line in running.lines()])
            finally:
                feeding.cancel()
                await asyncio.wait({feeding})
            return Finished(lines=lines, ending=await running.ended())

    def volume(self, image: str) -> AbstractAsyncContextManager[str]:
        """The name of a fresh volume for the length of a block; any user may write to it.

        Args:
            image: the id of any image that the engine has; nothing in it is run.
        """
        return volumes.made(self.endpoint, image)

    async def sweep(self) -> None:
        """Remove what killed runs of ours left behind, as far as the engine is able to.

        Raises:
            EngineUnavailableError: the engine does not answer.
        """
        found = await find_left_over(self.endpoint)
        containers = [left.name for left in found if left.kind is Kind.CONTAINER]
        names = [left.name for left in found if left.kind is Kind.VOLUME]
        await asyncio.gather(*map(self._swept, containers))
        await asyncio.gather(*(volumes.removed(self.endpoint, name) for name in names))

    async def _swept(self, name: str) -> None:
        with suppress(RefusedError):  # "device or resource busy", say: no run has to fail for it
            await self._delete(name)

    async def _create(self, name: str, container: Container) -> None:
        """The container with its files, not started."""
        body = json.dumps(configuration(container, owner.labels(name))).encode()
        path = f"/containers/create?name={name}"
        await ask(self.endpoint, Request(method="POST", path=path, body=body))
        if container.files:
            archive = files_archive(container.files)
            path = f"/containers/{name}/archive?path={quote(FILES)}"
            await ask(self.endpoint, Request.archive(path, archive))

    async def _start(
        self, name: str, container: Container, on_stderr: Listen | None, stack: AsyncExitStack
    ) -> Running:
        """Attached first, so that not a byte is lost; stdin goes another way than output.

        Closing a connection is the only end of stdin that every kind of endpoint can say.
        """
        reader = await stack.enter_async_context(attached(self.endpoint, name))
        writer = None
        stdin_stack = await stack.enter_async_context(AsyncExitStack())
        if container.stdin:
            taking = taken_over(self.endpoint, f"/containers/{name}/attach?stream=1&stdin=1")
            _, writer = await stdin_stack.enter_async_context(taking)
            writer.transport.set_write_buffer_limits(_WRITE_BUFFER)
        await ask(self.endpoint, Request(method="POST", path=f"/containers/{name}/start"))
        running = Running(
            name=name,
            endpoint=self.endpoint,
            limits=container.limits,
            on_stderr=on_stderr,
            reader=reader,
            writer=writer,
            stdin_stack=stdin_stack,
        )
        stack.push_async_callback(running.close)
        running.watch()
        return running

    async def _remove(self, name: str) -> None:
        """Ended, and gone with its volumes; or it never came to be."""
        try:
            await self._delete(name)
        except RefusedError as error:
            if error.status not in {_MISSING, _IN_PROGRESS}:
                raise EngineUnavailableError(
                    f"the engine cannot remove the container `{name}`: {error}",
                    hint=f"docker rm --force --volumes {name}",
                ) from error

    async def _delete(self, name: str) -> None:
        path = f"/containers/{name}?force=1&v=1"
        await ask(self.endpoint, Request(method="DELETE", path=path))


@asynccontextmanager
async def together(
    *opening: AbstractAsyncContextManager[Running],
) -> AsyncIterator[list[Running]]:
    """Containers that start, and are removed, at the same time."""
    tasks = [asyncio.ensure_future(_opened(each)) for each in opening]

    async def close(
        task: asyncio.Task[Running], context: AbstractAsyncContextManager[Running]
    ) -> None:
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled() and not task.exception():
            await context.__aexit__(None, None, None)

    async def close_all() -> None:
        pairs = zip(tasks, opening, strict=True)
        await asyncio.gather(*(close(*pair) for pair in pairs))

    try:
        await asyncio.wait(tasks)
        yield [task.result() for task in tasks]
    finally:
        await undisturbed(close_all())


async def _opened(context: AbstractAsyncContextManager[Running]) -> Running:
    return await context.__aenter__()


async def _feed(running: Running, stdin: bytes) -> None:
    with suppress(BrokenPipeError):
        await running.write(stdin)
        await running.close_stdin()
