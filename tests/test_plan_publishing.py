"""Where publishing stands in a plan, what it waits for, and what is left out."""

from __future__ import annotations

from pathlib import Path

import pytest
from monorepos import OURS
from workbench import Workbench, is_sound

from build_config.plan import Plan
from build_config.plan_publishing import Publish, plan_publishing, without_repeated_tests
from build_config.plan_testing import TESTS, plan_tests
from build_config.steps import Action, Kind, Step

NEW = Publish(action=Action.RUN, reason="1.0.0 is not published")
SETTLED = Publish(action=Action.SKIP, reason="1.0.0 is published")
DOOMED = Publish(action=Action.RUN, reason="other content", doomed=True)
ON = {"base-python": (), "source-a": ("base-python",)}
NAMES = frozenset(ON)


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return Workbench.at(tmp_path, OURS, "python:3.11")


def with_tests(bench: Workbench) -> Plan:
    """A plan that builds what is stale of a base and a source on it, and tests both."""
    plan = bench.plan("source-a")
    return plan_tests(plan, NAMES, only=frozenset(TESTS), configured=NAMES, seconds={})


def published(plan: Plan, seconds: dict[str, float] | None = None, **wanted: Publish) -> Plan:
    names = {name.replace("_", "-"): publish for name, publish in wanted.items()}
    made = plan_publishing(plan, names, ON, seconds or {})
    assert made.steps[: len(plan.steps)] == plan.steps
    assert is_sound(made)
    return made


def steps(plan: Plan) -> dict[str, Step]:
    return {step.target: step for step in plan.steps if step.kind is Kind.PUBLISH}


def test_it_comes_after_the_image_its_tests_and_its_bases(bench: Workbench) -> None:
    made = steps(published(with_tests(bench), base_python=NEW, source_a=NEW))
    assert list(made) == ["base-python", "source-a"]
    assert made["base-python"].needs == ("build base-python",)
    assert made["source-a"].needs == (
        "build source-a",
        "acceptance source-a",
        "publish base-python",
    )


def test_it_waits_for_nothing_that_does_not_run(bench: Workbench) -> None:
    bench.all_good()
    plan = without_repeated_tests(with_tests(bench), {"acceptance source-a": "yesterday"})
    assert steps(published(plan, source_a=NEW))["source-a"].needs == ()
    both = steps(published(plan, base_python=SETTLED, source_a=NEW))
    assert both["source-a"].needs == ()


def test_what_is_settled_is_skipped_and_says_why(bench: Workbench) -> None:
    step = steps(published(with_tests(bench), base_python=SETTLED))["base-python"]
    assert (step.action, step.reason, step.needs) == (Action.SKIP, "1.0.0 is published", ())


def test_what_cannot_succeed_waits_for_nothing_and_those_above_it_do(bench: Workbench) -> None:
    made = steps(published(with_tests(bench), base_python=DOOMED, source_a=NEW))
    assert (made["base-python"].action, made["base-python"].needs) == (Action.RUN, ())
    assert "publish base-python" in made["source-a"].needs


def test_how_long_it_took_last_time_is_known(bench: Workbench) -> None:
    plan = with_tests(bench)
    key = "publish base-python"
    assert steps(published(plan, {key: 42.0}, base_python=NEW))["base-python"].seconds == 42.0
    assert steps(published(plan, base_python=NEW))["base-python"].seconds > 0


def test_what_an_image_has_passed_is_not_tested_again_unless_it_is_built(bench: Workbench) -> None:
    passed = {"acceptance source-a": "yesterday"}

    def acceptance() -> Step:
        plan = without_repeated_tests(with_tests(bench), passed)
        assert is_sound(plan)
        return next(step for step in plan.steps if step.key == "acceptance source-a")

    assert acceptance().action is Action.RUN
    bench.all_good()
    assert (acceptance().action, acceptance().reason) == (Action.SKIP, "passed yesterday")
