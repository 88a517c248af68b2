"""Events in, what GitHub's job page understands out: a group per step, annotations.

Workflow commands and their escapes as the runner reads them (actions/runner,
`ActionCommand.cs`): a line that starts with `::`, or one with `##[` anywhere. What tools print is
therefore fenced with `::stop-commands::`, and in our own lines neither can occur.
"""

from __future__ import annotations

import re
import secrets
from collections import defaultdict
from collections.abc import Generator, Iterable, Sequence

from build_config.displays.board import Board
from build_config.displays.output import Output
from build_config.displays.telling import (
    advice,
    heartbeats,
    name,
    outcome_words,
    reason,
    up_to_date,
    write,
)
from build_config.events import Event, Outcome, StepFinished, StepOutput, StepSkipped
from build_config.steps import Step
from build_config.wording import counted, harmless, marks_for, one_line

_ANNOTATIONS = 10  # of one type in one step: GitHub shows no more


def show(
    steps: Sequence[Step], events: Iterable[Event], output: Output
) -> Generator[Event, None, None]:
    """Write one folded group per step when it ends, and below it where it failed."""
    board, heard = Board.of(steps), dict[str, float]()
    printed: defaultdict[str, list[str]] = defaultdict(list)
    failures = 0
    summed_up, sentence = up_to_date(steps)
    for event in events:
        board = board.after(event)
        if isinstance(event, StepOutput):
            printed[event.key].append(event.line)
        elif isinstance(event, StepFinished):
            failures += event.outcome is Outcome.FAILED
            write(output, _group(event, board, printed.pop(event.key, []), output))
            if event.outcome is Outcome.FAILED and failures <= _ANNOTATIONS:
                write(output, [annotation(event, f"{name(board.steps, event.key)} failed")])
        elif isinstance(event, StepSkipped):
            if event.expected and event.key in summed_up:
                write(output, [sentence] if sentence else [])
                sentence = ""
            else:
                write(output, [_skipped(event, board, output)])
        write(output, [own_line(line) for line in heartbeats(board, event.at, heard)])
        yield event
    write(output, _not_annotated(failures))


def fence() -> tuple[str, str]:
    """The lines between which the runner obeys nothing."""
    token = secrets.token_hex(16)
    return f"::stop-commands::{token}", f"::{token}::"


def own_line(line: str) -> str:
    """A line of ours with foreign words in it, which the runner must not take for a command."""
    line = harmless(line).replace("##[", "## [")
    return re.sub(r"^\s*::", ": :", line)


def escape_data(text: str) -> str:
    """Text as the message of a workflow command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    """Text as the value of a property of a workflow command."""
    return escape_data(text).replace(":", "%3A").replace(",", "%2C")


def annotation(event: StepFinished, title: str) -> str:
    """The `::error` command that puts a failure at its line of the file."""
    places = {"file": event.path, "line": event.line if event.path else None, "title": title}
    properties = ",".join(
        f"{key}={escape_property(str(value))}" for key, value in places.items() if value
    )
    message = event.message + (f"\nhint: {event.hint}" if event.hint else "")
    return f"::error {properties}::{escape_data(message or title)}"


def _group(event: StepFinished, board: Board, printed: Sequence[str], output: Output) -> list[str]:
    marks = marks_for(output.console.encoding)
    mark = marks.done if event.outcome is Outcome.DONE else marks.failed
    title = f"{mark} {name(board.steps, event.key)}: {outcome_words(event)}"
    why = reason(board.steps, event.key)
    # No log file: the whole output is here, and the machine is gone when this is read.
    below = [*([f"why: {why}"] if why else []), *advice(event, None)]
    lines = [f"::group::{escape_data(one_line(title))}", *(own_line(line) for line in below)]
    return [*lines, *_fenced(printed), "::endgroup::"]


def _not_annotated(failures: int) -> list[str]:
    """What the page of the run does not show at its place; it is in the log and in the summary."""
    if failures <= _ANNOTATIONS:
        return []
    more = counted(failures - _ANNOTATIONS, "more failure")
    return [f"::notice title=Not annotated::{more}, listed in the summary of this job"]


def _fenced(printed: Sequence[str]) -> list[str]:
    """Foreign lines between a token that they cannot know and so cannot end early."""
    if not printed:
        return []
    begin, end = fence()
    # Colours are left in: the page shows them. Lone surrogates no stream can encode.
    lines = (line.encode(errors="replace").decode() for line in printed)
    return [begin, *lines, end]


def _skipped(event: StepSkipped, board: Board, output: Output) -> str:
    mark = marks_for(output.console.encoding).skipped
    return own_line(f"{mark} {name(board.steps, event.key)}: skipped ({one_line(event.because)})")
