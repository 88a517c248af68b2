"""Small plans and their events, for the tests of what consumes them."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console

from build_config.displays.output import Display, Output
from build_config.events import (
    Event,
    Outcome,
    StepFinished,
    StepOutput,
    StepProgress,
    StepSkipped,
    StepStarted,
)
from build_config.steps import Action, Kind, Step


def build(target: str, *, reason: str = "its Dockerfile changed", seconds: float = 1.0) -> Step:
    """A step that runs."""
    return Step(kind=Kind.BUILD, target=target, action=Action.RUN, reason=reason, seconds=seconds)


def up_to_date(target: str) -> Step:
    """A step that the plan skips."""
    return Step(kind=Kind.BUILD, target=target, action=Action.SKIP, reason="nothing changed")


def skip(step: Step, *, because: str = "nothing changed", expected: bool = True) -> StepSkipped:
    return StepSkipped(key=step.key, at=0.0, expected=expected, because=because)


def done(step: Step, *, at: float = 2.0, seconds: float = 2.0) -> StepFinished:
    return StepFinished(key=step.key, at=at, outcome=Outcome.DONE, seconds=seconds)


def failed(step: Step, *, at: float = 2.0, exit_code: int = 1) -> StepFinished:
    """A failure with all that can be known of one."""
    return StepFinished(
        key=step.key,
        at=at,
        outcome=Outcome.FAILED,
        seconds=2.0,
        message="`pip install` ended with exit code 1",
        hint="fix requirements.txt",
        path=f"connectors/{step.target}/Dockerfile",
        line=7,
        exit_code=exit_code,
    )


def recorded(
    *, terminal: bool = False, encoding: str = "utf-8", width: int = 80, height: int = 24
) -> tuple[Console, Callable[[], str]]:
    """A console, and what has been written to it."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, newline="", write_through=True)
    console = Console(
        file=stream,
        force_terminal=terminal,
        color_system="standard" if terminal else None,
        width=width,
        height=height,
        legacy_windows=False,
        _environ={"TERM": "xterm"},
    )
    return console, lambda: raw.getvalue().decode(encoding)


def said(
    show: Display,
    steps: Sequence[Step],
    events: Sequence[Event],
    *,
    logs: Path | None = None,
) -> str:
    """What a display writes of a run; it must have passed every event on."""
    console, text = recorded()
    passed = list(show(steps, iter(events), Output(console=console, logs=logs)))
    assert passed == list(events)
    return text()


NASTY = (
    "plain",
    "",
    "\x1b[2J\x1b]0;title\x07\x1b[31mred",
    "10%\r20%\r",
    "::error::injected",
    "##[error]injected",
    "::endgroup::",
    "日本語の行",
    "\udcff\ud800",
    "[bold]markup[/nothing] :smile:",
    "tab\tand\nnew line",
    "x" * 500,
    "\u202eright to left",
)
"""Lines that have broken somebody's output before."""


def random_events(seed: int, steps: Sequence[Step]) -> list[Event]:
    """Events in no sensible order, some of steps that the plan does not know."""
    dice = random.Random(seed)  # noqa: S311 - repeatable on purpose
    keys = [*(step.key for step in steps), "build unknown", "", *NASTY]
    events: list[Event] = []
    for at in range(200):
        key, text = dice.choice(keys), dice.choice(NASTY)
        number = dice.choice([None, 0, 10, 10**12])
        events.append(
            dice.choice(
                (
                    StepStarted(key=key, at=at),
                    StepProgress(key=key, at=at, activity=text, current=number, total=number),
                    StepOutput(key=key, at=at, line=text),
                    StepFinished(
                        key=key,
                        at=at,
                        outcome=dice.choice(list(Outcome)),
                        seconds=dice.uniform(0, 9999),
                        message=text,
                        hint=text,
                        path=dice.choice([None, text]),
                        line=dice.choice([None, 3]),
                    ),
                    StepSkipped(key=key, at=at, expected=dice.choice([True, False]), because=text),
                )
            )
        )
    return events
