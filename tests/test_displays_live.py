from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from runs import NASTY, build, done, failed, random_events, recorded, said, skip, up_to_date
from terminal import lines_shown

from build_config.displays.live import show
from build_config.displays.output import Output
from build_config.events import Event, Outcome, StepFinished, StepOutput, StepStarted
from build_config.wording import UNICODE_MARKS

HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"

A, B = build("source-a"), build("source-b")


def test_what_has_ended_stays_and_the_rows_go() -> None:
    console, text = recorded(terminal=True)
    events: list[Event] = [
        StepStarted(key=A.key, at=0.0),
        StepStarted(key=B.key, at=0.0),
        done(A, at=2.0),
        skip(B, because="build source-a was no good", expected=False),
    ]
    assert list(show((A, B), iter(events), Output(console=console, clock=lambda: 2.0))) == events
    assert "1 running" in text()
    assert lines_shown(text()) == [
        "✓    2.0 s  build source-a",
        f"{UNICODE_MARKS.skipped}           build source-b  skipped: build source-a was no good",
    ]


def test_rows_never_exceed_the_screen_with_a_hundred_running() -> None:
    console, text = recorded(terminal=True)
    steps = [build(f"source-{number}") for number in range(100)]
    events: list[Event] = [StepStarted(key=step.key, at=0.0) for step in steps]
    consumer = show(steps, iter([*events, done(steps[0])]), Output(console=console))
    for _ in range(101):
        next(consumer)
    shown = lines_shown(text())
    consumer.close()
    assert shown[0] == "✓    2.0 s  build source-0"
    assert len(shown) <= 1 + 23
    assert shown[-2].strip() == "… and 78 more"
    assert shown[-1].split("  ", 1)[1].startswith("1/100 · 99 running")


def test_a_failure_shows_its_last_output_and_what_to_do() -> None:
    events: list[Event] = [StepStarted(key=A.key, at=0.0)]
    events += [StepOutput(key=A.key, at=1.0, line=f"line {number}") for number in range(30)]
    text = said(show, (A,), [*events, failed(A)], logs=Path(".yard/logs/now"))
    assert text.splitlines() == [
        "✗    2.0 s  build source-a  failed: `pip install` ended with exit code 1",
        *(f"    │ line {number}" for number in range(10, 30)),
        "    at connectors/source-a/Dockerfile:7",
        "    hint: fix requirements.txt",
        "    log: .yard/logs/now/build-source-a.log",
    ]


def test_many_images_that_are_up_to_date_are_one_line() -> None:
    steps = [up_to_date(f"source-{number}") for number in range(198)]
    text = said(show, steps, [skip(step) for step in steps])
    assert text == "✓           198 images are up to date\n"


def test_a_run_with_nothing_to_do_draws_no_rows() -> None:
    console, text = recorded(terminal=True)
    c = up_to_date("source-c")
    list(show((c,), iter([skip(c)]), Output(console=console)))
    assert lines_shown(text()) == ["✓           build source-c  nothing changed"]
    assert "running" not in text()


def test_few_images_that_are_up_to_date_are_named() -> None:
    steps = [up_to_date(f"source-{number}") for number in range(3)]
    text = said(show, steps, [skip(step) for step in steps])
    assert text.splitlines()[2] == "✓           build source-2  nothing changed"


def test_the_cursor_comes_back_when_the_run_breaks() -> None:
    def broken() -> Iterator[Event]:
        yield StepStarted(key=A.key, at=0.0)
        raise KeyboardInterrupt

    console, text = recorded(terminal=True)
    with pytest.raises(KeyboardInterrupt):
        list(show((A,), broken(), Output(console=console)))
    assert text().rindex(SHOW) > text().rindex(HIDE)


def test_nothing_is_written_after_close() -> None:
    console, text = recorded(terminal=True)
    events: list[Event] = [StepStarted(key=A.key, at=0.0), done(A)]
    consumer = show((A,), iter(events), Output(console=console))
    next(consumer)
    before = threading.active_count()
    consumer.close()
    written = text()
    assert threading.active_count() == before - 1
    assert written.rindex(SHOW) > written.rindex(HIDE)
    threading.Event().wait(0.3)
    assert text() == written


def test_rows_move_on_while_no_event_comes() -> None:
    console, text = recorded(terminal=True)
    ticks = iter(range(10**6))
    output = Output(console=console, clock=lambda: float(next(ticks)))
    events: list[Event] = [StepStarted(key=A.key, at=0.0), done(A)]
    consumer = show((A,), iter(events), output)
    next(consumer)
    threading.Event().wait(0.6)
    consumer.close()
    assert text().count("source-a") >= 2


def test_rows_that_a_narrower_terminal_wrapped_are_cleared() -> None:
    console, text = recorded(terminal=True)
    steps = [build("source-" + "x" * 60), B]
    events: list[Event] = [
        StepStarted(key=steps[0].key, at=0.0),
        StepStarted(key=B.key, at=0.0),
        done(B),
    ]
    consumer = show(steps, iter([*events, done(B)]), Output(console=console))
    for _ in range(3):
        next(consumer)
    console.width = 30
    before = len(text())
    next(consumer)
    after_resize = text()[before:]
    consumer.close()
    # Two rows were drawn; at 30 columns the terminal has made four or more of them.
    assert after_resize.count("\x1b[1A") >= 3


def test_what_ascii_cannot_say_is_replaced() -> None:
    console, text = recorded(terminal=True, encoding="ascii")
    step = build("source-日本")
    events: list[Event] = [StepStarted(key=step.key, at=0.0), done(step)]
    list(show((step,), iter(events), Output(console=console)))
    assert "+    2.0 s  build source-??" in lines_shown(text())


def test_foreign_text_cannot_steer_the_terminal() -> None:
    events: list[Event] = [StepOutput(key=A.key, at=0.0, line=line) for line in NASTY]
    message = StepFinished(
        key=A.key, at=1.0, outcome=Outcome.FAILED, seconds=1.0, message="\x1b[2J\rgone\x1b[H"
    )
    text = said(show, (A,), [*events, message])
    assert "\x1b" not in text
    assert "\r" not in text
    assert "[bold]markup[/nothing] :smile:" in text


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
@pytest.mark.parametrize("size", [(80, 24), (20, 5), (3, 1)])
def test_no_order_of_events_breaks_it(encoding: str, size: tuple[int, int]) -> None:
    steps = [A, B, up_to_date("source-c")]
    for seed in range(5):
        console, _ = recorded(terminal=True, encoding=encoding, width=size[0], height=size[1])
        events = random_events(seed, steps)
        assert list(show(steps, iter(events), Output(console=console))) == events
