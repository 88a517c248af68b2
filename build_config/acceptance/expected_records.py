"""A file of expected records and the records of a read in, what is missing or too much out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from build_config.acceptance import fixtures
from build_config.acceptance.case import Problems
from build_config.acceptance.fixtures import FixtureError
from build_config.connector_protocol.catalog import StreamKey

if TYPE_CHECKING:
    from pathlib import Path

    from build_config.acceptance.config import ExpectedRecords

_LONGEST: Final = 300


@dataclass(kw_only=True, slots=True)
class Expectation:
    """What is still expected; each record of the read takes away its like."""

    rules: ExpectedRecords
    path: str
    left: dict[StreamKey, list[dict[str, Any]]] = field(default_factory=dict)
    problems: Problems = field(default_factory=Problems)

    @classmethod
    def read(cls, folder: Path, rules: ExpectedRecords) -> Expectation:
        """From a file with a record `{"stream": …, "data": {…}}` a line.

        Raises:
            FixtureError: the file cannot be used; with the line.
        """
        path = rules.path or ""
        expectation = cls(rules=rules, path=path)
        for number, line in enumerate(fixtures.read_bytes(folder, path).splitlines(), 1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
                expectation.left.setdefault(StreamKey.of(record, "stream"), []).append(
                    dict(record["data"])
                )
            except (ValueError, KeyError, TypeError, RecursionError) as error:
                raise FixtureError(
                    f"`{path}`, line {number}: not a record with `stream` and `data`"
                ) from error
        return expectation

    def take(self, key: StreamKey, data: dict[str, Any], line: int) -> None:
        """One record of the read."""
        left = self.left.get(key)
        if left is None:
            return
        candidates = left[:1] if self.rules.exact_order else left
        for index, expected in enumerate(candidates):
            if self._is_like(data, expected):
                del left[index]
                return
        if self.rules.exact_order and left:
            self.problems.add(f"stream `{key}`, line {line}: {_difference(data, left[0])}")
            del left[0]
        elif not self.rules.extra_records:
            self.problems.add(f"stream `{key}`, line {line}: not expected: {_shown(data)}")

    def finish(self) -> Problems:
        """The read has ended."""
        for key, left in self.left.items():
            self.problems.add_all(
                f"stream `{key}`: not read: {_shown(expected)}" for expected in left
            )
        return self.problems

    def _is_like(self, data: dict[str, Any], expected: dict[str, Any]) -> bool:
        if not self.rules.extra_fields:
            return data == expected
        return expected.items() <= data.items() if _is_flat(expected) else _covers(data, expected)


def _is_flat(expected: dict[str, Any]) -> bool:
    return not any(isinstance(value, dict | list) for value in expected.values())


def _covers(value: Any, expected: Any) -> bool:
    if isinstance(expected, dict) and isinstance(value, dict):
        return all(name in value and _covers(value[name], expected[name]) for name in expected)
    return bool(value == expected)


def _difference(data: dict[str, Any], expected: dict[str, Any]) -> str:
    return "; ".join(_differences(data, expected))[:_LONGEST] or "not as expected"


def _differences(data: dict[str, Any], expected: dict[str, Any]) -> Iterator[str]:
    for name in [*expected, *(name for name in data if name not in expected)]:
        if name not in data:
            yield f"`{name}` is missing"
        elif name not in expected:
            yield f"`{name}` is not expected"
        elif data[name] != expected[name]:
            yield f"`{name}` is {data[name]!r} instead of {expected[name]!r}"


def _shown(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False)[:_LONGEST]
