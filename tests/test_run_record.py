from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from runs import build, done, failed, skip, up_to_date

from build_config.acceptance.case import CaseResult, Category, Verdict
from build_config.errors import EngineUnavailableError, YardError
from build_config.events import (
    CaseFinished,
    Event,
    StepPhase,
    StepProgress,
    StepStarted,
)
from build_config.report import Ending, Report
from build_config.run_record import FILE, Phase, RunRecord, host_name, read, read_all, write
from build_config.run_recording import Recorder
from build_config.steps import Kind

A, B, C = build("source-a"), build("source-b"), up_to_date("base-c")
STARTED = StepStarted(key=A.key, at=0.5)


def recorder() -> Recorder:
    return Recorder(
        steps=(C, A, B),
        command="invoke build",
        host="runner 1",
        jobs=2,
        begin=datetime(2026, 11, 22, 10, 15, 30, tzinfo=UTC),
        planning=1.0,
        sizes={A.key: 900},
    )


def recorded(folder: Path, *events: Event) -> RunRecord:
    """What is read back of a run with these events."""
    hearing = recorder()
    with hearing.keep([partial(write, folder)]) as keep:
        keep(Report.of(hearing.steps, hearing.hear(events), before=hearing.planning))
    return read(folder)


def breaking_off(error: Exception) -> Iterator[Event]:
    yield STARTED
    raise error


def test_a_run_is_read_back_as_it_was(tmp_path: Path) -> None:
    ended = replace(done(A, at=4.5), size=1000)
    record = recorded(tmp_path, skip(C), STARTED, ended, StepStarted(key=B.key, at=4.5), failed(B))
    assert (record.command, record.host, record.jobs) == ("invoke build", "runner 1", 2)
    assert (record.begin, record.seconds) == ("2026-11-22T10:15:30.000+00:00", 5.5)
    assert (record.exit_code, record.failed, record.problem) == (1, True, "")
    base, first, second = record.steps
    assert (base.outcome, base.begin, base.skipped_as_expected) == (Ending.UP_TO_DATE, None, True)
    assert (first.begin, first.end, first.seconds) == (1.5, 5.5, 4.0)
    assert (first.size, first.grown, first.kind) == (1000, 100, Kind.BUILD)
    assert (second.outcome, second.path, second.line) == (
        Ending.FAILED,
        "connectors/source-b/Dockerfile",
        7,
    )


def test_phases_are_the_parts_and_what_was_done_between_them(tmp_path: Path) -> None:
    record = recorded(
        tmp_path,
        STARTED,
        StepProgress(key=A.key, at=0.5, activity="sending the context"),
        StepProgress(key=A.key, at=1.0, activity="[2/3] RUN make"),
        StepProgress(key=A.key, at=1.5, activity="[3/3] COPY . ."),
        StepPhase(key=A.key, at=2.0, name="[2/3] RUN make", seconds=1.0),
        StepPhase(key=A.key, at=2.5, name="[3/3] COPY . .", seconds=1.0, cached=True),
        done(A, at=4.5),
    )
    assert record.steps[1].phases == (
        Phase(name="sending the context", begin=1.5, end=2.0),
        Phase(name="[2/3] RUN make", begin=2.0, end=3.0),
        Phase(name="[3/3] COPY . .", begin=2.5, end=3.5, cached=True),
    )


def test_what_takes_turns_to_be_said_is_one_phase_each(tmp_path: Path) -> None:
    words = ["Downloading a", "Downloading b"] * 500
    said = [StepProgress(key=A.key, at=1 + n / 1000, activity=w) for n, w in enumerate(words)]
    phases = recorded(tmp_path, STARTED, *said, done(A, at=2.0)).steps[1].phases
    assert [(p.name, p.begin, p.end) for p in phases] == [
        ("Downloading a", 2.0, 2.999),
        ("Downloading b", 2.001, 3.0),
    ]


def test_cases_are_counted(tmp_path: Path) -> None:
    case = CaseResult(category=Category.SPEC, name="is valid", verdict=Verdict.PASSED)
    heard = [
        CaseFinished(key=A.key, at=1.0, case=case),
        CaseFinished(key=A.key, at=1.0, case=replace(case, verdict=Verdict.FAILED)),
    ]
    record = recorded(tmp_path, STARTED, *heard, failed(A))
    assert record.steps[1].cases == {"passed": 1, "failed": 1, "skipped": 0}
    assert record.steps[2].cases == {}


def test_a_run_that_breaks_off_leaves_what_is_known(tmp_path: Path) -> None:
    hearing = recorder()
    lost = EngineUnavailableError("the engine went away")
    with pytest.raises(EngineUnavailableError), hearing.keep([partial(write, tmp_path)]) as keep:
        keep(Report.of(hearing.steps, hearing.hear(breaking_off(lost)), before=1.0))
    record = read(tmp_path)
    assert (record.exit_code, record.problem) == (4, "the engine went away")
    assert record.steps[1].begin == 1.5
    assert record.steps[2].outcome is Ending.NOT_STARTED


def test_all_records_below_a_folder_are_found_once(tmp_path: Path) -> None:
    record = recorded(tmp_path / "b" / "2", STARTED, done(A))
    write(tmp_path / "a" / "1", replace(record, begin="2026-11-22T10:15:31.000+00:00"))
    (tmp_path / "b" / "latest").symlink_to("2")
    assert [found.begin[17:19] for found in read_all(tmp_path)] == ["30", "31"]
    assert read_all(tmp_path / "nowhere") == ()


def test_the_copy_of_the_last_run_that_an_artifact_has_is_no_other_run(tmp_path: Path) -> None:
    logs, artifact = tmp_path / "logs", tmp_path / "artifact"
    run = recorded(logs / "20261122T101530Z-1", STARTED, done(A, at=4.5))
    (logs / "latest").symlink_to("20261122T101530Z-1")
    shutil.copytree(logs, artifact)  # follows links, as `actions/upload-artifact` does
    assert not (artifact / "latest").is_symlink()
    assert read_all(artifact) == (run,)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        b'{"format": 1}',
        b'{"format": 2, "command": "invoke build"}',
    ],
)
def test_what_is_no_record_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(YardError, match=r"run\.json` is not the record of a run"):
        read_all(tmp_path)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("seconds", "12"),
        ("seconds", float("nan")),
        ("seconds", -1),
        ("seconds", 10**14),
        ("seconds", 10**400),
        ("jobs", True),
        ("jobs", 0),
        ("jobs", 10**400),
        ("begin", "yesterday"),
        ("begin", "2026-11-22T10:15:30"),
        ("begin", "9999-12-31T23:59:59+00:00"),
        ("steps", [{"key": 1}]),
    ],
)
def test_a_member_that_cannot_be_is_refused(member: str, value: object, tmp_path: Path) -> None:
    recorded(tmp_path, STARTED)
    document = json.loads((tmp_path / FILE).read_text())
    (tmp_path / FILE).write_text(json.dumps({**document, "unknown": None}))
    read(tmp_path)
    (tmp_path / FILE).write_text(json.dumps({**document, member: value}))
    with pytest.raises(YardError, match="is not the record of a run"):
        read(tmp_path)


def test_a_folder_without_a_record_says_so(tmp_path: Path) -> None:
    with pytest.raises(YardError, match="cannot be read: No such file"):
        read(tmp_path)


def test_the_host_is_the_runner_where_there_is_one() -> None:
    assert host_name({"RUNNER_NAME": "GitHub Actions 3"}) == "GitHub Actions 3"
    assert host_name({})
