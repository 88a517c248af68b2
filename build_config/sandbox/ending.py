"""How a container ended: what it said last, and which limit it met."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """The end of a container.

    Attributes:
        exit_code: 137 after a kill, whoever killed it.
        oom_killed: the kernel killed it, or a process in it, at the memory limit.
        timed_out: it was killed at the limit of seconds.
        flooded: it was killed at the limit of output.
        line_too_long: it was killed at the limit of one line.
        killed: it was killed because the caller said so.
        fault: the first limit it met, in words with the number: `took longer than 10 s`; else
            empty.
        seconds: from its start to its end.
        last_stderr: its last lines, without line ends.
        last_stdout: its last lines, without line ends, long ones cut.
    """

    exit_code: int
    oom_killed: bool
    timed_out: bool
    flooded: bool
    line_too_long: bool
    killed: bool
    fault: str
    seconds: float
    last_stderr: tuple[str, ...]
    last_stdout: tuple[str, ...]

    @property
    def is_good(self) -> bool:
        """It ended by itself with exit code 0, within its limits."""
        return self.exit_code == 0 and not self.fault and not self.killed

    @property
    def story(self) -> str:
        """How it ended in a few words: `ended with exit code 3`, `took longer than 10 s`."""
        if self.fault:
            return self.fault
        if self.killed:
            return "was killed"
        return f"ended with exit code {self.exit_code}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finished:
    """A container that was run to its end.

    Attributes:
        lines: of stdout, without line ends.
    """

    lines: tuple[bytes, ...]
    ending: Ending
