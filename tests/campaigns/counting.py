"""What a campaign has seen: cases, how they ended, and what did not hold."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(kw_only=True, slots=True)
class Count:
    """What was seen.

    Attributes:
        ended: how the runs with a fault ended.
        failures: cases in which something did not hold.
    """

    cases: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def add(self, other: Count) -> None:
        """Both together."""
        self.cases += other.cases
        self.ended += other.ended
        self.failures += other.failures
