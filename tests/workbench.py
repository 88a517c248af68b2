"""A tiny repository and an engine in memory in; its plans, and what building them leaves, out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import monorepos
import repositories
from fakes import FakeEngine

from build_config import build_records
from build_config.buildkit.endpoint import Endpoint
from build_config.cache.planning import plan_caching
from build_config.cache.shared import open_cache
from build_config.cache_settings import CachePlace
from build_config.commands.planning import Planned
from build_config.events import Event, Outcome, StepFinished, StepSkipped
from build_config.image import parse
from build_config.image_labels import Origin
from build_config.performers.choice import performing
from build_config.performers.workshop import Workshop
from build_config.plan import Plan, Present, plan_build
from build_config.repository import load, read_sources
from build_config.sandbox.containers import Containers
from build_config.scheduler import Perform, execute
from build_config.settings import Settings
from build_config.source_inputs import source_inputs
from build_config.steps import Action

NOW = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Workbench:
    """Both, and the way between them that `invoke build` goes.

    Attributes:
        seconds: how long steps took last time, by key.
        cache: that builds go through.
    """

    settings: Settings
    engine: FakeEngine
    seconds: dict[str, float] = field(default_factory=dict)
    cache: CachePlace | None = None

    @classmethod
    def at(cls, root: Path, files: Mapping[str, str], *outside: str, **changes: Any) -> Workbench:
        """With these files, and a registry that has the images `outside`."""
        repositories.write(root, dict(files))
        registry = {parse(name).lookup: _digest(number) for number, name in enumerate(outside)}
        engine = FakeEngine(registry=registry)
        return cls(settings=monorepos.settings(root, **changes), engine=engine)

    def write(self, files: Mapping[str, str]) -> None:
        """Write files, by path below the root."""
        repositories.write(self.settings.root, dict(files))

    def plan(self, *patterns: str, force: bool = False, silent: bool = False) -> Plan:
        """The plan for what the patterns choose; `silent` is an engine that does not answer."""
        return self.planned(*patterns, force=force, silent=silent).plan

    def planned(self, *patterns: str, force: bool = False, silent: bool = False) -> Planned:
        """The plan, and what it was made from."""
        repository = load(self.settings)
        selected = repository.select(patterns)
        wanted = repository.graph.with_dependencies(selected)
        there = (c for c in repository.connectors if c.name in wanted)
        present = Present(
            images=None if silent else dict(self.engine.images),
            sources=read_sources(self.settings.root, there, None),
            remembered=partial(build_records.read, self.settings.state),
            seconds=self.seconds,
        )
        return Planned(
            repository=repository,
            selected=selected,
            plan=plan_build(repository.graph, selected, present, force=force),
            engine=None,
            images=self.engine.images,
            snapshot=None,
            present=present,
        )

    def build(self, *patterns: str, force: bool = False) -> dict[str, str]:
        """Plan and run; how each step ended, by key."""
        events = self.run(self.plan(*patterns, force=force))
        return {
            e.key: e.outcome.value if isinstance(e, StepFinished) else "skipped"
            for e in events
            if isinstance(e, StepFinished | StepSkipped)
        }

    def run(self, plan: Plan) -> list[Event]:
        """Run a plan to its end."""
        place = self.cache
        plan = plan_caching(plan, place)

        @asynccontextmanager
        async def performers() -> AsyncIterator[Perform]:
            async with open_cache(place, self.engine) if place else nullcontext() as cache:
                yield performing(replace(self.workshop(plan), cache=cache))

        return list(execute(plan.steps, performers, jobs=4))

    def workshop(self, plan: Plan) -> Workshop:
        """What the steps of a plan share; nothing here runs a container."""
        return Workshop(
            settings=self.settings,
            plan=plan,
            builder=self.engine,
            containers=Containers(endpoint=Endpoint.parse("unix:///nonexistent/engine.sock")),
            images=dict(self.engine.images),
            origin=Origin(revision=None, changed=frozenset(), source=None, time=NOW),
            sources=source_inputs(plan.builds),
        )

    def all_good(self, *patterns: str) -> None:
        """Build, and see that nothing failed."""
        assert set(self.build(*patterns).values()) <= {Outcome.DONE.value, "skipped"}


def reasons(plan: Plan) -> dict[str, str]:
    """Why each step runs; those that do not run are left out."""
    return {step.key: step.reason for step in plan.work}


def is_sound(plan: Plan) -> bool:
    """Every need stands before, is of this plan, and runs; no key twice."""
    before: dict[str, Action] = {}
    for step in plan.steps:
        if step.key in before or any(before.get(need) is not Action.RUN for need in step.needs):
            return False
        before[step.key] = step.action
    return True


def _digest(number: int) -> str:
    return f"sha256:{number:064x}"
