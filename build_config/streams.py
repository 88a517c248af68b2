"""Where a command writes: results to `out`, everything else to `notes`."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from io import TextIOWrapper
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(frozen=True, kw_only=True)
class Streams:
    """The two streams of a process, and the environment that says how to use them."""

    out: TextIO
    notes: TextIO
    environ: Mapping[str, str]

    @classmethod
    def of_process(cls) -> Streams:
        """Those of this process; what its encoding cannot say becomes `?`, not a crash."""
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, TextIOWrapper):
                stream.reconfigure(errors="replace")
        return cls(out=sys.stdout, notes=sys.stderr, environ=os.environ)

    @cached_property
    def console(self) -> Console:
        """For tables and progress; rich is imported when the first one is shown."""
        from rich.console import Console

        return Console(file=self.out, highlight=False, markup=False, emoji=False)

    def say(self, text: str) -> None:
        """A result, as it is."""
        self.out.write(f"{text}\n")
        self.out.flush()

    def note(self, text: str) -> None:
        """Something beside the result."""
        self.notes.write(f"{text}\n")
        self.notes.flush()
