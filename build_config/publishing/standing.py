"""A target, the registry and the ledger in, how the target stands there out: no effect.

Absent is proven, or it is unclear. The same version with the same sources is success, with other
sources a conflict, whoever published it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import StrEnum

from build_config import versions
from build_config.errors import ConflictError, StepError, UnclearError
from build_config.fingerprint import SOURCES_LABEL, Inputs, differences
from build_config.ledger import Book, Claim
from build_config.publishing.contents import config_of, read_contents
from build_config.publishing.records import Records
from build_config.publishing.target import Target
from build_config.registry.answers import CannotTell, Present
from build_config.registry.client import Registry
from build_config.release import Release

ONCE_RIGHT = "the same command again, once that is put right"
_MOST = 3


class State(StrEnum):
    """How a version stands."""

    ABSENT = "absent"
    PUBLISHED = "published"
    UNRECORDED = "unrecorded"
    """In the registry, not in the ledger: whoever published it was stopped before the last step."""
    CLAIMED = "claimed"
    """Staged, verified and claimed; its tag was not written, or not yet."""
    DELETED = "deleted"
    """In the ledger, and somebody removed its tag."""
    CONFLICT = "conflict"
    UNCLEAR = "unclear"


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How a target stands.

    Attributes:
        why: for a person.
        manifest: of the bytes that the version is or will be, where they are in the registry.
        claim: who said which bytes the version is.
    """

    state: State
    why: str
    manifest: Present | None = None
    claim: Claim | None = None

    def failure(self, target: Target) -> StepError | None:
        """What is told in place of a try; None when it may be tried."""
        if self.state is State.CONFLICT:
            return ConflictError(self.why, hint=target.bump)
        if self.state is State.UNCLEAR:
            return UnclearError(self.why, hint=ONCE_RIGHT)
        return None


async def look(target: Target, registry: Registry, ledger: Records, book: Book) -> Standing:
    """Find out how a target stands; what is recorded costs one request."""
    release = book.releases.get(target.key)
    if release is not None and await _is_there(target, registry, release):
        return _published(target, release, None)
    found = await registry.manifest(target.path, target.version)
    if isinstance(found, CannotTell):
        return Standing(state=State.UNCLEAR, why=found.why)
    if isinstance(found, Present):
        if release is not None:
            return await _recorded(target, registry, release, found)
        return await _unrecorded(target, registry, ledger, found)
    if release is not None:
        return await _deleted(target, registry, release)
    return await _absent(target, registry, ledger)


async def _recorded(
    target: Target, registry: Registry, release: Release, found: Present
) -> Standing:
    if release.digest != found.digest:
        why = f"`{target}` is {found.digest} and was published as {release.digest}"
        wrong = Standing(state=State.CONFLICT, why=why, manifest=found)
        if _sources(release) != target.sources:
            return wrong
        return await _mended(target, registry, release.digest, wrong, State.DELETED)
    if _sources(release) != target.sources:
        return _differs(target, release, found)
    return _published(target, release, found)


async def _is_there(target: Target, registry: Registry, release: Release) -> bool:
    """Whether there is nothing to do, as the registry says without sending anything."""
    same = _sources(release) == target.sources
    return same and await registry.says(target.path, target.version, release.digest)


def _published(target: Target, release: Release, found: Present | None) -> Standing:
    why = f"{target.version} is published ({_short(release.digest)})"
    return Standing(state=State.PUBLISHED, why=why, manifest=found)


async def _mended(
    target: Target, registry: Registry, digest: str, wrong: Standing, state: State
) -> Standing:
    """The tag has to be set once more, to these bytes; or it is another image: `wrong`."""
    found = wrong.manifest
    meant = await _meant(target, registry, digest, found) if found else None
    if isinstance(meant, CannotTell):
        return Standing(state=State.UNCLEAR, why=meant.why)
    if meant is None:
        return wrong
    why = f"the manifest of {target.version} was changed on its way to the registry"
    return Standing(state=state, why=why, manifest=meant)


