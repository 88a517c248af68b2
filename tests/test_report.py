from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from runs import build, done, failed, random_events, recorded, skip, up_to_date

from build_config.events import INTERRUPTED, Event, Outcome, StepFinished, StepStarted
from build_config.report import Ending, Report, headline, tell, to_continue
from build_config.steps import Action, Kind, Step

A, B, C = build("source-a"), build("source-b"), build("source-c")
BASE = Step(kind=Kind.PULL, target="python:3.11", action=Action.RUN, reason="not here")


def cancelled(step: Step, message: str = "") -> StepFinished:
    return StepFinished(
        key=step.key, at=5.0, outcome=Outcome.CANCELLED, seconds=1.0, message=message
    )


def told(report: Report) -> str:
    console, text = recorded()
    tell(report, console)
    return "\n".join(line.rstrip() for line in text().splitlines())


def test_each_step_has_its_ending_in_the_order_of_the_plan() -> None:
    d = up_to_date("source-d")
    report = Report.of(
        (A, B, C, d, BASE),
        [skip(d), failed(B), done(A), skip(C, because="build source-b failed", expected=False)],
    )
    assert [result.ending for result in report.results] == [
        Ending.DONE,
        Ending.FAILED,
        Ending.SKIPPED,
        Ending.UP_TO_DATE,
        Ending.NOT_STARTED,
    ]
    assert report.seconds == 2.0


@pytest.mark.parametrize(
    ("events", "code"),
    [
        ([done(A), done(B)], 0),
        ([done(A), skip(B)], 0),
        ([done(A), failed(B)], 1),
        ([failed(A, exit_code=4), failed(B, exit_code=4)], 4),
        ([failed(A, exit_code=4), skip(B, because="a failed", expected=False)], 4),
        ([failed(A, exit_code=4), failed(B)], 1),
        ([done(A), cancelled(B)], 130),
        ([failed(A), cancelled(B, "another step failed")], 1),
        ([failed(A), cancelled(B, f"{INTERRUPTED} by Ctrl-C")], 130),
        ([failed(A), skip(B, because=INTERRUPTED, expected=False)], 130),
        ([done(A)], 1),
        ([], 1),
    ],
)
def test_the_exit_code(events: list[Event], code: int) -> None:
    assert Report.of((A, B), events).exit_code == code


def test_an_interrupt_in_the_stream_ends_the_run_and_closes_it() -> None:
    closed = []

    def passed_on() -> Iterator[Event]:
        try:
            yield done(A)
            yield StepStarted(key=B.key, at=3.0)
            raise KeyboardInterrupt
        finally:
            closed.append(True)

    report = Report.of((A, B), passed_on())
    assert report.exit_code == 130
    assert [result.ending for result in report.results] == [Ending.DONE, Ending.NOT_STARTED]
    assert closed
    assert headline(report) == "interrupted: built 1, 1 not started in 3.0 s"


def test_nothing_to_do_is_one_line() -> None:
    steps = [up_to_date(f"source-{number}") for number in range(200)]
    report = Report.of(steps, [skip(step) for step in steps], before=0.4)
    assert told(report) == (
        "everything is up to date: 200 images, checked against the engine in 0.4 s"
    )


def test_success_is_one_line() -> None:
    d = up_to_date("source-d")
    report = Report.of((BASE, A, B, d), [done(BASE), done(A), done(B, at=12.0), skip(d)])
    assert told(report) == "built 2, pulled 1, 1 up to date in 12 s"


def test_failures_are_a_table_with_the_command_that_continues() -> None:
    report = Report.of(
        (A, B, C), [done(A), failed(B), skip(C, because="build source-b failed", expected=False)]
    )
    text = told(report)
    assert text.splitlines() == [
        "",
        "step             result     time   why",
        "─" * 71,
        "build source-b   failed    2.0 s   `pip install` ended with exit code 1",
        "                                   hint: fix requirements.txt",
        "build source-c   skipped           build source-b failed",
        "",
        "built 1, 1 failed, 1 skipped in 2.0 s",
        "to continue: invoke build --connector=source-b,source-c",
    ]


def test_a_long_rest_is_continued_with_what_was_typed() -> None:
    steps = [build(f"source-{number}") for number in range(30)]
    command = "invoke build --connector=source-*"
    assert to_continue(Report.of(steps, []), command=command) == command


def test_many_steps_skipped_for_one_reason_are_one_row() -> None:
    steps = [build(f"source-{number}") for number in range(150)]
    skips = [skip(step, because="`build source-a` failed", expected=False) for step in steps]
    lines = told(Report.of((A, *steps), [failed(A), *skips])).splitlines()
    assert lines[5] == "150 steps        skipped           `build source-a` failed"
    assert len(lines) == 9


def test_the_command_that_continues_can_be_copied_from_any_terminal() -> None:
    steps = [build(f"source-with-a-rather-long-name-{number}") for number in range(5)]
    last = told(Report.of(steps, [failed(step) for step in steps])).splitlines()[-1]
    assert last.endswith(f"--connector={','.join(step.target for step in steps)}")


def test_a_failed_pull_alone_is_continued_without_names() -> None:
    assert to_continue(Report.of((BASE,), [failed(BASE)])) == "invoke build"


def test_markup_in_messages_is_not_obeyed() -> None:
    event = StepFinished(
        key=A.key, at=1.0, outcome=Outcome.FAILED, seconds=1.0, message="[red]no[/blue] :smile:"
    )
    assert "[red]no[/blue] :smile:" in told(Report.of((A,), [event]))


def test_the_json_shape_is_stable() -> None:
    document = json.loads(json.dumps(Report.of((A, B), [done(A), failed(B)]).to_json()))
    assert document.pop("steps")[1] == {
        "key": "build source-b",
        "kind": "build",
        "name": "source-b",
        "result": "failed",
        "seconds": 2.0,
        "reason": "its Dockerfile changed",
        "why": "`pip install` ended with exit code 1",
        "hint": "fix requirements.txt",
        "path": "connectors/source-b/Dockerfile",
        "line": 7,
        "size": None,
    }
    assert document == {
        "exit_code": 1,
        "seconds": 2.0,
        "interrupted": False,
        "totals": {
            "done": 1,
            "from the cache": 0,
            "up to date": 0,
            "not applicable": 0,
            "failed": 1,
            "skipped": 0,
            "cancelled": 0,
            "not started": 0,
        },
    }


def test_no_order_of_events_breaks_it() -> None:
    for seed in range(5):
        report = Report.of((A, B), random_events(seed, (A, B)))
        told(report)
        json.dumps(report.to_json())
