"""What can go wrong for a user: one class per kind of failure, each with its exit code and hint."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import ClassVar


class YardError(Exception):
    """A failure that is the user's to know about: one line, and what to do.

    Attributes:
        exit_code: what the process exits with.
        hint: what to type or change; empty when there is nothing to suggest.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(YardError):
    """The command line or a setting asks for something that cannot be."""

    exit_code = 2


class RepositoryError(YardError):
    """The repository is broken; `defects` holds every line of it, found in one go."""

    exit_code = 2

    def __init__(self, defects: tuple[str, ...], *, hint: str = "") -> None:
        super().__init__("\n".join(defects), hint=hint)
        self.defects = defects


class EngineUnavailableError(YardError):
    """No Docker engine answered, or the one that did went away."""

    exit_code = 4


class StepError(YardError):
    """A step did not succeed: the image did not build, the pull was refused.

    Attributes:
        path: the file at fault, relative to the repository, where it is known.
        line: the line in it, counted from 1, where it is known.
    """

    def __init__(
        self, message: str, *, hint: str = "", path: str | None = None, line: int | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.path = path
        self.line = line


class ConflictError(StepError):
    """A version is published, or claimed, with other content: it is never replaced."""

    exit_code = 3


class UnclearError(StepError):
    """A registry or a repository did not say what is there; nothing is done on a guess."""

    exit_code = 4


class MachineError(YardError):
    """`invoke setup` could not make this machine able to build."""


def one_of(flag: str, value: str, known: Sequence[str]) -> None:
    """Refuse a value that a flag does not take.

    Raises:
        UsageError: with a guess at what was meant.
    """
    if value not in known:
        close = difflib.get_close_matches(value, known, n=1)
        guess = f"did you mean `{close[0]}`? " if close else ""
        raise UsageError(f"`{flag}={value}` is unknown", hint=f"{guess}one of {', '.join(known)}")