def _differs(target: Target, release: Release, found: Present | None) -> Standing:
    told = list(differences(_sources(release), target.sources)) if release.inputs else []
    more = f" and {len(told) - _MOST} more" if len(told) > _MOST else ""
    what = f": {', '.join(told[:_MOST])}{more}"
    why = f"`{target}` is published ({_short(release.digest)}) with other content{what}"
    return Standing(state=State.CONFLICT, why=why, manifest=found)


async def _unrecorded(
    target: Target, registry: Registry, ledger: Records, found: Present
) -> Standing:
    """Published before the ledger knew of it: the image's own label says what it was made from."""
    try:
        contents = await read_contents(registry, target.path, found)
    except StepError as error:
        return Standing(state=State.UNCLEAR, why=str(error), manifest=found)
    if contents.labels.get(SOURCES_LABEL) != target.sources.fingerprint:
        why = f"`{target}` is in the registry ({_short(found.digest)}), made from something else"
        return Standing(state=State.CONFLICT, why=why, manifest=found)
    claim = await asyncio.to_thread(ledger.claimed, target.repository, target.version)
    if claim is not None and claim.digest != found.digest:
        why = f"`{target}` is {found.digest} and was claimed for {claim.digest}"
        wrong = Standing(state=State.CONFLICT, why=why, manifest=found, claim=claim)
        return await _mended(target, registry, claim.digest, wrong, State.CLAIMED)
    why = f"{target.version} is in the registry and not in the ledger"
    return Standing(state=State.UNRECORDED, why=why, manifest=found)


async def _meant(
    target: Target, registry: Registry, digest: str, found: Present
) -> Present | CannotTell | None:
    """What the tag should mean, where `found` is the same image with a manifest that was garbled.

    A registry takes every manifest that looks like one, so a bit that changed on the way there
    makes other bytes of the same image; None where it is another image.
    """
    meant = await registry.manifest(target.path, digest)
    if isinstance(meant, CannotTell):
        return meant
    try:
        same = isinstance(meant, Present) and config_of(meant) == config_of(found)
    except StepError:
        return None
    return meant if isinstance(meant, Present) and same else None


async def _deleted(target: Target, registry: Registry, release: Release) -> Standing:
    """A name that was used comes back with the same bytes, or not at all."""
    found = await registry.manifest(target.path, release.digest)
    if isinstance(found, CannotTell):
        return Standing(state=State.UNCLEAR, why=found.why)
    if _sources(release) != target.sources:
        return _differs(target, release, None)
    if isinstance(found, Present):
        why = f"the tag of {target.version} is gone, its bytes are not"
        return Standing(state=State.DELETED, why=why, manifest=found)
    why = f"`{target}` was published as {release.digest}, and the registry lost it"
    return Standing(state=State.CONFLICT, why=why)


async def _absent(target: Target, registry: Registry, ledger: Records) -> Standing:
    claim = await asyncio.to_thread(ledger.claimed, target.repository, target.version)
    if claim is None:
        return Standing(state=State.ABSENT, why=f"{target.version} is not published")
    if claim.sources != target.sources.fingerprint:
        why = f"`{target}` is claimed for {_short(claim.digest)}, made from something else"
        return Standing(state=State.CONFLICT, why=why, claim=claim)
    found = await registry.manifest(target.path, claim.digest)
    if isinstance(found, CannotTell):
        return Standing(state=State.UNCLEAR, why=found.why, claim=claim)
    if isinstance(found, Present):
        why = f"{target.version} was claimed and not finished"
        return Standing(state=State.CLAIMED, why=why, manifest=found, claim=claim)
    return Standing(state=State.ABSENT, why="claimed, and its bytes are gone", claim=claim)


def highest(book: Book, repository: str, *, stable: bool) -> Release | None:
    """The release with the highest version, as semver.org orders them."""
    ordered = [
        (order, release)
        for release in book.of(repository)
        if (order := versions.order(release.version)) and (order[3] or not stable)
    ]
    return max(ordered, key=lambda pair: pair[0])[1] if ordered else None


def _sources(release: Release) -> Inputs:
    return Inputs.from_json(release.inputs)


def _short(digest: str) -> str:
    return digest[:19]
