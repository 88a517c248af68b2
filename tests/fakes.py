"""Stand-ins written by hand; mypy holds each to the Protocol that it stands in for."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from memory_registry import MemoryRegistry, config_of, digest

from build_config.acceptance.case import CaseResult
from build_config.engine import Builder, ImageBuild, LocalImage, Tell
from build_config.errors import EngineUnavailableError, StepError
from build_config.image import parse
from build_config.scheduler import Perform, Result
from build_config.steps import Step


@dataclass(kw_only=True, slots=True)
class Told:
    """A `Tell` that remembers what was said."""

    lines: list[str] = field(default_factory=list)
    activities: list[tuple[str, int | None, int | None]] = field(default_factory=list)
    phases: list[tuple[str, float, bool]] = field(default_factory=list)
    cases: list[CaseResult] = field(default_factory=list)

    def activity(self, text: str, current: int | None = None, total: int | None = None) -> None:
        """See `engine.Tell.activity`."""
        self.activities.append((text, current, total))

    def line(self, text: str) -> None:
        """See `engine.Tell.line`."""
        self.lines.append(text)

    def phase(self, name: str, seconds: float, *, cached: bool = False) -> None:
        """See `engine.Tell.phase`."""
        self.phases.append((name, seconds, cached))

    def case(self, case: CaseResult) -> None:
        """See `engine.Tell.case`."""
        self.cases.append(case)


@dataclass(kw_only=True, slots=True)
class FakeEngine:
    """An engine in memory, and a `Builder` for it: as strict as the real one about what is there.

    Attributes:
        images: what it has, by canonical reference.
        registry: what it can pull, by canonical reference -> digest.
        builds: every build that succeeded, in the order in which they ended.
        contexts: reference -> all bytes of the context that came with the last build.
        broken: references whose build fails, with what the engine says.
        configs: by id, of what it has built; no two builds give the same.
        shared: a registry to push to, and to pull by digest from.
        stuck: a pull from there gives no news.
    """

    images: dict[str, LocalImage] = field(default_factory=dict)
    registry: dict[str, str] = field(default_factory=dict)
    builds: list[ImageBuild] = field(default_factory=list)
    contexts: dict[str, bytes] = field(default_factory=dict)
    broken: dict[str, StepError] = field(default_factory=dict)
    configs: dict[str, bytes] = field(default_factory=dict)
    shared: MemoryRegistry | None = None
    stuck: bool = False

    async def build(self, build: ImageBuild, tell: Tell) -> str:
        """See `engine.Builder.build`."""
        context = b"".join(build.context())
        tell.activity("building")
        await asyncio.sleep(0)
        if build.tag in self.broken:
            raise self.broken[build.tag]
        self.builds.append(build)
        self.contexts[build.tag] = context
        config = config_of(uuid.uuid4().hex, build.labels)
        self.configs[digest(config)] = config
        image = LocalImage(id=digest(config), labels=build.labels)
        self.images[build.tag] = image
        return image.id

    async def pull(self, reference: str, tell: Tell, *, silence: float | None = None) -> LocalImage:
        """See `engine.Builder.pull`."""
        tell.activity("pulling")
        await asyncio.sleep(0)
        wanted = parse(reference).lookup
        if self.stuck:
            raise EngineUnavailableError(f"no news for {silence} s")
        if self.shared and wanted.startswith(self.shared.host):
            return self._pull_shared(self.shared, wanted)
        if wanted not in self.registry:
            raise StepError(f"`{reference}` cannot be pulled: not found")
        image = LocalImage(id=f"sha256:{wanted}", labels={}, digest=self.registry[wanted])
        self.images[wanted] = image
        return image

    def _pull_shared(self, shared: MemoryRegistry, wanted: str) -> LocalImage:
        name = parse(wanted)
        found = json.loads(shared.manifest(name.path, str(name.digest)))["config"]["digest"]
        labels = json.loads(shared.blobs[found])["config"]["Labels"]
        self.images[wanted] = LocalImage(id=found, labels=labels, digest=name.digest)
        return self.images[wanted]

    async def push(self, image_id: str, repository: str, tag: str, tell: Tell) -> str:
        """See `engine.Builder.push`."""
        tell.activity("pushing")
        await asyncio.sleep(0)
        if self.shared is None:
            raise StepError(f"`{repository}:{tag}` cannot be pushed: denied")
        return self.shared.push(parse(repository).path, tag, config=self.configs[image_id])

    async def tag(self, image_id: str, reference: str) -> None:
        """See `engine.Builder.tag`."""
        await asyncio.sleep(0)
        found = next(image for image in self.images.values() if image.id == image_id)
        self.images[parse(reference).lookup] = replace(found, digest=None)

    async def untag(self, reference: str) -> None:
        """See `engine.Builder.untag`."""
        await asyncio.sleep(0)
        del self.images[parse(reference).lookup]

    async def platform(self) -> str:
        """See `engine.Builder.platform`."""
        await asyncio.sleep(0)
        return "linux/amd64"

    async def inspect(self, image: str) -> Mapping[str, Any]:
        """See `engine.Builder.inspect`; no more than the tests ask for."""
        await asyncio.sleep(0)
        wanted = parse(image).lookup
        if wanted not in self.images:
            raise EngineUnavailableError(f"there is no image `{image}`")
        found = self.images[wanted]
        return {"Id": found.id, "Config": {"Labels": dict(found.labels)}}

    def built(self) -> list[str]:
        """Names of the images in the order in which they were built."""
        return [parse(build.tag).path.rpartition("/")[2] for build in self.builds]


Act = Callable[[Step, Mapping[str, Result], Tell], Awaitable[Result]]


@dataclass(kw_only=True, slots=True)
class Stage:
    """Performers for the scheduler that play a part for each step, and keep the score.

    Attributes:
        parts: by key of a step; a step without one succeeds after one turn of the loop.
        begun: keys in the order in which they began.
        most: the most that were on stage at a time.
        closed: whether it was closed again.
    """

    parts: Mapping[str, Act] = field(default_factory=dict)
    begun: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    most: int = 0
    opened: int = 0
    closed: int = 0
    _now: int = 0

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Perform]:
        """What `execute` opens before the first step."""
        self.opened += 1
        try:
            yield self.perform
        finally:
            self.closed += 1

    async def perform(self, step: Step, results: Mapping[str, Result], tell: Tell) -> Result:
        """Play the part of this step."""
        self.begun.append(step.key)
        self._now += 1
        self.most = max(self.most, self._now)
        try:
            if step.key in self.parts:
                return await self.parts[step.key](step, results, tell)
            await asyncio.sleep(0)
            return Result(token=f"token of {step.key}")
        finally:
            self._now -= 1
            self.ended.append(step.key)


def held_by_mypy(engine: FakeEngine, told: Told, stage: Stage) -> tuple[Builder, Tell, Perform]:
    """Type checks only while the fakes keep to the Protocols."""
    return engine, told, stage.perform
