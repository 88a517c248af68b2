"""The highest stable release of an image in, the tag `latest` on it out: never downwards."""

from __future__ import annotations

import asyncio

from build_config import versions
from build_config.discovery import VERSION_LABEL
from build_config.errors import StepError, UnclearError
from build_config.ledger import Book
from build_config.publishing.contents import read_contents
from build_config.publishing.standing import highest
from build_config.publishing.target import Target
from build_config.publishing.turn import Turn, Turns
from build_config.registry.answers import Absent, CannotTell, Present
from build_config.registry.client import Registry
from build_config.release import Release

LATEST = "latest"


async def settle_latest(target: Target, registry: Registry, book: Book, turns: Turns) -> str:
    """Have `latest` be the highest stable release; what was done, in a few words.

    Raises:
        UnclearError: the registry or the ledger did not say.
        StepError: the registry refused.
    """
    release = highest(book, target.repository, stable=True)
    if release is None:
        return "no stable version, so no `latest`"
    if await registry.says(target.path, LATEST, release.digest):
        return f"`latest` is {release.version}"
    async with turns.turn() as turn:
        # whoever had the turn before us may have published a higher one meanwhile
        now = await asyncio.to_thread(turns.ledger.read, book)
        release = highest(now, target.repository, stable=True) or release
        return await _point(target, registry, release, turn)


async def is_settled(target: Target, registry: Registry, book: Book) -> bool:
    """Whether `latest` is what it should be, or a higher version that was not published by us.

    Raises:
        UnclearError: the registry did not give the config of what `latest` is.
    """
    release = highest(book, target.repository, stable=True)
    if release is None or await registry.says(target.path, LATEST, release.digest):
        return True
    now = await registry.manifest(target.path, LATEST)
    if not isinstance(now, Present):
        return False
    return now.digest == release.digest or await _is_higher(target, registry, now, release)


async def _point(target: Target, registry: Registry, release: Release, turn: Turn) -> str:
    now = await registry.manifest(target.path, LATEST)
    if isinstance(now, CannotTell):
        raise UnclearError(now.why, hint="the same command again")
    if isinstance(now, Present) and now.digest == release.digest:
        return f"`latest` is {release.version}"
    if isinstance(now, Present) and await _is_higher(target, registry, now, release):
        return "`latest` is a higher version that the ledger does not know: left as it is"
    manifest = await registry.manifest(target.path, release.digest)
    if not isinstance(manifest, Present):
        why = "its bytes are gone" if isinstance(manifest, Absent) else manifest.why
        raise UnclearError(f"`latest` cannot be {release.version}: {why}")
    turn.still_ours()
    await registry.put_manifest(target.path, LATEST, manifest)
    found = await registry.read_back(target.path, LATEST, release.digest)
    if not isinstance(found, Present) or found.digest != release.digest:
        raise UnclearError(f"`latest` was written, and does not read as {release.version}")
    return f"`latest` is now {release.version}"


async def _is_higher(target: Target, registry: Registry, now: Present, release: Release) -> bool:
    """Whether what `latest` is says of itself that it is a higher version."""
    try:
        contents = await read_contents(registry, target.path, now)
    except UnclearError:
        raise
    except StepError:
        return False  # no image of ours
    ours = versions.order(release.version)
    theirs = versions.order(contents.labels.get(VERSION_LABEL, ""))
    return bool(ours and theirs and theirs[3] and theirs > ours)
