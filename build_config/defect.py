"""One thing that is wrong with a repository, as a value: what rule it breaks, where, the cure."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PLAIN = re.compile(r"[\w./+@-]*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Edit:
    """A change to one file that is mechanical.

    Attributes:
        path: relative to the root of the repository.
        line: the line in which `old` stands, counted from 1; None appends `new` as a line.
        old: what is replaced: its first occurrence at or after `column`.
        new: what stands there then.
        column: counted from 0.
    """

    path: str
    line: int | None
    old: str
    new: str
    column: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Defect:
    """What is wrong, in one line.

    Attributes:
        rule: the name of what does not hold.
        message: what is wrong, without the place.
        connector: name of the image it is about; empty for the repository as a whole.
        path: the file or directory at fault, relative to the root; empty for the settings.
        line: counted from 1; None where the whole file is meant, or it is not there.
        cure: what to do; empty where the message says it.
        edit: how a program can put it right.
    """

    rule: str
    message: str
    connector: str = ""
    path: str = ""
    line: int | None = None
    cure: str = ""
    edit: Edit | None = None

    @property
    def fixable(self) -> bool:
        """Whether a program can put it right."""
        return self.edit is not None

    @property
    def place(self) -> str:
        """`path:line`, as far as they are known; a path with odd characters is quoted."""
        path = self.path if _PLAIN.fullmatch(self.path) else repr(self.path)
        return f"{path}:{self.line}" if path and self.line else path

    def __str__(self) -> str:
        """`path:line: what is wrong`."""
        return f"{self.place}: {self.message}" if self.place else self.message
