"""How good the order of the scheduler is, by a clock that jumps."""

from __future__ import annotations

import pytest
from simulated_builds import Builds, random_builds

from build_config.steps import Action, Kind, Step

WORKERS = (2, 4, 8, 16, 32)


def builds(**needs: str) -> Builds:
    """Builds of 60 seconds each; every value names what its key stands on."""
    steps = tuple(
        Step(
            kind=Kind.BUILD,
            target=name,
            action=Action.RUN,
            reason="x",
            needs=tuple(f"build {base}" for base in below.split()),
        )
        for name, below in needs.items()
    )
    return Builds(steps=steps, seconds=dict.fromkeys((step.key for step in steps), 60.0))


def test_virtual_time_is_exact() -> None:
    chain = builds(a="", b="a", c="b")
    assert chain.makespan(8) == pytest.approx(180)
    assert builds(a="", b="", c="").makespan(2) == pytest.approx(120)
    assert chain.least(8) == 180
    assert builds(a="", b="", c="").least(2) == 90


@pytest.mark.parametrize("seed", range(3))
def test_six_hundred_builds_take_little_more_than_they_must(seed: int) -> None:
    random = random_builds(600, seed=seed)
    ratios = {workers: random.makespan(workers) / random.least(workers) for workers in WORKERS}
    assert max(ratios.values()) <= 1.1, ratios
    assert min(ratios.values()) >= 1 - 1e-9, ratios


@pytest.mark.parametrize("workers", WORKERS)
def test_no_belief_about_durations_costs_more_than_twice_the_least(workers: int) -> None:
    """Graham's bound: it holds for every order that leaves no place free while something waits."""
    upside_down = random_builds(600, seed=7).believed(lambda seconds: 1 / seconds)
    assert upside_down.makespan(workers) <= 2 * upside_down.least(workers)
