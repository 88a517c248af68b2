"""How long the scheduler takes for simulated builds, in virtual seconds: nothing is built."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from bench import Bench
from figures import Figure, Samples
from simulated_builds import Builds, random_builds

_IMAGES = 600
_WORKERS = (2, 4, 8, 16, 32)
_GRAPHS = 20
_MOST_RATIO = 1.1
_OFF = 4
_UNKNOWN = 1.0
_KNOWN = "durations known"

_BELIEFS: Mapping[str, Callable[[Builds, random.Random], Builds]] = MappingProxyType(
    {
        _KNOWN: lambda builds, _: builds,
        f"durations wrong by a factor of up to {_OFF}": lambda builds, chance: builds.believed(
            lambda seconds: seconds * _OFF ** chance.uniform(-1, 1)
        ),
        "half of the durations unknown": lambda builds, chance: builds.believed(
            lambda seconds: chance.choice((seconds, _UNKNOWN))
        ),
        "no duration known": lambda builds, _: builds.believed(lambda _: _UNKNOWN),
    }
)
"""What the scheduler believes about builds; only the first has a bar."""


def measure(bench: Bench) -> Iterator[Figure]:
    """Compare it with what no order can beat; see `Builds.least`."""
    del bench  # nothing here is anybody's machine
    graphs = [random_builds(_IMAGES, seed=seed) for seed in range(_GRAPHS)]
    for belief, believing in _BELIEFS.items():
        chance = random.Random(belief)  # noqa: S311 - repeatable on purpose
        believed = [believing(builds, chance) for builds in graphs]
        for workers in _WORKERS:
            yield Figure(
                what=f"{_IMAGES} simulated builds, {workers} at a time, {belief}",
                measured=Samples(values=tuple(builds.makespan(workers) for builds in believed)),
                against="the longest chain, or all the work evenly shared",
                reference=Samples(values=tuple(builds.least(workers) for builds in believed)),
                most_ratio=_MOST_RATIO if belief == _KNOWN else None,
                unit="virtual s",
            )
