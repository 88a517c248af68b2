"""`invoke report` on records of runs: what it writes, says and refuses, without an engine."""

from __future__ import annotations

import io
import sys
import webbrowser
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from monorepos import settings
from records import record, step
from workflow_commands import commands_run

from build_config import history, run_record
from build_config.commands.report import report
from build_config.errors import YardError
from build_config.report import Ending
from build_config.run_record import RunRecord
from build_config.streams import Streams
from build_config.timeline.files import TIMELINE, TRACE

GOOD = record(step("source-a", size=1000))
BAD = record(
    step("source-b", outcome=Ending.FAILED, message="no such file"),
    exit_code=1,
    host="second",
    begin="2026-11-23T10:00:03+00:00",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """How it ended, and what it wrote to each of its streams."""

    code: int
    out: str
    notes: str


def run(root: Path, *, summary: Path | None = None, **flags: Any) -> Said:
    out, notes = io.StringIO(), io.StringIO()
    environ = {"GITHUB_STEP_SUMMARY": str(summary)} if summary else {}
    streams = Streams(out=out, notes=notes, environ=environ)
    code = report(settings(root), streams, **flags)
    return Said(code=code, out=out.getvalue(), notes=notes.getvalue())


def leave(folder: Path, **runs: RunRecord) -> Path:
    for name, left in runs.items():
        run_record.write(folder / name, left)
    return folder


def test_the_last_run_is_drawn_where_its_logs_are(tmp_path: Path) -> None:
    logs = leave(tmp_path / ".yard" / "logs", **{"20261122T101530Z-9": BAD})
    leave(logs, **{"20261123T101530Z-10": GOOD})
    (logs / "latest").symlink_to("20261122T101530Z-9")
    (logs / "20261124T101530Z-11").mkdir()  # that one still runs
    said = run(tmp_path)
    assert (said.code, said.out) == (0, "1 image: 1 done\n")
    folder = logs / "20261123T101530Z-10"
    assert said.notes == f"timeline: {folder / TIMELINE}\ntrace: {folder / TRACE}\n"
    assert "source-a" in (folder / TIMELINE).read_text()


def test_words_of_the_tools_are_no_commands_to_the_runner(tmp_path: Path) -> None:
    said = "`echo ##[error]no` failed"
    odd = record(step("::error::no", outcome=Ending.FAILED, message=said), exit_code=1)
    told = run(tmp_path, runs=str(leave(tmp_path / "runs", first=odd)))
    assert commands_run(told.out) == []
    assert "`echo ## [error]no` failed" in told.out


def test_runs_of_many_runners_are_one_report(tmp_path: Path) -> None:
    runs = leave(tmp_path / "runs", first=GOOD, second=BAD)
    summary = tmp_path / "summary.md"
    said = run(tmp_path, runs=str(runs), summary=summary)
    assert (said.code, said.out) == (
        1,
        "2 images: 1 failed, 1 done\n  source-b: build failed: no such file\n",
    )
    assert summary.read_text().count("<table>") == 1
    assert "on 2 runners" in (runs / TIMELINE).read_text()
    assert (runs / TRACE).is_file()


def test_what_runners_found_out_is_kept_for_the_next_matrix(tmp_path: Path) -> None:
    runs = leave(tmp_path / "runs", first=GOOD, second=BAD)
    run(tmp_path, runs=str(runs))
    assert history.read(tmp_path / ".yard") == {"build source-a": 2.0}
    assert history.read_sizes(tmp_path / ".yard") == {"build source-a": 1000}


def test_a_run_that_broke_off_fails_the_report_and_says_why(tmp_path: Path) -> None:
    broken = replace(GOOD, problem="the engine went away", exit_code=4)
    said = run(tmp_path, runs=str(leave(tmp_path / "runs", first=broken)))
    assert (said.code, said.out.splitlines()[1]) == (1, "  runner: the engine went away")


def test_no_run_is_no_success(tmp_path: Path) -> None:
    with pytest.raises(YardError, match="there is no run to report on") as here:
        run(tmp_path)
    with pytest.raises(YardError, match="holds no run") as elsewhere:
        run(tmp_path, runs=str(tmp_path))
    assert "invoke build" in here.value.hint
    assert "run.json" in elsewhere.value.hint
    assert {here.value.exit_code, elsewhere.value.exit_code} == {1}


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    runs = leave(tmp_path / "runs", first=GOOD)
    with pytest.raises(YardError, match="absent/summary` cannot be written: No such file"):
        run(tmp_path, runs=str(runs), summary=tmp_path / "absent" / "summary")
    (runs / TIMELINE).unlink()
    (runs / TIMELINE).mkdir()
    with pytest.raises(YardError, match=r"timeline\.html` cannot be written: Is a directory"):
        run(tmp_path, runs=str(runs))


def test_it_is_opened_in_the_browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs, seen = leave(tmp_path / "runs", first=GOOD), tmp_path / "seen"
    script = f"import sys, pathlib; pathlib.Path({str(seen)!r}).write_text(sys.argv[1])"
    browser = webbrowser.GenericBrowser([sys.executable, "-c", script, "%s"])
    monkeypatch.setattr(webbrowser, "_tryorder", ["ours"])
    monkeypatch.setattr(webbrowser, "_browsers", {"ours": [None, browser]})
    assert "no browser" not in run(tmp_path, runs=str(runs), open_timeline=True).notes
    assert seen.read_text() == (runs / TIMELINE).as_uri()
    monkeypatch.setattr(webbrowser, "_tryorder", [])
    said = run(tmp_path, runs=str(runs), open_timeline=True)
    assert f"no browser could be started: open `{runs / TIMELINE}` yourself" in said.notes
