"""Events in, one log file per step out under `.yard/logs/<run>/`, events passed on."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from build_config.events import (
    Event,
    StepFinished,
    StepOutput,
    StepProgress,
    StepSkipped,
    StepStarted,
)
from build_config.steps import Step
from build_config.wording import duration, one_line

KEPT_RUNS = 20
"""How many runs keep their logs."""

_RUN = re.compile(r"\d{8}T\d{6}Z-\d+")
_LONGEST_NAME = 120  # file names end at 255 bytes everywhere; paths on some systems earlier


def run_folder(root: Path, *, now: datetime, process: int) -> Path:
    """Where a run of this repository keeps its logs: `.yard/logs/20261122T101530Z-4711`."""
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    return root / ".yard" / "logs" / f"{stamp}-{process}"


def log_path(run: Path, key: str) -> Path:
    """The log file of a step: `build source-file` writes to `build-source-file.log`.

    A name that had to be changed to be a file's ends in a digest, so that no two steps share one.
    """
    kind, _, target = key.partition(" ")
    plain = f"{kind}-{target}"
    safe = re.sub(r"[^A-Za-z0-9._-]", "-", plain)[:_LONGEST_NAME]
    if safe != plain:
        safe += "-" + hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()[:8]
    return run / f"{safe}.log"


def keep(
    steps: Sequence[Step], events: Iterable[Event], run: Path, *, warn: Callable[[str], None]
) -> Generator[Event, None, None]:
    """Write what happens to each step to its file in the folder `run`, and pass it on.

    A run in which no step starts writes nothing. Logs are a convenience: when they cannot be
    written (a full disk, a read-only folder), `warn` is told once and the run goes on without.
    """
    shelf = _Shelf(run=run, reasons={step.key: step.reason for step in steps})
    try:
        for event in events:
            try:
                shelf.write(event)
            except OSError as error:
                shelf.give_up()
                warn(f"no more logs of this run: {error.strerror or error} (`{run}`)")
            yield event
    finally:
        shelf.close()


@dataclass(kw_only=True, slots=True)
class _Shelf:
    """The open log files of a run, by key."""

    run: Path
    reasons: dict[str, str]
    files: dict[str, TextIO] = field(default_factory=dict)
    activities: dict[str, str] = field(default_factory=dict)
    usable: bool = True

    def write(self, event: Event) -> None:
        if not self.usable or isinstance(event, StepSkipped):
            return
        if isinstance(event, StepStarted) and event.key not in self.files:
            self._open(event)
        stream = self.files.get(event.key)
        if stream is None:
            return
        if isinstance(event, StepOutput):
            stream.write(f"{event.line}\n")
        elif isinstance(event, StepProgress):
            self._say_activity(event, stream)
        elif isinstance(event, StepFinished):
            stream.write(_footer(event))
            self.files.pop(event.key).close()

    def give_up(self) -> None:
        self.usable = False
        self.close()

    def close(self) -> None:
        for stream in self.files.values():
            with suppress(OSError):  # what is still in the buffer of a full disk
                stream.close()
        self.files.clear()

    def _open(self, event: StepStarted) -> None:
        if not self.run.is_dir():
            _make(self.run)
        path = log_path(self.run, event.key)
        # Line-buffered, so that `tail -f` shows what happens; tools may print any bytes.
        stream = path.open("w", buffering=1, encoding="utf-8", errors="backslashreplace")
        self.files[event.key] = stream
        started = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        why = one_line(self.reasons.get(event.key, ""))
        stream.write(f"# {one_line(event.key)}\n# why: {why}\n# started: {started}\n\n")

    def _say_activity(self, event: StepProgress, stream: TextIO) -> None:
        """Once per activity, not per byte count."""
        if self.activities.get(event.key) != event.activity:
            self.activities[event.key] = event.activity
            stream.write(f"==> {one_line(event.activity)}\n")


def _footer(event: StepFinished) -> str:
    said = f"\n# {event.outcome} after {duration(event.seconds)}"
    said += f": {one_line(event.message)}\n" if event.message else "\n"
    return said + (f"# hint: {one_line(event.hint)}\n" if event.hint else "")


def _make(run: Path) -> None:
    """Make the folder of this run, point `latest` at it, and drop the oldest runs."""
    run.mkdir(parents=True, exist_ok=True)
    fresh = run.with_name(f".latest-{run.name}")
    with suppress(OSError):  # no symbolic links here, or somebody's own `latest`: do without
        fresh.symlink_to(run.name)
        fresh.replace(run.with_name("latest"))
    with suppress(OSError):
        fresh.unlink(missing_ok=True)
    runs = sorted(path for path in run.parent.iterdir() if _RUN.fullmatch(path.name))
    for old in runs[:-KEPT_RUNS]:
        if old != run:
            shutil.rmtree(old, ignore_errors=True)
