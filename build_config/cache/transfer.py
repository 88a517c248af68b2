"""What the engine says of a pull in, one figure of bytes out; and when to give it up."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from build_config.acceptance.case import CaseResult
from build_config.engine import Tell

_MOVES = "Downloading "
_CAME = "Download complete "
_TRIES_AGAIN = "Retrying in "


@dataclass(kw_only=True, slots=True)
class Transfer:
    """A `Tell` for the pull of an image from the cache.

    Attributes:
        tell: hears how far all layers are together.
        limit: ends at once when the engine would try again: that takes it most of a minute, in
            which much can be built.
        layers: the engine's short id -> bytes so far, bytes in all.
        is_broken: the engine would try again.
    """

    tell: Tell
    limit: asyncio.Timeout
    layers: dict[str, tuple[int, int]] = field(default_factory=dict)
    is_broken: bool = False

    @property
    def size(self) -> int:
        """Bytes that came so far."""
        return sum(current for current, _ in self.layers.values())

    def activity(self, text: str, current: int | None = None, total: int | None = None) -> None:
        """See `engine.Tell.activity`."""
        if text.startswith(_TRIES_AGAIN):
            self.is_broken = True
            self.limit.reschedule(asyncio.get_running_loop().time())
        if text.startswith(_MOVES) and current and total:
            self.layers[text.removeprefix(_MOVES)] = (current, total)
        elif text.startswith(_CAME):  # of a quick layer the engine skips the last figures
            layer = text.removeprefix(_CAME)
            _, whole = self.layers.get(layer, (0, 0))
            self.layers[layer] = (whole, whole)
        totals = sum(total for _, total in self.layers.values())
        self.tell.activity("pulling from the cache", self.size or None, totals or None)

    def line(self, text: str) -> None:
        """See `engine.Tell.line`."""
        self.tell.line(text)

    def phase(self, name: str, seconds: float, *, cached: bool = False) -> None:
        """See `engine.Tell.phase`."""
        self.tell.phase(name, seconds, cached=cached)

    def case(self, case: CaseResult) -> None:
        """See `engine.Tell.case`."""
        self.tell.case(case)
