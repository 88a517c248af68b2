"""Release records in, every file of the catalog out: path -> bytes, the same for the same records.

Nothing here reads or writes anything but the package's own template and schemas.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import orjson

from build_config.catalog.histories import History, histories
from build_config.catalog.page import page
from build_config.catalog.registry import LISTS, entry, registry, versions
from build_config.connector_protocol.json_schema import compile_schema, faults
from build_config.errors import RepositoryError
from build_config.release import Release

if TYPE_CHECKING:
    from build_config.connector_protocol.json_schema import Validator

REGISTRY = "registry.json"
PAGE = "index.html"
VERSIONS = "versions"

_READABLE = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE


def documents(releases: Iterable[Release]) -> Mapping[str, bytes]:
    """All files of the catalog, in the order in which one points to another: the page is last.

    Args:
        releases: of connectors and bases, in any order.

    Raises:
        RepositoryError: what they say makes no valid catalog; all there is to say, at once.
    """
    known = histories(releases)
    told = registry(known)
    of_image = {f"{VERSIONS}/{history.name}.json": versions(history) for history in known}
    _refuse_faults(known, told, tuple(of_image.values()))
    return {
        **{path: _json(document) for path, document in of_image.items()},
        REGISTRY: _json(told),
        PAGE: page(known),
    }


def registry_document(releases: Iterable[Release]) -> Mapping[str, bytes]:
    """The registry alone: what clients read, and what stands beside the records themselves."""
    return {REGISTRY: _json(registry(histories(releases)))}


def defects(release: Release) -> tuple[str, ...]:
    """Why a release could not stand in a catalog; to be asked before there is one."""
    (history,) = histories((release,))
    return _entry_faults(history) + _versions_faults(versions(history))


def _refuse_faults(
    known: Sequence[History], told: Mapping[str, Any], of_image: Sequence[Mapping[str, Any]]
) -> None:
    found = [fault for document in of_image for fault in _versions_faults(document)]
    if faults(_schema("registry"), told, most=1):
        found += [fault for history in known for fault in _entry_faults(history)]
    if found:
        raise RepositoryError(tuple(found), hint="its release record cannot stand in a catalog")


def _entry_faults(history: History) -> tuple[str, ...]:
    """What is wrong with the one entry, told without its place in the list."""
    kind = history.current.kind
    if kind not in LISTS:
        return ()
    alone = {name: [entry(history)] if name == LISTS[kind] else [] for name in LISTS.values()}
    said = faults(_schema("registry"), alone)
    return tuple(f"{history.name}: {fault.replace(f'{LISTS[kind]}[0].', '')}" for fault in said)


def _versions_faults(document: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(f"{document['name']}: {f}" for f in faults(_schema("versions"), document))


@cache
def _schema(name: str) -> Validator:
    file = resources.files(__package__) / f"{name}.schema.json"
    return compile_schema(json.loads(file.read_text(encoding="utf-8")))


def _json(document: Mapping[str, Any]) -> bytes:
    """Sorted keys, two spaces, a line end."""
    try:
        return orjson.dumps(document, option=_READABLE)
    except TypeError:  # whole numbers of more than 64 bits, halves of surrogates: legal in JSON
        return (json.dumps(document, indent=2, sort_keys=True) + "\n").encode()
