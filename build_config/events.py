"""What happens during a run, as values: the scheduler yields, displays and reports consume.

Every event names its step by key. `at` is seconds on the monotonic clock of the run (0 = start).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from build_config.acceptance.case import CaseResult

INTERRUPTED = "interrupted"
"""How `message` or `because` begins where a step was cancelled or skipped on the user's Ctrl-C."""


class Outcome(StrEnum):
    """How a step that was started ended."""

    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True, slots=True)
class StepStarted:
    """A worker has taken the step up."""

    key: str
    at: float


@dataclass(frozen=True, kw_only=True, slots=True)
class StepProgress:
    """What the step is doing now, in a few words; replaces what it said before.

    `current` and `total` are bytes where the step is moving bytes, else None.
    """

    key: str
    at: float
    activity: str
    current: int | None = None
    total: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class StepOutput:
    """One line that a tool inside the step printed, without its line end."""

    key: str
    at: float
    line: str


@dataclass(frozen=True, kw_only=True, slots=True)
class StepPhase:
    """A part of the step has ended; parts may overlap, and those of one build often do.

    Attributes:
        name: what was done, in a few words.
        seconds: how long it took, up to `at`.
        cached: nothing had to be done: the result was there from before.
    """

    key: str
    at: float
    name: str
    seconds: float
    cached: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class StepFinished:
    """The step has ended.

    Attributes:
        seconds: wall time since StepStarted.
        message: for a failure what went wrong, in one line; else a short result or nothing.
        hint: what to do about a failure.
        path: for a failure the file at fault, relative to the repository, where it is known.
        line: the line in `path`, counted from 1, where it is known.
        exit_code: what the failure asks the process to exit with (0 when it did not fail).
        size: bytes of the image that it built, where it built one.
        cached: what it was to make was there: an image came from the shared cache.
    """

    key: str
    at: float
    outcome: Outcome
    seconds: float
    message: str = ""
    hint: str = ""
    path: str | None = None
    line: int | None = None
    exit_code: int = 0
    size: int | None = None
    cached: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class StepSkipped:
    """The step was not run.

    Attributes:
        expected: True when nothing was left to do (up to date); False when something went wrong
            before it (a failed dependency, an interrupt).
        because: the reason, as a person would say it.
    """

    key: str
    at: float
    expected: bool
    because: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseFinished:
    """One assertion of a test that the step runs has been judged."""

    key: str
    at: float
    case: CaseResult


Event = (
    StepStarted | StepProgress | StepPhase | StepOutput | StepFinished | StepSkipped | CaseFinished
)
