"""Events in, the lines that several displays say of them out."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from pathlib import Path

from build_config.displays.board import Board, Running
from build_config.displays.output import Output
from build_config.events import Outcome, StepFinished
from build_config.logs import log_path
from build_config.steps import Action, Kind, Step
from build_config.wording import (
    Marks,
    counted,
    duration,
    encodable,
    harmless,
    marks_for,
    one_line,
    shorten,
)

TAIL = 20
"""How many of the last lines of its output are shown of a step that failed."""

HEARTBEAT = 30.0
"""Seconds after which a step that still runs is mentioned again."""

_ACTIVITY = 80
"""Characters of an activity in a line; a RUN of many commands is as long as they are."""

MANY = 10
"""From more than so many steps that are up to date, only their number is told."""


def new_tails() -> defaultdict[str, deque[str]]:
    """Where a display keeps the last lines of each running step, by key."""
    return defaultdict(lambda: deque(maxlen=TAIL))


def up_to_date(steps: Sequence[Step]) -> tuple[frozenset[str], str]:
    """The expected skips that get no line of their own, and a sentence that sums them up.

    Few of them get their own lines, but nobody need hear that the cache has what it gave.
    """
    shares = frozenset(step.key for step in steps if step.kind is Kind.SHARE)
    skips = [step for step in steps if step.action is Action.SKIP]
    if len(skips) <= MANY:
        return shares, ""
    noun = "image" if all(step.kind is Kind.BUILD for step in skips) else "step"
    keys = shares.union(step.key for step in skips)
    return keys, f"{counted(len(skips), noun)} are up to date"


def name(steps: Mapping[str, Step], key: str) -> str:
    """`source-file: build`; the key itself when the plan does not know it."""
    step = steps.get(key)
    return harmless(f"{step.target}: {step.kind}" if step else key)


def reason(steps: Mapping[str, Step], key: str) -> str:
    """Why the plan runs the step, or nothing."""
    step = steps.get(key)
    return one_line(step.reason) if step else ""


def tail_lines(tail: Sequence[str], marks: Marks) -> list[str]:
    """The last output of a step behind a gutter, so that it cannot be taken for our words."""
    return [f"{marks.gutter} {harmless(line)}".rstrip() for line in tail]


def advice(event: StepFinished, logs: Path | None) -> list[str]:
    """Below a failure: where it is, what to do, and where the whole output is."""
    lines = []
    if event.path:
        lines.append(f"at {harmless(event.path)}" + (f":{event.line}" if event.line else ""))
    if event.hint:
        lines.append(f"hint: {one_line(event.hint)}")
    if logs is not None:
        lines.append(f"log: {log_path(logs, event.key)}")
    return lines


def write(output: Output, lines: Sequence[str]) -> None:
    """Write whole lines in one go, so that nothing gets between them."""
    if lines:
        text = encodable("\n".join(lines), output.console.encoding)
        output.console.file.write(f"{text}\n")
        output.console.file.flush()


def finished_lines(
    event: StepFinished, steps: Mapping[str, Step], tail: Sequence[str], output: Output
) -> list[str]:
    """How a step ended, in one line; below a failure its last output and what to do."""
    marks = marks_for(output.console.encoding)
    line = f"{name(steps, event.key)}: {outcome_words(event)}"
    if event.outcome is not Outcome.FAILED:
        return [line]
    below = tail_lines(tail, marks) + advice(event, output.logs)
    return [line, *(f"    {part}" for part in below)]


def outcome_words(event: StepFinished) -> str:
    """`done in 12 s`, `failed after 3.2 s: it said no`."""
    took, message = duration(event.seconds), one_line(event.message)
    words = {Outcome.DONE: f"done in {took}", Outcome.CANCELLED: f"cancelled after {took}"}
    return words.get(event.outcome, f"failed after {took}") + (f": {message}" if message else "")


def heartbeats(board: Board, now: float, heard: dict[str, float]) -> list[str]:
    """A line for each step that has run for another 30 s without a word from us.

    `heard` is when each step was last mentioned; it is brought up to date.
    """
    lines = []
    for row in board.running.values():
        if now - max(heard.get(row.key, 0), row.since) >= HEARTBEAT:
            heard[row.key] = now
            lines.append(_still(row, board, now))
    return lines


def _still(row: Running, board: Board, now: float) -> str:
    activity = f", {shorten(one_line(row.activity), _ACTIVITY)}" if row.activity else ""
    return f"{name(board.steps, row.key)}: still running: {duration(now - row.since)}{activity}"
