"""How long an operation may take in, when to try again out.

Retries are our own 40 lines: stamina (and tenacity below it) starts a wait that ends after its
time limit, and knows no `Retry-After` that makes it give up at once.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

AGAIN = frozenset({408, 429, 500, 502, 503, 504, 507, 520, 522, 524})
"""Statuses that may be another one in a moment; what go-containerregistry and oras-go retry."""
SLOWEST = 256 * 1024
"""Bytes a second at which a blob, or a pull, is still waited for."""
_A_QUICK_ANSWER = 0.1  # of the time of a call


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """How long one operation may take, all its requests and waits together; in seconds.

    Attributes:
        total: for the whole operation.
        call: for one request with its answer, so that a server that trickles does not hold us.
        first_wait: at most, before the second try; doubled for each later one.
        longest_wait: at most, between two tries, unless the registry asks for longer.
    """

    total: float = 45.0
    call: float = 15.0
    first_wait: float = 0.25
    longest_wait: float = 5.0


class Patience:
    """What is left of a budget, by a clock that nobody sets."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._end = time.monotonic() + budget.total
        self._waits = 0

    @property
    def left(self) -> float:
        """Seconds of the total."""
        return max(0.0, self._end - time.monotonic())

    @property
    def call(self) -> float:
        """Seconds that the next request may take."""
        return min(self._budget.call, self.left)

    async def again(self, asked: float | None = None) -> bool:
        """Wait before another try; False, at once, where the time does not suffice for it.

        Args:
            asked: seconds that the registry wants us to wait, if it said so.
        """
        # full jitter: many who failed together must not come back together
        most = min(self._budget.longest_wait, self._budget.first_wait * 2**self._waits)
        pause = random.uniform(0, most) + (asked or 0.0)  # noqa: S311 - no secret depends on it
        self._waits += 1
        # what is left of the time must do for an answer: the last one says more than "too late"
        if pause + self._budget.call * _A_QUICK_ANSWER >= self.left:
            return False
        await asyncio.sleep(pause)
        return True


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that an answer asks to wait (RFC 9110, 10.2.3); None where it says nothing legal.

    A date is taken relative to that of the answer: the clock of this machine may be wrong.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    until = _date(text)
    if until is None:
        return None
    now = _date(headers.get("date", "")) or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds())


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
