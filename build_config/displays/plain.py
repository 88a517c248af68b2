"""Events in, a plain line per start, finish and skip out: for files, pipes, simple terminals."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence

from build_config.displays.board import Board
from build_config.displays.output import Output
from build_config.displays.telling import (
    finished_lines,
    heartbeats,
    name,
    new_tails,
    reason,
    up_to_date,
    write,
)
from build_config.events import Event, StepFinished, StepOutput, StepSkipped, StepStarted
from build_config.steps import Step
from build_config.wording import one_line


def show(
    steps: Sequence[Step], events: Iterable[Event], output: Output
) -> Generator[Event, None, None]:
    """Say what starts, ends and is skipped, and every 30 s what still runs."""
    board, tails, heard = Board.of(steps), new_tails(), dict[str, float]()
    summed_up, sentence = up_to_date(steps)
    for event in events:
        board = board.after(event)
        if isinstance(event, StepOutput):
            tails[event.key].append(event.line)
        elif isinstance(event, StepFinished):
            tail = tuple(tails.pop(event.key, ()))
            write(output, finished_lines(event, board.steps, tail, output))
        elif isinstance(event, StepSkipped) and event.expected and event.key in summed_up:
            write(output, [sentence] if sentence else [])
            sentence = ""
        else:
            write(output, _said(event, board.steps))
        write(output, heartbeats(board, event.at, heard))
        yield event


def _said(event: Event, steps: Mapping[str, Step]) -> list[str]:
    if isinstance(event, StepStarted):
        why = reason(steps, event.key)
        return [f"{name(steps, event.key)}: started" + (f" ({why})" if why else "")]
    if isinstance(event, StepSkipped):
        return [f"{name(steps, event.key)}: skipped ({one_line(event.because)})"]
    return []
