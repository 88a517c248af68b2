"""An image that is wanted in, the same from the registry that machines share out, or why not.

Nothing is believed that was not looked at: the manifest and the config are hashed, the config has
to have the labels of what is wanted, and what the engine then pulled by digest is looked at again
before it gets the name of the image.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from build_config.cache.transfer import Transfer
from build_config.cache.wanted import Missed, Taken, Wanted
from build_config.cache_settings import CachePlace
from build_config.engine import Builder, Tell
from build_config.errors import EngineUnavailableError, StepError, UnclearError, YardError
from build_config.image import InvalidReferenceError, Reference, parse
from build_config.publishing.contents import Contents, read_contents
from build_config.registry.answers import CannotTell, Present
from build_config.registry.client import Registry, connect
from build_config.registry.patience import SLOWEST, Budget


@dataclass(frozen=True, kw_only=True, slots=True)
class _Found:
    manifest: Present
    contents: Contents


@asynccontextmanager
async def open_cache(place: CachePlace, builder: Builder) -> AsyncIterator[Cache]:
    """The cache, for the steps of a run; nothing is asked before the first of them.

    Args:
        place: where it is.
        builder: the engine of the run.
    """
    budget = Budget(total=place.patience, call=place.patience)
    platform = await builder.platform()
    async with connect(place.registry, budget=budget) as registry:
        yield Cache(place, registry, builder, platform)


class Cache:
    """An open cache; serves all steps of a run at the same time.

    A cache that did not answer, or with what cannot be believed, is not asked again in this run;
    who was the first to find out says so.
    """

    def __init__(
        self, place: CachePlace, registry: Registry, builder: Builder, platform: str
    ) -> None:
        self._place = place
        self._registry = registry
        self._builder = builder
        self._platform = platform
        self._trouble = ""
        self._refusal = ""

    async def take(self, wanted: Wanted, tell: Tell) -> Taken | Missed:
        """Fetch it, and give it its name; never raises because of the cache."""
        if self._trouble:
            return Missed()
        tell.activity("asking the cache")
        try:
            found = await self._find(wanted)
            return await self._fetch(found, wanted, tell) if found else Missed()
        except UnclearError as error:
            return Missed(why=self._give_up(error))
        except (YardError, InvalidReferenceError) as error:
            return Missed(why=f"not taken from the cache: {error}")

    async def put(self, wanted: Wanted, image_id: str, tell: Tell) -> str:
        """Have it there for others, unless one is; how that went, in a few words."""
        if self._trouble or self._refusal:
            return "nothing is put into the cache any more"
        try:
            if await self._manifest(wanted):
                return "it was there"
            tag = wanted.tag(self._platform)
            await self._builder.push(image_id, self._in(wanted).name, tag, tell)
        except (YardError, InvalidReferenceError) as error:
            self._refusal = str(error)
            return f"not put into the cache: {error}"
        return ""

    async def _find(self, wanted: Wanted) -> _Found | None:
        """What the cache has, if it may be taken; None where it has nothing.

        Raises:
            UnclearError: it did not answer.
            StepError: it has something else.
        """
        manifest = await self._manifest(wanted)
        if manifest is None:
            return None
        contents = await read_contents(self._registry, self._in(wanted).path, manifest)
        why = wanted.differs(contents.labels)
        if contents.platform != self._platform:
            why = f"it is for {contents.platform}, not {self._platform}"
        if why:
            raise StepError(why)
        return _Found(manifest=manifest, contents=contents)

    async def _fetch(self, found: _Found, wanted: Wanted, tell: Tell) -> Taken:
        """Pull it by its digest, look at it, and only then give it its name."""
        name = f"{self._in(wanted).name}@{found.manifest.digest}"
        seconds = self._place.patience + found.contents.size / SLOWEST
        limit = asyncio.timeout(seconds)
        transfer = Transfer(tell=tell, limit=limit)
        try:
            async with limit:
                image = await self._builder.pull(name, transfer, silence=self._place.patience)
        except (TimeoutError, EngineUnavailableError) as error:
            if transfer.is_broken:
                raise StepError(f"the layers of `{name}` do not arrive") from error
            raise UnclearError(f"the pull of `{name}` got stuck") from error
        try:
            # an engine names an image by its config, or (containerd image store) by its manifest
            if image.id not in {found.contents.config, found.manifest.digest}:
                raise StepError(f"what was pulled is {image.id[:19]}")
            why = wanted.differs(image.labels)
            if why:
                raise StepError(why)
            await self._builder.tag(image.id, wanted.connector.image.canonical)
        finally:
            with suppress(YardError):
                await self._builder.untag(name)
        return Taken(id=image.id, size=transfer.size)

    async def _manifest(self, wanted: Wanted) -> Present | None:
        """What stands there under its tag.

        Raises:
            UnclearError: the cache did not answer.
        """
        tag = wanted.tag(self._platform)
        answer = await self._registry.manifest(self._in(wanted).path, tag)
        if isinstance(answer, CannotTell):
            raise UnclearError(answer.why)
        return answer if isinstance(answer, Present) else None

    def _in(self, wanted: Wanted) -> Reference:
        return parse(f"{self._place.registry}/{wanted.connector.name}")

    def _give_up(self, error: Exception) -> str:
        """What to say; nothing where another step has said it."""
        is_news = not self._trouble
        self._trouble = str(error)
        return f"the cache is not asked any more: {error}" if is_news else ""
