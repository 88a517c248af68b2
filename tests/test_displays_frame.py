from __future__ import annotations

import pytest
from rich.cells import cell_len
from runs import build, done, failed, random_events

from build_config.displays.board import Board, seconds_left
from build_config.displays.frame import Screen, rows
from build_config.events import Event, StepProgress, StepStarted
from build_config.steps import Action, Kind, Step
from build_config.wording import ASCII_MARKS, UNICODE_MARKS, Marks

A, B = build("source-a"), build("source-日本語")


def after(steps: list[Step], *events: Event) -> Board:
    board = Board.of(steps)
    for event in events:
        board = board.after(event)
    return board


def drawn(
    board: Board, now: float, *, width: int = 80, height: int = 24, marks: Marks = UNICODE_MARKS
) -> list[str]:
    screen = Screen(width=width, height=height, marks=marks)
    return [row.plain for row in rows(board, now, screen)]


def test_a_row_says_who_what_and_how_long() -> None:
    board = after(
        [A, B],
        StepStarted(key=A.key, at=0.0),
        StepStarted(key=B.key, at=1.0),
        StepProgress(key=A.key, at=1.0, activity="[3/5] RUN pip install"),
    )
    assert drawn(board, 4.0) == [
        "⠹    4.0 s  build source-a       [3/5] RUN pip install",
        "⠹    3.0 s  build source-日本語",
        "────────────────  0/2 · 2 running · 4.0 s",
    ]


def test_bytes_come_with_their_rate() -> None:
    def moved(at: float, current: int) -> StepProgress:
        return StepProgress(key=A.key, at=at, activity="layer", current=current, total=40_000_000)

    board = after([A], StepStarted(key=A.key, at=0.0), moved(1.0, 1_000_000), moved(3.0, 9_000_000))
    assert drawn(board, 4.0)[0].endswith("9.0 MB of 40.0 MB · 4.0 MB/s · layer")


def test_a_pull_keeps_the_end_of_its_reference() -> None:
    step = Step(
        kind=Kind.PULL,
        target="registry.example.org/a/very/long/namespace/that/goes/on/python:3.11",
        action=Action.RUN,
        reason="",
    )
    row = drawn(after([step], StepStarted(key=step.key, at=0.0)), 1.0, width=60)[0]
    assert row[1:].startswith("    1.0 s  pull …")
    assert row.endswith("/python:3.11")


def test_the_rest_is_guessed_from_the_plan_and_how_wrong_it_was() -> None:
    steps = [build(f"source-{number}", seconds=10.0) for number in range(5)]
    board = after(
        steps,
        StepStarted(key=steps[0].key, at=0.0),
        StepStarted(key=steps[1].key, at=0.0),
        done(steps[0], at=20.0, seconds=20.0),
        StepStarted(key=steps[2].key, at=20.0),
    )
    # Twice as slow as planned: two wait for 20 s each, one has 20 s to go, one is overdue.
    assert seconds_left(board, 20.0) == pytest.approx(30.0)
    assert drawn(board, 20.0)[-1].endswith("1/5 · 2 running · 20 s · about 30 s left")


def test_nothing_is_guessed_before_anything_has_ended() -> None:
    assert seconds_left(after([A], StepStarted(key=A.key, at=0.0)), 5.0) is None


def test_failures_are_counted_at_the_bottom() -> None:
    board = after([A, B], StepStarted(key=A.key, at=0.0), failed(A))
    assert "1/2 · 0 running · 1 failed" in drawn(board, 2.0)[-1]


@pytest.mark.parametrize("marks", [UNICODE_MARKS, ASCII_MARKS])
@pytest.mark.parametrize(
    ("width", "height"), [(80, 24), (60, 15), (38, 10), (20, 3), (5, 2), (1, 1)]
)
def test_no_row_is_wider_or_more_than_the_screen(width: int, height: int, marks: Marks) -> None:
    steps = [build(f"source-日本語-コネクタ-{number}") for number in range(100)]
    started: list[Event] = [StepStarted(key=step.key, at=0.0) for step in steps]
    board = after(steps, *started, *random_events(1, steps))
    lines = drawn(board, 3.0, width=width, height=height, marks=marks)
    assert len(lines) <= max(height - 1, 1)
    assert all(cell_len(line) <= width for line in lines)
