"""How long the scheduler takes for simulated builds, in virtual seconds: nothing is built."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from types import MappingProxyType

from bench import Bench
from figures import Figure, Samples
from simulated_builds import Builds, random_builds

from build_config.step_order import usual_seconds
from build_config.steps import Kind

_IMAGES = 600
_WORKERS = (2, 4, 8, 16, 32)
_SHAKEN_WORKERS = 8
_GRAPHS = 20
_MOST_RATIO = 1.1
_OFF = 4

_BELIEFS: Mapping[str, Callable[[random.Random, float, float], float]] = MappingProxyType(
    {
        f"durations wrong by a factor of up to {_OFF}": (
            lambda chance, _, seconds: seconds * _OFF ** chance.uniform(-1, 1)
        ),
        "half of the durations unknown": (
            lambda chance, usual, seconds: chance.choice((seconds, usual))
        ),
        "no duration known": lambda _, usual, __: usual,
    }
)
"""What the scheduler may believe instead of the truth; there is no bar for that.

Of a random number, of what is usual, and of the seconds that a build really takes.
"""


def measure(bench: Bench) -> Iterator[Figure]:
    """Compare it with what no order can beat; see `Builds.least`."""
    del bench  # nothing here is anybody's machine
    graphs = [random_builds(_IMAGES, seed=seed) for seed in range(_GRAPHS)]
    for workers in _WORKERS:
        yield _figure("durations known", graphs, workers, most_ratio=_MOST_RATIO)
    for belief, believe in _BELIEFS.items():
        chance = random.Random(belief)  # noqa: S311 - repeatable on purpose
        believed = [
            builds.believed(partial(believe, chance, usual_seconds(Kind.BUILD, builds.seconds, 0)))
            for builds in graphs
        ]
        yield _figure(belief, believed, _SHAKEN_WORKERS)


def _figure(
    what: str, graphs: Sequence[Builds], workers: int, most_ratio: float | None = None
) -> Figure:
    return Figure(
        what=f"{_IMAGES} simulated builds, {workers} at a time, {what}",
        measured=Samples(values=tuple(builds.makespan(workers) for builds in graphs)),
        against="the longest chain, or all the work evenly shared",
        reference=Samples(values=tuple(builds.least(workers) for builds in graphs)),
        most_ratio=most_ratio,
        unit="virtual s",
    )
