"""Records of runs in, the summary of a step on the page of a GitHub job out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from build_config.run_record import RunRecord
from build_config.run_table import run_table
from build_config.wording import counted, duration

LIMIT = 2**20
"""Bytes that a step may have; of one that has more GitHub shows nothing at all."""


def summary_file(environ: Mapping[str, str]) -> Path | None:
    """The file that GitHub makes the summary of; None where there is none."""
    name = environ.get("GITHUB_STEP_SUMMARY")
    return Path(name) if name else None


def append_summary(file: Path, runs: Sequence[RunRecord]) -> None:
    """Write the table behind what the step has written there before.

    Raises:
        OSError: it cannot be written.
    """
    with file.open("a", encoding="utf-8", errors="replace") as stream:
        stream.write(step_summary(runs, room=LIMIT - stream.tell()))


def step_summary(runs: Sequence[RunRecord], *, room: int = LIMIT) -> str:
    """The table, and below it how long all of it took; `room` is bytes."""
    took = f"\n{_took(runs)}\n\n"
    rest = "left out, as GitHub shows no summary above 1 MiB"
    return run_table(runs, limit=room - len(took), rest=rest) + took


def _took(runs: Sequence[RunRecord]) -> str:
    took = max(run.ended for run in runs) - min(run.began for run in runs)
    seconds = took.total_seconds()
    where = f" on {counted(len(runs), 'runner')}" if len(runs) > 1 else ""
    return f"{duration(seconds)}{where}, {counted(sum(run.jobs for run in runs), 'worker')}"
