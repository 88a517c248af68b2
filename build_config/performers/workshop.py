"""What all steps of a run share: one value, made before the first step, read by all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from build_config.engine import Builder, LocalImage
from build_config.fingerprint import Inputs
from build_config.image_labels import Origin
from build_config.plan import Plan
from build_config.sandbox.containers import Containers
from build_config.scheduler import Result
from build_config.settings import Settings
from build_config.steps import Kind

if TYPE_CHECKING:
    from build_config.cache.shared import Cache
    from build_config.publishing.ports import Publications


@dataclass(kw_only=True, slots=True)
class Once:
    """What several steps need, and the first of them starts."""

    _task: asyncio.Task[object] | None = None

    async def done(self, work: Coroutine[object, object, object]) -> None:
        """Wait for the end of the work; it is started unless some has been.

        Raises:
            StepError: it failed, for all who need it.
        """
        if self._task is None:
            self._task = asyncio.ensure_future(work)
        else:
            work.close()
        await self._task


@dataclass(frozen=True, kw_only=True, slots=True)
class Workshop:
    """The plan, the connections to the engine, and where the sources come from.

    Attributes:
        containers: runs connectors, each in a sandbox.
        images: what the engine had before the run, by canonical reference.
        sources: what of each image's inputs is in the repository.
        publications: what is to be published; None where nothing is.
        cache: what other machines built; None where there is none.
        gradle: held while Gradle runs: two at once would write the same jars.
        distributions: the Gradle build of a run with a cache, which is no step of the plan.
    """

    settings: Settings
    plan: Plan
    builder: Builder
    containers: Containers
    images: Mapping[str, LocalImage]
    origin: Origin
    sources: Mapping[str, Inputs]
    publications: Publications | None = None
    cache: Cache | None = None
    gradle: asyncio.Lock = field(default_factory=asyncio.Lock)
    distributions: Once = field(default_factory=Once)

    def image_id(self, name: str, results: Mapping[str, Result]) -> str:
        """What the engine calls a connector's image, built in this run or before it; else empty."""
        built = results.get(f"{Kind.BUILD} {name}")
        image = self.images.get(self.plan.builds[name].connector.image.canonical)
        return built.id if built else image.id if image else ""
