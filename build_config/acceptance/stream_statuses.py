"""The status messages of one stream in a read in, what is missing or out of order out.

A stream that was read is STARTED, perhaps RUNNING any number of times, and COMPLETE; its records
lie between the first and the last of these (Airbyte protocol, AirbyteStreamStatus).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_AFTER: Final = {
    "": {"STARTED"},
    "STARTED": {"RUNNING", "COMPLETE", "INCOMPLETE"},
    "RUNNING": {"RUNNING", "COMPLETE", "INCOMPLETE"},
    "COMPLETE": set[str](),
    "INCOMPLETE": {"STARTED"},
}


@dataclass(kw_only=True, slots=True)
class Statuses:
    """What a stream has told so far."""

    last: str = ""
    problem: str = ""

    def take(self, status: str, line: int) -> None:
        """One more status."""
        if status not in _AFTER[self.last] and not self.problem:
            self.problem = f"line {line}: {status} after {self.last or 'nothing'}"
        self.last = status

    def take_record(self, line: int) -> None:
        """A record of the stream."""
        if self.last in {"", "COMPLETE"} and not self.problem:
            when = "after COMPLETE" if self.last else "before STARTED"
            self.problem = f"line {line}: a record {when}"

    def problems(self) -> Iterator[str]:
        """What is wrong at the end of a read that went well."""
        if self.problem:
            yield self.problem
        if not self.last:
            yield "it never tells a status: STARTED and COMPLETE are missing"
        elif self.last != "COMPLETE":
            yield f"its last status is {self.last}: COMPLETE is missing"
