"""The engine's images and what a repository calls its own in, those that nobody needs out.

An engine serves many repositories. Only what is certainly of this one is garbage: images by the
names that it builds, and images that, by its own records, it has built itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from build_config.cleaning.garbage import Garbage, Kind
from build_config.discovery import NAME_LABEL
from build_config.fingerprint import FINGERPRINT_LABEL
from build_config.image import InvalidReferenceError, Reference, parse
from build_config.plan_testing import STAGE_LABEL, TEST_STAGE
from build_config.publishing.ports import STAGING

_CACHE_TAG = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One image of the engine, with all its names.

    Attributes:
        label_name: the image's name as its label has it; empty where it has none.
        fingerprint: of what it was made from; empty for one that is no connector's, nor a base's.
        is_made: by us; whoever builds on our images inherits that.
        tags: as the engine writes them.
        pulled: names that it has by digest: it was pulled by them, or pushed under them.
    """

    id: str
    label_name: str
    fingerprint: str
    is_made: bool
    tags: tuple[str, ...]
    pulled: frozenset[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Own:
    """What a repository calls its own.

    Attributes:
        names: of the images that it builds, without a tag.
        namespaces: what these names begin with.
        local_tag: the tag that images get here.
        gone: fingerprint -> connector, of the builds of connectors that are not there any more.
        cached: repositories of its images in the shared cache, with their registry.
        tested: ids of images, by its records.
    """

    names: frozenset[str]
    namespaces: frozenset[str]
    local_tag: str
    gone: Mapping[str, str]
    cached: frozenset[str] = frozenset()
    tested: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Sorted:
    """The engine's images, sorted.

    Attributes:
        garbage: certainly of this repository, and needed by nobody.
        doubtful: names of images that may be another repository's.
    """

    garbage: tuple[Garbage, ...]
    doubtful: tuple[str, ...]


def read_rows(listed: Iterable[Mapping[str, Any]]) -> tuple[Row, ...]:
    """The rows of `GET /images/json` (Docker API 1.39 and newer), of both image stores."""
    return tuple(map(_row, listed))


def sort_images(rows: Iterable[Row], own: Own) -> Sorted:
    """Tell what of the engine's images is garbage of this repository."""
    rows = tuple(rows)
    built = {name for row in rows for name in _proven(row, own)}
    names = own.names | built
    garbage = [item for row in rows for item in _garbage(row, own, names)]
    doubtful = {tag for row in rows for tag in _doubtful(row, own, names)}
    order = sorted(garbage, key=lambda item: (item.name == item.image_id, item.name))
    return Sorted(garbage=tuple(order), doubtful=tuple(sorted(doubtful)))


def _row(entry: Mapping[str, Any]) -> Row:
    labels = entry.get("Labels") or {}
    is_stage = STAGE_LABEL in labels  # it may have inherited the fingerprint of its base
    fingerprint = str(labels.get(FINGERPRINT_LABEL, ""))
    return Row(
        id=entry["Id"],
        label_name=_name(str(labels.get(NAME_LABEL, ""))),
        fingerprint="" if is_stage else fingerprint,
        is_made=is_stage or bool(fingerprint),
        tags=tuple(tag for tag in entry.get("RepoTags") or () if "<none>" not in tag),
        pulled=frozenset(
            _name(text) for text in entry.get("RepoDigests") or () if "<none>" not in text
        ),
    )


def _name(text: str) -> str:
    """Without a tag and a digest; empty where it is none."""
    try:
        return parse(text).name
    except InvalidReferenceError:
        return ""


def _local(row: Row, own: Own) -> Iterator[Reference]:
    """The names that a build of ours gave to an image: others inherit labels, not the name."""
    for tag in row.tags:
        reference = parse(tag)
        is_local = reference.tag == own.local_tag and reference.name == row.label_name
        if is_local and row.fingerprint:
            yield reference


def _proven(row: Row, own: Own) -> Iterator[str]:
    """The names under which this repository has built it, for a connector that is gone."""
    if row.fingerprint in own.gone:
        yield from (r.name for r in _local(row, own) if r.name not in own.names)


def _garbage(row: Row, own: Own, names: frozenset[str]) -> Iterator[Garbage]:
    if not row.tags:
        if row.is_made and row.label_name in names and _is_nameless(row, own):
            why = f"a newer one took the name of this `{row.label_name}`"
            yield Garbage(kind=Kind.IMAGE, name=row.id, why=why, image_id=row.id)
        return
    found = [(tag, why) for tag in row.tags if (why := _why(tag, row, own, names))]
    for number, (tag, why) in enumerate(found):
        # with a name that stays, or one that goes later, the image itself stays
        is_last = number == len(row.tags) - 1
        size = None if is_last else 0
        yield Garbage(kind=Kind.IMAGE, name=tag, why=why, size=size, image_id=row.id)


def _is_nameless(row: Row, own: Own) -> bool:
    """Docker's classic store may keep the digest by which an image is where it was published.

    What somebody pulled has one too: the record of the tests tells them apart. With two of them the
    engine refuses to remove it.
    """
    if not row.pulled:
        return True
    place, *others = row.pulled
    is_one = bool(place) and not others
    return is_one and row.id in own.tested and _is_published_as(place, row)


def _is_published_as(place: str, row: Row) -> bool:
    """Whether its name is put below a registry and a prefix there."""
    path = parse(row.label_name).path.removeprefix("library/")
    return f"/{parse(place).path}".endswith(f"/{path}")


def _why(tag: str, row: Row, own: Own, names: frozenset[str]) -> str:
    """Why nobody needs the image by that name; empty when somebody may."""
    reference = parse(tag)
    if reference.tag == f"{own.local_tag}-{TEST_STAGE}" and reference.name in names:
        return "its tests have ended"
    if reference.tag == STAGING and row.fingerprint and row.label_name in names:
        return "a push has ended" if _is_published_as(reference.name, row) else ""
    in_cache = row.fingerprint and f"{reference.domain}/{reference.path}" in own.cached
    if in_cache and _CACHE_TAG.fullmatch(reference.tag or ""):
        return "a push to the cache has ended"
    gone = own.gone.get(row.fingerprint)
    if gone and any(str(local) == str(reference) for local in _local(row, own)):
        return "" if reference.name in own.names else f"there is no `{gone}` any more"
    return ""


def _doubtful(row: Row, own: Own, names: frozenset[str]) -> Iterator[str]:
    """Looks as if a build of a connector that is gone had left it, and nothing proves it."""
    for reference in _local(row, own):
        if reference.name not in names and namespace(reference.name) in own.namespaces:
            yield str(reference)


def namespace(name: str) -> str:
    """All but the last part of an image's name."""
    return name.rpartition("/")[0]
