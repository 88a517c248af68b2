"""A plan that builds in, the same plan with the tests of what was selected out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from build_config.connector import Connector
from build_config.connector import Kind as ImageKind
from build_config.plan import Plan
from build_config.step_order import usual_seconds
from build_config.steps import Action, Kind, Step

TEST_STAGE = "test"
"""The stage of a Dockerfile whose image, when run, runs the connector's own tests."""

STAGE_LABEL = "dev.connectoryard.stage"
"""On an image of that stage, its name: without it nobody could tell whose it was."""

TESTS = (Kind.UNIT, Kind.ACCEPTANCE)
_GUESS = {Kind.UNIT: 10.0, Kind.ACCEPTANCE: 20.0}


def plan_tests(
    plan: Plan,
    selected: frozenset[str],
    *,
    only: frozenset[Kind],
    configured: frozenset[str],
    seconds: Mapping[str, float],
) -> Plan:
    """Add the tests of `selected`: each waits for its image, where that is built in this run.

    Args:
        plan: that brings the images up to date.
        selected: names; what they only stand on is built and not tested.
        only: the kinds of tests that are asked for.
        configured: connectors with an `acceptance-test-config.yml`.
        seconds: step key -> how long it took last time.
    """
    usual = {kind: usual_seconds(kind, seconds, _GUESS[kind]) for kind in TESTS}
    steps = list(plan.steps)
    built = {step.target: step for step in plan.images}
    for name, build in plan.builds.items():
        if name in selected:
            for kind in TESTS:
                if kind in only:
                    step = _step(kind, build.connector, configured)
                    took = seconds.get(step.key, usual[kind])
                    steps.append(_waiting(step, built.get(name), took))
    return replace(plan, steps=tuple(steps))


def _waiting(step: Step, build: Step | None, seconds: float) -> Step:
    needs = (build.key,) if build and step.action is Action.RUN else ()
    return replace(step, needs=needs, seconds=seconds)


def _step(kind: Kind, connector: Connector, configured: frozenset[str]) -> Step:
    missing = what_is_missing(kind, connector, configured=connector.name in configured)
    return Step(
        kind=kind,
        target=connector.name,
        action=Action.SKIP if missing else Action.RUN,
        reason=missing or "selected",
    )


def what_is_missing(kind: Kind, connector: Connector, *, configured: bool) -> str | None:
    """Why a connector has no tests of this kind; None when it has.

    Args:
        kind: unit or acceptance.
        connector: whose tests.
        configured: it has an `acceptance-test-config.yml`.
    """
    if kind is Kind.UNIT:
        has = TEST_STAGE in connector.dockerfile.stages or connector.gradle_project
        return None if has else f"its Dockerfile has no stage `{TEST_STAGE}`"
    if connector.kind is ImageKind.BASE:
        return "a base speaks no protocol"
    return None if configured else "it has no `acceptance-test-config.yml`"
