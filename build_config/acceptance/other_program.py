"""A container's description and the words of a program in, that program running in its image out.

The connector's own entry point is not started: this is how what was written is read back, and how a
connector is put in front of a pipe whose other end goes away.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote

from build_config.errors import StepError
from build_config.sandbox import owner
from build_config.sandbox.configuration import configuration, files_archive
from build_config.sandbox.engine_requests import RefusedError, Request, ask, undisturbed
from build_config.sandbox.request import FILES
from build_config.sandbox.running import Running, attached

if TYPE_CHECKING:
    from build_config.sandbox.containers import Containers
    from build_config.sandbox.request import Container


@asynccontextmanager
async def run_program(
    containers: Containers, container: Container, program: tuple[str, ...]
) -> AsyncIterator[Running]:
    """As `Containers.run`, with the program in the place of the image's entry point; no stdin.

    Raises:
        StepError: the image has no such program, or the engine cannot start such a container.
        EngineUnavailableError: the engine went away.
    """
    endpoint, name = containers.endpoint, f"connectoryard-{uuid.uuid4().hex[:16]}"
    body = {**configuration(container, owner.labels(name)), "Entrypoint": list(program)}
    async with AsyncExitStack() as stack:
        stack.push_async_callback(undisturbed, _removed(containers, name))
        try:
            create = _post(f"/containers/create?name={name}", json.dumps(body).encode())
            await undisturbed(ask(endpoint, create))
            if container.files:
                path = f"/containers/{name}/archive?path={quote(FILES)}"
                await ask(endpoint, Request.archive(path, files_archive(container.files)))
            reader = await stack.enter_async_context(attached(endpoint, name))
            await ask(endpoint, _post(f"/containers/{name}/start"))
        except RefusedError as error:
            raise StepError(f"`{program[0]}` could not be started: {error}") from error
        running = Running(
            name=name,
            endpoint=endpoint,
            limits=container.limits,
            on_stderr=None,
            reader=reader,
            writer=None,
            stdin_stack=AsyncExitStack(),
        )
        stack.push_async_callback(running.close)
        running.watch()
        yield running


async def terminate(running: Running) -> None:
    """Ask its first process to end, as `docker stop` and Kubernetes do before they kill."""
    try:
        await ask(running.endpoint, _post(f"/containers/{running.name}/kill?signal=SIGTERM"))
    except RefusedError:
        return  # it has ended by itself


async def _removed(containers: Containers, name: str) -> None:
    """Ended, and gone with its volumes; or it never came to be."""
    remove = Request(method="DELETE", path=f"/containers/{name}?force=1&v=1")
    try:
        await ask(containers.endpoint, remove)
    except RefusedError:
        return


def _post(path: str, body: bytes = b"") -> Request:
    return Request(method="POST", path=path, body=body)
