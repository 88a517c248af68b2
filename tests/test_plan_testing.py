"""Where tests stand in a plan, and who has none."""

from __future__ import annotations

from pathlib import Path

import pytest
from monorepos import OURS
from workbench import Workbench, is_sound

from build_config.plan import Plan
from build_config.plan_testing import TESTS, plan_tests
from build_config.steps import Action, Kind, Step

CONFIGURED = frozenset({"source-a", "base-python"})


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return Workbench.at(tmp_path, OURS, "python:3.11")


def added(
    plan: Plan,
    *selected: str,
    only: tuple[Kind, ...] = TESTS,
    seconds: dict[str, float] | None = None,
) -> dict[str, Step]:
    """The steps that were added, by key."""
    planned = plan_tests(
        plan,
        frozenset(selected),
        only=frozenset(only),
        configured=CONFIGURED,
        seconds=seconds or {},
    )
    assert planned.steps[: len(plan.steps)] == plan.steps
    assert is_sound(planned)
    return {step.key: step for step in planned.steps[len(plan.steps) :]}


def test_what_it_only_stands_on_is_not_tested(bench: Workbench) -> None:
    assert added(bench.plan("source-a"), "source-a").keys() == {
        "unit source-a",
        "acceptance source-a",
    }


def test_tests_wait_for_the_image_that_is_built(bench: Workbench) -> None:
    assert added(bench.plan(), "source-a")["acceptance source-a"].needs == ("build source-a",)
    bench.all_good()
    assert added(bench.plan(), "source-a")["acceptance source-a"].needs == ()


def test_only_the_kinds_that_are_asked_for(bench: Workbench) -> None:
    assert added(bench.plan(), "source-a", only=(Kind.UNIT,)).keys() == {"unit source-a"}


def test_a_project_of_the_gradle_build_has_tests_even_if_its_image_takes_nothing_of_it(
    bench: Workbench,
) -> None:
    base = "connectors/bases/base-python"
    bench.write(
        {f"{base}/build.gradle": "\n", f"{base}/src/main/java/Base.java": "class Base {}\n"}
    )
    plan = bench.plan("base-python")
    assert not plan.builds["base-python"].connector.gradle
    assert added(plan, "base-python")["unit base-python"].action is Action.RUN


def test_who_cannot_be_tested_is_skipped_with_the_reason(bench: Workbench) -> None:
    steps = added(bench.plan(), "source-a", "destination-b", "base-python")
    reasons = {key: step.reason for key, step in steps.items() if step.action is Action.SKIP}
    assert reasons == {
        "unit source-a": "its Dockerfile has no stage `test`",
        "unit destination-b": "its Dockerfile has no stage `test`",
        "unit base-python": "its Dockerfile has no stage `test`",
        "acceptance destination-b": "it has no `acceptance-test-config.yml`",
        "acceptance base-python": "a base speaks no protocol",
    }


def test_a_stage_of_that_name_has_the_unit_tests(bench: Workbench) -> None:
    dockerfile = (
        "FROM connectoryard/base-python:dev AS package\nFROM package AS test\nFROM package\n"
    )
    bench.write({"connectors/source-a/Dockerfile": dockerfile})
    assert added(bench.plan(), "source-a")["unit source-a"].action is Action.RUN


def test_how_long_it_took_last_time_is_known(bench: Workbench) -> None:
    key = "acceptance source-a"
    assert added(bench.plan(), "source-a", seconds={key: 42.0})[key].seconds == 42.0
    assert added(bench.plan(), "source-a")[key].seconds > 0
