"""Events in, failures alone out."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence

from build_config.displays.output import Output
from build_config.displays.telling import finished_lines, new_tails, write
from build_config.events import Event, Outcome, StepFinished, StepOutput
from build_config.steps import Step


def show(
    steps: Sequence[Step], events: Iterable[Event], output: Output
) -> Generator[Event, None, None]:
    """Say nothing until something fails; the final line is the report's."""
    by_key = {step.key: step for step in steps}
    tails = new_tails()
    for event in events:
        if isinstance(event, StepOutput):
            tails[event.key].append(event.line)
        elif isinstance(event, StepFinished):
            tail = tails.pop(event.key, ())
            if event.outcome is Outcome.FAILED:
                write(output, finished_lines(event, by_key, tuple(tail), output))
        yield event
