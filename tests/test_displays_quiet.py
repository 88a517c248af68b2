from __future__ import annotations

from runs import build, done, failed, random_events, said, skip, up_to_date

from build_config.displays.quiet import show
from build_config.events import Event, StepOutput, StepStarted

A, B = build("source-a"), build("source-b")


def test_what_goes_well_is_not_mentioned() -> None:
    c = up_to_date("source-c")
    events: list[Event] = [StepStarted(key=A.key, at=0.0), skip(c), done(A)]
    assert said(show, (A, c), events) == ""


def test_a_failure_is_told_with_its_last_output() -> None:
    events: list[Event] = [
        StepOutput(key=A.key, at=0.0, line="no such package"),
        failed(A),
        done(B),
    ]
    assert said(show, (A, B), events).splitlines() == [
        "source-a: build: failed after 2.0 s: `pip install` ended with exit code 1",
        "    │ no such package",
        "    at connectors/source-a/Dockerfile:7",
        "    hint: fix requirements.txt",
    ]


def test_no_order_of_events_breaks_it() -> None:
    said(show, (A, B), random_events(4, (A, B)))
