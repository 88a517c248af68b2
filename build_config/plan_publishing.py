"""A plan that builds and tests in, the same plan with what is to be published out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from build_config.plan import Plan
from build_config.steps import Action, Kind, Step

_GUESS = 5.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Publish:
    """What a plan has to know of one target.

    Attributes:
        action: whether there is anything left to do.
        reason: why, for a person.
        doomed: it cannot succeed, so that nothing has to be built for it.
    """

    action: Action
    reason: str
    doomed: bool = False


def plan_publishing(
    plan: Plan,
    wanted: Mapping[str, Publish],
    dependencies: Mapping[str, tuple[str, ...]],
    seconds: Mapping[str, float],
) -> Plan:
    """Add a step for each target: after its image, its tests, and the bases it stands on.

    Args:
        plan: that builds and tests what is not published yet.
        wanted: by name, bases before what stands on them.
        dependencies: of each image, those it stands on.
        seconds: step key -> how long it took last time.
    """
    runs = {step.key for step in plan.work}
    publishes = {f"{Kind.PUBLISH} {n}" for n, w in wanted.items() if w.action is Action.RUN}
    steps = []
    for name, publish in wanted.items():
        own = [f"{kind} {name}" for kind in (Kind.BUILD, Kind.UNIT, Kind.ACCEPTANCE)]
        below = [f"{Kind.PUBLISH} {base}" for base in dependencies[name]]
        needs = tuple(key for key in (*own, *below) if key in runs | publishes)
        key = f"{Kind.PUBLISH} {name}"
        steps.append(
            Step(
                kind=Kind.PUBLISH,
                target=name,
                action=publish.action,
                reason=publish.reason,
                needs=() if publish.doomed or publish.action is Action.SKIP else needs,
                seconds=seconds.get(key, _GUESS),
            )
        )
    return replace(plan, steps=(*plan.steps, *steps))


def without_repeated_tests(plan: Plan, passed: Mapping[str, str]) -> Plan:
    """Skip the tests that this very image has passed.

    Args:
        plan: with tests.
        passed: step key -> when, of images that are not built in this run.
    """
    built = {step.target for step in plan.images}
    steps = tuple(
        replace(step, action=Action.SKIP, reason=f"passed {passed[step.key]}", needs=())
        if step.key in passed and step.target not in built
        else step
        for step in plan.steps
    )
    return replace(plan, steps=steps)
