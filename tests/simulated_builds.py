"""Seconds that builds take in, how long the scheduler takes for all of them out, without waiting.

The scheduler is the real one; only the clock of its event loop is not: where the loop would sleep,
it jumps to the moment at which something happens.
"""

from __future__ import annotations

import asyncio
import random
import selectors
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from build_config.engine import Tell
from build_config.events import StepFinished
from build_config.scheduler import Perform, Result, execute
from build_config.step_order import critical_path
from build_config.steps import Action, Kind, Step

_MEDIAN_SECONDS = 12.0


class _Jumping(selectors.DefaultSelector):
    """Never waits; `now` is when it would have returned."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.now += timeout or 0
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop that is never late and never sleeps."""

    def __init__(self) -> None:
        """Begin at 0."""
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Virtual seconds since the beginning."""
        return self._jumping.now


@dataclass(frozen=True, kw_only=True, slots=True)
class Builds:
    """Builds of a repository where nothing is up to date.

    Attributes:
        steps: bases first; their `seconds` are what the scheduler believes.
        seconds: what each really takes, by key.
    """

    steps: tuple[Step, ...]
    seconds: Mapping[str, float]

    def believed(self, guess: Callable[[float], float]) -> Builds:
        """The same builds, of which the scheduler believes something else than what is true."""
        steps = (replace(step, seconds=guess(self.seconds[step.key])) for step in self.steps)
        return Builds(steps=tuple(steps), seconds=self.seconds)

    def least(self, workers: int) -> float:
        """Seconds that no order can beat: the longest chain, or all the work evenly shared."""
        chains = critical_path({step.key: step for step in self.believed(float).steps})
        return max(*chains.values(), sum(self.seconds.values()) / workers)

    def makespan(self, workers: int) -> float:
        """Virtual seconds until the scheduler has done them all."""
        events = execute(self.steps, self._performing, jobs=workers, new_loop=VirtualLoop)
        return max(event.at for event in events if isinstance(event, StepFinished))

    @asynccontextmanager
    async def _performing(self) -> AsyncIterator[Perform]:
        yield self._perform

    async def _perform(self, step: Step, results: Mapping[str, Result], tell: Tell) -> Result:
        del results, tell
        await asyncio.sleep(self.seconds[step.key])
        return Result()


def random_builds(count: int, *, seed: int) -> Builds:
    """A repository like ours: few bases, some on others, and many images on the popular ones.

    The durations are log-normal with a heavy tail: most images take seconds, a few many minutes.
    """
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
    bases = chance.randint(8, 32)
    alone, tail = chance.uniform(0, 0.4), chance.uniform(0.8, 1.5)
    needs: dict[str, tuple[str, ...]] = {}
    for number in range(count):
        known = list(needs)[:bases]
        share = 0.25 if number < bases else alone
        stands = known and chance.random() >= share
        # a Pareto distribution: each base has about half as many dependents as the one before it
        place = min(int(chance.paretovariate(1)) - 1, len(known) - 1)
        below = {known[place]} if stands else set()
        if stands and chance.random() < 0.1:  # `COPY --from=` another
            below.add(chance.choice(known))
        needs[f"image-{number}"] = tuple(sorted(below))
    steps = tuple(_step(name, below) for name, below in needs.items())
    took = {step.key: _MEDIAN_SECONDS * chance.lognormvariate(0, tail) for step in steps}
    return Builds(steps=steps, seconds=took).believed(float)


def _step(name: str, below: tuple[str, ...]) -> Step:
    needs = tuple(f"{Kind.BUILD} {base}" for base in below)
    return Step(
        kind=Kind.BUILD, target=name, action=Action.RUN, reason="not built yet", needs=needs
    )
