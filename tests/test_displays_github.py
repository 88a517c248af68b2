from __future__ import annotations

from dataclasses import replace

from runs import NASTY, build, done, failed, random_events, said, skip
from workflow_commands import commands_run

from build_config.displays.github import annotation, escape_property, show
from build_config.events import Event, StepOutput, StepStarted

A, B = build("source-a"), build("source-b")


def test_a_step_is_one_folded_group_when_it_ends() -> None:
    events: list[Event] = [
        StepStarted(key=A.key, at=0.0),
        StepStarted(key=B.key, at=0.0),
        StepOutput(key=A.key, at=1.0, line="of a"),
        StepOutput(key=B.key, at=1.0, line="of b"),
        done(A),
    ]
    lines = said(show, (A, B), events).splitlines()
    token = lines[2].removeprefix("::stop-commands::")
    assert len(token) == 32
    assert lines == [
        "::group::✓ source-a: build: done in 2.0 s",
        "why: its Dockerfile changed",
        f"::stop-commands::{token}",
        "of a",
        f"::{token}::",
        "::endgroup::",
    ]


def test_a_failure_is_annotated_at_its_line() -> None:
    assert said(show, (A,), [failed(A)]).splitlines()[-1] == (
        "::error file=connectors/source-a/Dockerfile,line=7,title=source-a%3A build failed"
        "::`pip install` ended with exit code 1%0Ahint: fix requirements.txt"
    )


def test_a_message_of_several_lines_stays_one_command() -> None:
    event = replace(failed(A), message="100 %\n::error::injected", hint="", path=None)
    assert annotation(event, "no") == "::error title=no::100 %25%0A::error::injected"


def test_a_failure_without_a_place_is_annotated_all_the_same() -> None:
    event = done(A)
    assert annotation(event, "no") == "::error title=no::no"


def test_properties_cannot_end_early() -> None:
    assert escape_property("a:b,c%d\r\n") == "a%3Ab%2Cc%25d%0D%0A"


def test_tools_cannot_run_workflow_commands() -> None:
    for seed in range(20):
        text = said(show, (A, B), random_events(seed, (A, B)))
        assert set(commands_run(text)) <= {"group", "endgroup", "error", "notice"}
        assert commands_run(text).count("group") == commands_run(text).count("endgroup")


def test_no_word_of_a_reason_is_a_command() -> None:
    step = build("source-a", reason="##[error]x")
    events: list[Event] = [skip(step, because=text) for text in NASTY]
    assert commands_run(said(show, (step,), [*events, done(step)])) == ["group", "endgroup"]


def test_no_more_is_annotated_than_the_page_shows_and_that_is_said() -> None:
    steps = tuple(build(f"source-{number}") for number in range(13))
    text = said(show, steps, [failed(step) for step in steps])
    assert commands_run(text).count("error") == 10
    assert text.splitlines()[-1] == (
        "::notice title=Not annotated::3 more failures, listed in the summary of this job"
    )
