"""An engine in, the containers and volumes out that killed runs of ours left on it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from build_config.sandbox import owner
from build_config.sandbox.engine_requests import Request, ask

if TYPE_CHECKING:
    from build_config.buildkit.endpoint import Endpoint


class Kind(StrEnum):
    """What a run may leave."""

    CONTAINER = "container"
    VOLUME = "volume"


@dataclass(frozen=True, kw_only=True, slots=True)
class LeftOver:
    """Something that its run will not remove any more.

    Attributes:
        name: what the engine knows it by.
        size: bytes that it wrote; None where the engine did not say.
    """

    kind: Kind
    name: str
    size: int | None = None


async def find_left_over(endpoint: Endpoint, *, sizes: bool = False) -> tuple[LeftOver, ...]:
    """Containers first: a volume that is in use cannot be removed.

    Args:
        endpoint: of the engine.
        sizes: have the engine measure what the containers wrote, which takes it longer.

    Raises:
        EngineUnavailableError: the engine does not answer.
    """
    filters = quote(json.dumps({"label": [owner.RUN_LABEL]}))
    question = f"/containers/json?all=1&size={int(sizes)}&filters={filters}"
    containers = [
        LeftOver(
            kind=Kind.CONTAINER, name=_name(entry), size=entry.get("SizeRw", 0) if sizes else None
        )
        for entry in await ask(endpoint, Request(method="GET", path=question))
        if _is_left_over(entry)
    ]
    listed = await ask(endpoint, Request(method="GET", path=f"/volumes?filters={filters}"))
    volumes = [
        LeftOver(kind=Kind.VOLUME, name=entry["Name"])
        for entry in listed.get("Volumes") or ()
        if _is_left_over(entry)
    ]
    return (*containers, *volumes)


def _is_left_over(entry: dict[str, Any]) -> bool:
    return owner.is_left_over(entry.get("Labels") or {})


def _name(entry: dict[str, Any]) -> str:
    """A container that is being removed may have lost its name."""
    names = entry.get("Names") or [entry["Id"]]
    return str(names[0]).removeprefix("/")
