"""A plan that builds in, the same plan for a run with a shared cache out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from build_config.cache_settings import CachePlace
from build_config.plan import Plan
from build_config.steps import Action, Kind, Step


def plan_caching(plan: Plan, cache: CachePlace | None) -> Plan:
    """Let images start without Gradle, and have what was built put into the cache.

    The first image that is not in the cache and needs Gradle starts it: whether there is one is
    known only when the bases are here.

    Args:
        plan: of the run.
        cache: where it is; None leaves the plan as it is. What is built goes there, if it may be
            written to, and nothing waits for that.
    """
    if cache is None:
        return plan
    steps = list(_without_gradle(plan))
    if cache.write:
        steps += [_share(step) for step in plan.images]
    return replace(plan, steps=tuple(steps))


def _without_gradle(plan: Plan) -> Iterator[Step]:
    for step in plan.steps:
        if step.kind is not Kind.GRADLE:
            needs = (key for key in step.needs if not key.startswith(f"{Kind.GRADLE} "))
            yield replace(step, needs=tuple(needs))


def _share(build: Step) -> Step:
    return Step(
        kind=Kind.SHARE,
        target=build.target,
        action=Action.RUN,
        reason="for the shared cache",
        needs=(build.key,),
    )
