from __future__ import annotations

from pathlib import Path

from runs import build, done, failed, random_events, recorded, said, skip, up_to_date

from build_config.displays.output import Output
from build_config.displays.plain import show
from build_config.events import Event, Outcome, StepFinished, StepOutput, StepProgress, StepStarted
from build_config.steps import Action, Kind, Step

A, B = build("source-a"), build("source-b")


def test_each_start_end_and_skip_is_a_line() -> None:
    cancelled = StepFinished(key=B.key, at=3.0, outcome=Outcome.CANCELLED, seconds=1.0)
    c = up_to_date("source-c")
    events: list[Event] = [
        StepStarted(key=A.key, at=0.0),
        skip(c),
        done(A),
        StepStarted(key=B.key, at=2.0),
        cancelled,
    ]
    assert said(show, (A, B, c), events).splitlines() == [
        "source-a: build: started (its Dockerfile changed)",
        "source-c: build: skipped (nothing changed)",
        "source-a: build: done in 2.0 s",
        "source-b: build: started (its Dockerfile changed)",
        "source-b: build: cancelled after 1.0 s",
    ]


def test_what_came_from_the_cache_and_need_not_be_put_there_is_no_line() -> None:
    share = Step(kind=Kind.SHARE, target="source-a", action=Action.RUN, reason="for the cache")
    assert said(show, (A, share), [done(A), skip(share)]) == "source-a: build: done in 2.0 s\n"


def test_a_failure_ends_with_its_last_output_and_what_to_do() -> None:
    output: list[Event] = [
        StepOutput(key=A.key, at=1.0, line=f"line {number}") for number in range(30)
    ]
    text = said(show, (A,), [*output, failed(A)], logs=Path("logs"))
    assert text.splitlines() == [
        "source-a: build: failed after 2.0 s: `pip install` ended with exit code 1",
        *(f"    │ line {number}" for number in range(10, 30)),
        "    at connectors/source-a/Dockerfile:7",
        "    hint: fix requirements.txt",
        "    log: logs/build-source-a.log",
    ]


def test_what_runs_long_is_mentioned_every_thirty_seconds() -> None:
    events: list[Event] = [StepStarted(key=A.key, at=0.0)]
    events += [
        StepProgress(key=A.key, at=float(at), activity="[3/5] RUN pip") for at in range(5, 100, 5)
    ]
    assert said(show, (A,), events).splitlines()[1:] == [
        "source-a: build: still running: 30 s, [3/5] RUN pip",
        "source-a: build: still running: 1 m 00 s, [3/5] RUN pip",
        "source-a: build: still running: 1 m 30 s, [3/5] RUN pip",
    ]


def test_many_images_that_are_up_to_date_are_one_line() -> None:
    steps = [up_to_date(f"source-{number}") for number in range(11)]
    assert said(show, steps, [skip(step) for step in steps]) == "11 images are up to date\n"


def test_every_line_is_out_before_the_next_event_is_asked_for() -> None:
    console, text = recorded()
    consumer = show((A,), iter([StepStarted(key=A.key, at=0.0)]), Output(console=console))
    next(consumer)
    assert text().endswith("\n")
    consumer.close()


def test_no_order_of_events_breaks_it_or_a_terminal() -> None:
    for encoding in ("utf-8", "ascii"):
        console, text = recorded(encoding=encoding)
        events = random_events(3, (A, B))
        assert list(show((A, B), iter(events), Output(console=console))) == events
        assert "\x1b" not in text()
