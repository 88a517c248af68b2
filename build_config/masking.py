"""Secrets that a build was given in, its output without them out.

A `RUN` may print what it was trusted with: it must not reach a log, a screen or an event.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote

MASK = "***"
_SHORTEST = 4
"""Characters; masking shorter values would shred ordinary text and hide next to nothing."""


@dataclass(frozen=True, slots=True)
class Mask:
    """Knows the values that were read in this run; each as it is, in base64 and in a URL."""

    _values: set[str] = field(default_factory=set)

    def reading(self, read: Callable[[], bytes]) -> Callable[[], bytes]:
        """The same function, which from its first call on hides what it gave."""

        def remembering() -> bytes:
            value = read()
            self.hide(value)
            return value

        return remembering

    def hide(self, value: bytes) -> None:
        """Hide the value, and each of its lines: output comes line by line."""
        text = value.decode(errors="replace")
        for part in (text.strip(), *(line.strip() for line in text.splitlines())):
            if len(part) >= _SHORTEST:
                encoded = base64.b64encode(part.encode()).decode().rstrip("=")
                self._values.update((part, quote(part, safe=""), encoded))

    def __call__(self, text: str) -> str:
        """The text with a mask in place of every hidden value, longest first."""
        if not self._values:
            return text
        for value in sorted(self._values, key=len, reverse=True):
            text = text.replace(value, MASK)
        return text
