"""Folders that outlive a container: made for any user to write to, and removed again."""

from __future__ import annotations

import io
import json
import tarfile
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

from build_config.sandbox import owner
from build_config.sandbox.engine_requests import RefusedError, Request, ask, undisturbed

if TYPE_CHECKING:
    from build_config.buildkit.endpoint import Endpoint

_PLACE: Final = "volume"


@asynccontextmanager
async def made(endpoint: Endpoint, image: str) -> AsyncIterator[str]:
    """The name of a new volume that every user may write to; it is gone at the end of the block.

    Args:
        endpoint: of the engine.
        image: the id of any image; nothing in it is run.

    Raises:
        EngineUnavailableError: the engine went away.
    """
    name = f"connectoryard-{uuid.uuid4().hex[:16]}"
    body = {"Name": name, "Labels": owner.labels(name)}
    try:
        await undisturbed(ask(endpoint, _post("/volumes/create", body)))
        await undisturbed(_open_to_all(endpoint, name, image))
        yield name
    finally:
        await undisturbed(removed(endpoint, name))


async def removed(endpoint: Endpoint, name: str) -> None:
    """Remove a volume; one that is gone, or in use, is left."""
    with suppress(RefusedError):
        await ask(endpoint, Request(method="DELETE", path=f"/volumes/{name}?force=1"))


async def _open_to_all(endpoint: Endpoint, volume: str, image: str) -> None:
    """Changes the mode of the volume's folder, which the engine makes for root alone.

    The engine does it while it unpacks an archive into a container that is never started.
    """
    mount = {"Type": "volume", "Source": volume, "Target": f"/{_PLACE}"}
    body = {
        "Image": image,
        "Cmd": ["-"],  # an image without any command could not be made into a container
        "Labels": owner.labels(volume),
        "HostConfig": {"NetworkMode": "none", "Mounts": [mount]},
    }
    path = f"/containers/{volume}"
    try:
        await ask(endpoint, _post(f"/containers/create?name={volume}", body))
        await ask(endpoint, Request.archive(f"{path}/archive?path=/", _archive()))
    finally:
        with suppress(RefusedError):
            await ask(endpoint, Request(method="DELETE", path=f"{path}?force=1"))


def _post(path: str, body: object) -> Request:
    return Request(method="POST", path=path, body=json.dumps(body).encode())


def _archive() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        folder = tarfile.TarInfo(f"{_PLACE}/")
        folder.type, folder.mode = tarfile.DIRTYPE, 0o777
        archive.addfile(folder)
    return buffer.getvalue()
