"""What was measured in, figures out: medians, spreads, and ratios to what was measured beside."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

Arm = Callable[[], float]
"""Does a thing once; gives the seconds it took, preparations not counted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Samples:
    """What was measured, in the order of the rounds; seconds, megabytes or ratios."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The one in the middle: a round that was disturbed does not move it."""
        return median(self.values)

    @property
    def low(self) -> float:
        """The smallest."""
        return min(self.values)

    @property
    def high(self) -> float:
        """The largest."""
        return max(self.values)

    def over(self, other: Samples) -> Samples:
        """Ratios, round by round: what slowed the machine down slowed both."""
        pairs = zip(self.values, other.values, strict=True)
        return Samples(values=tuple(mine / theirs for mine, theirs in pairs))


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One line of the table.

    Attributes:
        what: was measured.
        measured: what it took, in `unit`.
        against: what it is compared with, in words.
        reference: what that took, in the same rounds.
        most_ratio: what the ratio may be at most; None for no bar.
        most: what it may take at most, on an idle machine; None for no bar.
        unit: of both.
        remark: what the numbers do not say.
    """

    what: str
    measured: Samples
    against: str
    reference: Samples
    most_ratio: float | None = None
    most: float | None = None
    unit: str = "s"
    remark: str = ""

    @property
    def ratio(self) -> Samples:
        """Ours over the other."""
        return self.measured.over(self.reference)

    @property
    def is_met(self) -> bool:
        """Whether the medians stay below the bars."""
        small = self.most_ratio is None or self.ratio.median <= self.most_ratio
        little = self.most is None or self.measured.median <= self.most
        return small and little


def timed(action: Callable[[], object]) -> Arm:
    """An arm of an action that needs no preparation."""

    def arm() -> float:
        begin = time.perf_counter()
        action()
        return time.perf_counter() - begin

    return arm


def together(*arms: Arm) -> Arm:
    """One after the other; their seconds add up."""
    return lambda: sum(arm() for arm in arms)


def alternate(arms: Mapping[str, Arm], *, rounds: int, warm_up: bool = False) -> dict[str, Samples]:
    """Take turns, so that a machine that gets busier is busier for all of them."""
    if warm_up:
        for arm in arms.values():
            arm()
    measured: dict[str, list[float]] = {name: [] for name in arms}
    for _round in range(rounds):
        for name, arm in arms.items():
            measured[name].append(arm())
    return {name: Samples(values=tuple(values)) for name, values in measured.items()}
