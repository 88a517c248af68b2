"""An engine in, what it has that may go out, with sizes; and gone, when it is told to remove it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from build_config.cleaning.garbage import Garbage, Kind
from build_config.cleaning.images import Row, read_rows
from build_config.sandbox.engine_requests import RefusedError, Request, ask
from build_config.sandbox.left_over import find_left_over

if TYPE_CHECKING:
    from build_config.buildkit.endpoint import Endpoint

_MISSING: Final = 404
_CHANGED: Final = 409


async def engine_rows(endpoint: Endpoint) -> tuple[Row, ...]:
    """All that it has: one question.

    Raises:
        EngineUnavailableError: it does not answer.
    """
    return read_rows(await ask(endpoint, Request(method="GET", path="/images/json")))


async def left_by_runs(endpoint: Endpoint) -> tuple[Garbage, ...]:
    """Containers and volumes of runs that were killed; of no repository in particular.

    Raises:
        EngineUnavailableError: it does not answer.
    """
    found = await find_left_over(endpoint, sizes=True)
    why = "a killed run left it"
    return tuple(
        Garbage(kind=Kind(left.kind.value), name=left.name, why=why, size=left.size)
        for left in found
    )


async def with_sizes(endpoint: Endpoint, found: Iterable[Garbage]) -> tuple[Garbage, ...]:
    """The same images with what each of them has for itself, as far as the engine says it.

    What several images share counts for none of them, even if all of them go.

    Raises:
        EngineUnavailableError: it does not answer.
    """
    items = tuple(found)
    if all(item.size is not None for item in items):
        return items
    own = await _own_bytes(endpoint)
    return tuple(
        item if item.size is not None else replace(item, size=own.get(item.image_id))
        for item in items
    )


async def _own_bytes(endpoint: Endpoint) -> Mapping[str, int]:
    """By image id; the list has it from API 1.42 on, before that only the slow summary."""
    listed = await ask(endpoint, Request(method="GET", path="/images/json?shared-size=1"))
    if any(entry.get("SharedSize", -1) < 0 for entry in listed):
        try:
            summary = await ask(endpoint, Request(method="GET", path="/system/df?type=image"))
        except RefusedError:  # somebody else has just asked, and it answers one at a time
            return {}
        listed = summary.get("Images") or ()
    return {entry["Id"]: _own(entry) for entry in listed if entry.get("SharedSize", -1) >= 0}


def _own(entry: Mapping[str, Any]) -> int:
    return max(int(entry["Size"]) - int(entry["SharedSize"]), 0)


async def remove(endpoint: Endpoint, item: Garbage) -> None:
    """Remove it from the engine, unless somebody uses it; what is gone already is success.

    Raises:
        RefusedError: it is in use, or not what it was.
        EngineUnavailableError: the engine does not answer.
    """
    try:
        if item.kind is Kind.IMAGE:
            await _see_that_it_is_the_same(endpoint, item)
        await ask(endpoint, Request(method="DELETE", path=_place(item)))
    except RefusedError as error:
        if error.status != _MISSING:
            raise


async def _see_that_it_is_the_same(endpoint: Endpoint, item: Garbage) -> None:
    """A name may have been given to a new image since, or an image have got a name."""
    question = Request(method="GET", path=f"/images/{quote(item.name, safe='/:@')}/json")
    now = await ask(endpoint, question)
    is_nameless = item.name == item.image_id
    if now["Id"] != item.image_id or (is_nameless and now.get("RepoTags")):
        raise RefusedError(_CHANGED, "it was built again just now")


def _place(item: Garbage) -> str:
    name = quote(item.name, safe="/:@")
    if item.kind is Kind.CONTAINER:
        return f"/containers/{name}?force=1&v=1"
    if item.kind is Kind.VOLUME:
        return f"/volumes/{name}"
    return f"/images/{name}?noprune=1"
