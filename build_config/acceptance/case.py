"""One assertion about a connector, and how it went, as values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import Final

from build_config.wording import one_line

WHOLE: Final = "is judged"
"""The name of the one case of a category that is not looked into."""

_TOLD: Final = 5
_LONGEST: Final = 600
_DETAILS: Final = 20


class Category(StrEnum):
    """The kinds of assertions, in the order in which they are made."""

    IMAGE = "image"
    SPEC = "spec"
    CONNECTION = "connection"
    DISCOVERY = "discovery"
    BASIC_READ = "basic_read"
    FULL_REFRESH = "full_refresh"
    INCREMENTAL = "incremental"
    WRITE = "write"
    ROBUSTNESS = "robustness"


class Verdict(StrEnum):
    """What became of a case."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseResult:
    """One case.

    Attributes:
        name: a sentence that says what it asserts.
        seconds: of the runs that were made for it; what several cases share counts once.
        message: for a failure what is wrong, with field, stream and line; for a skip the reason.
        details: the last lines of the connector, for a failure.
    """

    category: Category
    name: str
    verdict: Verdict
    seconds: float = 0.0
    message: str = ""
    details: tuple[str, ...] = ()


@dataclass(kw_only=True, slots=True)
class Problems:
    """What is wrong, of which only the first few are kept: there may be one for each record."""

    count: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, problem: str) -> None:
        """One more."""
        self.count += 1
        if len(self.first) < _TOLD:
            self.first.append(problem)

    def add_all(self, problems: Iterable[str]) -> None:
        """Some more."""
        for problem in problems:
            self.add(problem)

    def __bool__(self) -> bool:
        return self.count > 0

    def __str__(self) -> str:
        """The first few, and how many more there are."""
        told = [one_line(problem)[:_LONGEST] for problem in self.first]
        more = self.count - len(self.first)
        return "; ".join([*told, *([f"and {more} more"] if more else [])])


def judged(
    category: Category,
    name: str,
    problems: Problems | Iterable[str],
    *,
    seconds: float = 0.0,
    details: Iterable[str] = (),
) -> CaseResult:
    """A case that passed if there are no problems."""
    if not isinstance(problems, Problems):
        listed, problems = problems, Problems()
        problems.add_all(listed)
    return CaseResult(
        category=category,
        name=name,
        verdict=Verdict.FAILED if problems else Verdict.PASSED,
        seconds=seconds,
        message=str(problems),
        details=tuple(islice(details, _DETAILS)) if problems else (),
    )


def skipped(category: Category, name: str, because: str) -> CaseResult:
    """A case that was not judged."""
    return CaseResult(category=category, name=name, verdict=Verdict.SKIPPED, message=because)
