from __future__ import annotations

import re
from pathlib import Path

from runs import NASTY, build, done, failed, random_events, recorded, said, skip, up_to_date

from build_config.displays.github import annotation, escape_property, show, summary
from build_config.displays.output import Output
from build_config.events import Event, StepFinished, StepOutput, StepStarted
from build_config.report import Report

A, B = build("source-a"), build("source-b")


def commands_run(text: str) -> list[str]:
    """What the runner would obey, read as actions/runner's `ActionCommandManager` does."""
    obeyed, resume = [], None
    for line in text.split("\n"):
        match = re.match(r"\s*::([a-z-]+)[^:]*::(.*)", line)
        if resume is not None:
            resume = None if line.strip() == f"::{resume}::" else resume
        elif match and match.group(1) == "stop-commands":
            resume = match.group(2)
        elif match:
            obeyed.append(match.group(1))
        elif "##[" in line:
            obeyed.append("##[")
    return obeyed


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


def test_a_failure_without_a_place_is_annotated_all_the_same() -> None:
    event = done(A)
    assert annotation(event, "no") == "::error title=no::no"


def test_properties_cannot_end_early() -> None:
    assert escape_property("a:b,c%d\r\n") == "a%3Ab%2Cc%25d%0D%0A"


def test_tools_cannot_run_workflow_commands() -> None:
    for seed in range(20):
        text = said(show, (A, B), random_events(seed, (A, B)))
        assert set(commands_run(text)) <= {"group", "endgroup", "error"}
        assert commands_run(text).count("group") == commands_run(text).count("endgroup")


def test_no_word_of_a_reason_is_a_command() -> None:
    step = build("source-a", reason="##[error]x")
    events: list[Event] = [skip(step, because=text) for text in NASTY]
    assert commands_run(said(show, (step,), [*events, done(step)])) == ["group", "endgroup"]


def test_the_summary_is_a_table_with_failures_first(tmp_path: Path) -> None:
    path = tmp_path / "summary.md"
    path.write_text("before\n")
    console, _ = recorded()
    steps = [A, B, up_to_date("source-c")]
    events: list[Event] = [done(A), failed(B), skip(steps[2])]
    list(show(steps, iter(events), Output(console=console, summary=path)))
    assert path.read_text() == (
        "before\n"
        "### built 1, 1 up to date, 1 failed in 2.0 s\n"
        "\n"
        "| image | result | time | why |\n"
        "| --- | --- | ---: | --- |\n"
        "| source\\-b | ❌ failed | 2.0 s | \\`pip install\\` ended with exit code 1 |\n"
        "| source\\-a | ✅ done | 2.0 s | its Dockerfile changed |\n"
        "\n"
    )


def test_the_summary_is_written_when_the_run_breaks(tmp_path: Path) -> None:
    console, _ = recorded()
    output = Output(console=console, summary=tmp_path / "summary.md")
    events: list[Event] = [done(A), StepStarted(key=B.key, at=2.0)]
    consumer = show((A, B), iter(events), output)
    next(consumer)
    consumer.close()
    assert "| source\\-b | not started |" in (tmp_path / "summary.md").read_text()


def test_markdown_in_messages_is_shown_as_it_is() -> None:
    event = StepFinished(
        key=A.key, at=1.0, outcome=failed(A).outcome, seconds=1.0, message="a|b <b>*c*</b>\n[d](e)"
    )
    row = summary(Report.of((A,), [event])).splitlines()[4]
    assert row.endswith(r"| a\|b \<b\>\*c\*\</b\> \[d\]\(e\) |")
