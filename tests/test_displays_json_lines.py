from __future__ import annotations

import json
from typing import Any

from runs import build, done, random_events, recorded, said, skip, up_to_date

from build_config.displays.json_lines import show
from build_config.displays.output import Output
from build_config.events import Event, StepOutput, StepProgress, StepStarted

A, B = build("source-a"), up_to_date("source-b")


def test_the_plan_comes_first_then_each_event_then_the_summary() -> None:
    events: list[Event] = [
        StepStarted(key=A.key, at=0.1 + 0.2),
        StepProgress(key=A.key, at=1.0, activity="layer", current=1, total=2),
        StepOutput(key=A.key, at=1.0, line="日本"),
        done(A),
        skip(B),
    ]
    lines = [json.loads(line) for line in said(show, (A, B), events).splitlines()]
    plan, started, progress, output, finished, skipped, summary = lines
    assert plan["event"] == "plan"
    assert plan["steps"][0] == {
        "key": "build source-a",
        "kind": "build",
        "target": "source-a",
        "action": "run",
        "reason": "its Dockerfile changed",
        "needs": [],
        "seconds": 1.0,
    }
    assert started == {"event": "step_started", "key": "build source-a", "at": 0.3}
    assert progress == {
        "event": "step_progress",
        "key": "build source-a",
        "at": 1.0,
        "activity": "layer",
        "current": 1,
        "total": 2,
    }
    assert output["line"] == "日本"
    assert finished == {
        "event": "step_finished",
        "key": "build source-a",
        "at": 2.0,
        "outcome": "done",
        "cached": False,
        "seconds": 2.0,
        "message": "",
        "hint": "",
        "path": None,
        "line": None,
        "exit_code": 0,
        "size": None,
    }
    assert skipped["event"] == "step_skipped"
    assert (summary["event"], summary["exit_code"]) == ("summary", 0)


def test_a_run_that_is_broken_off_has_no_summary() -> None:
    console, text = recorded()
    events: list[Event] = [StepStarted(key=A.key, at=0.0), done(A)]
    consumer = show((A,), iter(events), Output(console=console))
    next(consumer)
    consumer.close()
    assert [json.loads(line)["event"] for line in text().splitlines()] == ["plan", "step_started"]


def test_every_line_is_ascii_json_whatever_tools_print() -> None:
    events = random_events(5, (A, B))
    lines = said(show, (A, B), events).split("\n")
    assert lines.pop() == ""
    parsed: list[dict[str, Any]] = [json.loads(line) for line in lines]
    assert len(parsed) == len(events) + 2
    assert all("event" in line for line in parsed)
