"""Records of a stream in, a summary that can be compared with another read's out.

Any number of records costs the same memory: beyond `_EXACT` different ones only their number and
a sum of hashes are kept, which say that two reads differ and no longer in which record.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

_EXACT: Final = 100_000
_SAMPLES: Final = 1_000
_LONGEST: Final = 300
_MODULUS: Final = 1 << 128


def digest(data: Any) -> bytes:
    """The same for equal records, whatever the order of their fields."""
    import orjson

    text = orjson.dumps(data, option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(text, digest_size=16).digest()


def without(data: dict[str, Any], fields: Sequence[str]) -> dict[str, Any]:
    """The record without these fields; a nested one is `outer/inner`."""
    left = dict(data)
    for name in fields:
        outer, slash, inner = name.partition("/")
        if not slash:
            left.pop(outer, None)
        elif isinstance(left.get(outer), dict):
            left[outer] = without(left[outer], [inner])
    return left


@dataclass(kw_only=True, slots=True)
class RecordSet:
    """The records of one stream in one read."""

    count: int = 0
    _sum: int = 0
    _seen: Counter[bytes] = field(default_factory=Counter)
    _samples: dict[bytes, str] = field(default_factory=dict)
    _is_exact: bool = True

    def add(self, data: dict[str, Any]) -> None:
        """One more record."""
        key = digest(data)
        self.count += 1
        self._sum = (self._sum + int.from_bytes(key, "big")) % _MODULUS
        if self._is_exact:
            self._seen[key] += 1
            self._is_exact = len(self._seen) < _EXACT
            if not self._is_exact:
                self._seen.clear()
        if len(self._samples) < _SAMPLES:
            self._samples[key] = str(data)[:_LONGEST]

    def differences(self, other: RecordSet) -> Iterator[str]:
        """How the other read differs from this one; nothing where they are equal."""
        if (self.count, self._sum) == (other.count, other._sum):
            return
        if self.count != other.count:
            yield f"{self.count} records in the first read, {other.count} in the second"
        if self._is_exact and other._is_exact:
            yield from self._examples(other, "only in the first read")
            yield from other._examples(self, "only in the second read")
        elif self.count == other.count:
            yield "the two reads give different records"

    def _examples(self, other: RecordSet, where: str) -> Iterator[str]:
        for key, count in self._seen.items():
            if count > other._seen[key]:
                yield f"{where}: {self._samples.get(key, 'a record')}"
                return
