from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from runs import build, done, failed, random_events, skip

from build_config.events import Event, StepOutput, StepProgress, StepStarted
from build_config.logs import KEPT_RUNS, keep, log_path, run_folder
from build_config.steps import Step

A, B = build("source-a"), build("source-b")
NOW = datetime(2026, 11, 22, 10, 15, 30, tzinfo=UTC)


def logged(run: Path, *events: Event, steps: tuple[Step, ...] = (A, B)) -> list[str]:
    """The warnings of a run with these events; every event must have been passed on."""
    warnings: list[str] = []
    assert tuple(keep(steps, iter(events), run, warn=warnings.append)) == events
    return warnings


def test_a_log_has_what_why_output_and_outcome(tmp_path: Path) -> None:
    assert not logged(
        tmp_path / "run",
        StepStarted(key=A.key, at=0.0),
        StepProgress(key=A.key, at=0.5, activity="[1/2] FROM base", current=1),
        StepProgress(key=A.key, at=0.6, activity="[1/2] FROM base", current=2),
        StepOutput(key=A.key, at=1.0, line="collecting"),
        failed(A),
    )
    lines = log_path(tmp_path / "run", A.key).read_text().splitlines()
    assert lines.pop(2).startswith("# started: 20")
    assert lines == [
        "# build source-a",
        "# why: its Dockerfile changed",
        "",
        "==> [1/2] FROM base",
        "collecting",
        "",
        "# failed after 2.0 s: `pip install` ended with exit code 1",
        "# hint: fix requirements.txt",
    ]


def test_lines_are_on_disk_before_the_step_ends(tmp_path: Path) -> None:
    events: list[Event] = [
        StepStarted(key=A.key, at=0.0),
        StepOutput(key=A.key, at=1.0, line="now"),
        done(A),
    ]
    consumer = keep((A,), iter(events), tmp_path, warn=pytest.fail)
    next(consumer)
    next(consumer)
    assert log_path(tmp_path, A.key).read_text().endswith("now\n")
    consumer.close()


def test_a_run_in_which_nothing_starts_leaves_no_folder(tmp_path: Path) -> None:
    assert not logged(tmp_path / "run", skip(A))
    assert not list(tmp_path.iterdir())


def test_the_run_is_named_by_time_and_process(tmp_path: Path) -> None:
    berlin = NOW.astimezone(None)
    folder = run_folder(tmp_path, now=berlin, process=4711)
    assert folder == tmp_path / ".yard" / "logs" / "20261122T101530Z-4711"


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("build source-file", "build-source-file.log"),
        ("pull python:3.11", "pull-python-3.11-08333b7f.log"),
        ("pull ../../etc/passwd", "pull-..-..-etc-passwd-16fe68ed.log"),
    ],
)
def test_a_log_is_named_by_its_step(key: str, name: str) -> None:
    assert log_path(Path("run"), key) == Path("run") / name


def test_no_two_steps_share_a_log() -> None:
    keys = ["pull a:b", "pull a/b", "pull a-b", "pull " + "x" * 300, "pull " + "x" * 301, "pull é"]
    paths = {log_path(Path(), key) for key in keys}
    assert len(paths) == len(keys)
    assert all(len(str(path)) < 200 for path in paths)


def test_latest_points_at_the_newest_and_old_runs_go(tmp_path: Path) -> None:
    runs = [
        run_folder(tmp_path, now=NOW + timedelta(seconds=second), process=1) for second in range(23)
    ]
    (tmp_path / ".yard" / "logs" / "my notes").mkdir(parents=True)
    for run in runs:
        logged(run, StepStarted(key=A.key, at=0.0), done(A))
    logs = tmp_path / ".yard" / "logs"
    assert (logs / "latest").resolve() == runs[-1].resolve()
    kept = {path.name for path in logs.iterdir()}
    assert kept == {run.name for run in runs[-KEPT_RUNS:]} | {"latest", "my notes"}


def test_somebodys_own_latest_stays_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    logs = tmp_path / ".yard" / "logs"
    (logs / "latest" / "theirs").mkdir(parents=True)
    run = run_folder(tmp_path, now=NOW, process=1)
    assert logged(run, StepStarted(key=A.key, at=0.0), done(A)) == []
    assert {path.name for path in logs.iterdir()} == {"latest", run.name}
    assert (logs / "latest" / "theirs").is_dir()


def test_a_folder_that_cannot_be_made_is_one_warning(tmp_path: Path) -> None:
    (tmp_path / ".yard").write_text("a file where the folder should be")
    warnings = logged(
        run_folder(tmp_path, now=NOW, process=1),
        StepStarted(key=A.key, at=0.0),
        StepStarted(key=B.key, at=0.0),
        StepOutput(key=A.key, at=1.0, line="x"),
        done(A),
    )
    assert len(warnings) == 1
    assert warnings[0].startswith("no more logs of this run: Not a directory")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_warning(tmp_path: Path) -> None:
    log_path(tmp_path, A.key).symlink_to("/dev/full")
    warnings = logged(
        tmp_path,
        StepStarted(key=A.key, at=0.0),
        StepOutput(key=A.key, at=1.0, line="x"),
        done(A),
    )
    assert len(warnings) == 1
    assert "No space left on device" in warnings[0]


def test_files_are_closed_when_the_run_breaks(tmp_path: Path) -> None:
    consumer = keep((A,), iter([StepStarted(key=A.key, at=0.0)]), tmp_path, warn=pytest.fail)
    next(consumer)
    consumer.close()  # an open file would be a ResourceWarning, and that an error


def test_no_order_of_events_breaks_it(tmp_path: Path) -> None:
    for seed in range(5):
        assert not logged(tmp_path / str(seed), *random_events(seed, (A, B)))
