"""`invoke report`: the last run, or those of many runners, as a timeline, a trace and a table."""

from __future__ import annotations

import webbrowser
from collections.abc import Sequence
from pathlib import Path

from build_config import history
from build_config.displays.github import escape_data, own_line
from build_config.errors import YardError
from build_config.needed_jobs import VARIABLE, judge
from build_config.report import Ending
from build_config.run_record import FILE, RunRecord, last_folder, read, read_all
from build_config.run_table import headline
from build_config.settings import Settings
from build_config.step_summary import append_summary, summary_file
from build_config.streams import Streams
from build_config.timeline.files import TIMELINE, TRACE, write_pictures
from build_config.wording import one_line

_FAILED = 1


def report(
    settings: Settings,
    streams: Streams,
    *,
    runs: str | None = None,
    open_timeline: bool = False,
) -> int:
    """Write the pictures and say where; 1 when one of the runs did not succeed.

    Where GitHub tells of the jobs that made the runs, also when one of these did not.

    Args:
        settings: of the repository.
        streams: where to write; its environment names the summary of the job, where there is one.
        runs: folder with the records of runs, at any depth; None is the last run here.
        open_timeline: also open it in the browser.

    Raises:
        YardError: there is no run, one of them cannot be understood, or there is no room for what
            is drawn.
    """
    jobs = None if runs is None else _tell_of_jobs(Path(runs), streams)
    if runs is None:
        folder = _last_run(settings.state)
        records: tuple[RunRecord, ...] = (read(folder),)
    else:
        folder = Path(runs)
        records = read_all(folder) if jobs else _all_runs(folder)
        _learn(settings.state, records)
    if not records:
        streams.say("no runner had anything to do")
        return 0
    streams.say(headline(records))
    for line in _problems(records):
        streams.say(own_line(f"  {line}"))
    file = summary_file(streams.environ)
    try:
        draw(folder, records, streams)
        if file is not None:
            append_summary(file, records)
    except OSError as error:
        place = error.filename2 or error.filename or folder
        raise YardError(f"`{place}` cannot be written: {error.strerror or error}") from error
    if open_timeline and not webbrowser.open((folder / TIMELINE).resolve().as_uri()):
        streams.note(f"no browser could be started: open `{folder / TIMELINE}` yourself")
    return _FAILED if jobs is False or any(record.failed for record in records) else 0


def draw(folder: Path, records: Sequence[RunRecord], streams: Streams) -> None:
    """Write the timeline and the trace into the folder, and say so.

    Raises:
        OSError: they cannot be written.
    """
    write_pictures(folder, records)
    streams.note(f"timeline: {folder / TIMELINE}")
    streams.note(f"trace: {folder / TRACE}")


def _tell_of_jobs(folder: Path, streams: Streams) -> bool | None:
    """Say what is wrong with the jobs that left these runs; whether all is well, None: unknown."""
    needs = streams.environ.get(VARIABLE)
    if needs is None:
        return None
    troubles = judge(needs, {path.name for path in folder.glob("*")})
    for trouble in troubles:
        streams.say(f"::error::{escape_data(trouble)}")
    return not troubles


def _last_run(state: Path) -> Path:
    folder = last_folder(state / "logs")
    if folder is None:
        raise YardError(
            "there is no run to report on", hint="`invoke build`, or `--runs=FOLDER` of others"
        )
    return folder


def _all_runs(folder: Path) -> tuple[RunRecord, ...]:
    records = read_all(folder)
    if not records:
        raise YardError(
            f"`{folder}` holds no run",
            hint=f"each runner leaves `{FILE}` in its folder below `.yard/logs`: collect those",
        )
    return records


def _learn(state: Path, records: Sequence[RunRecord]) -> None:
    """What the steps took anywhere orders and shares the next run."""
    done = [step for run in records for step in run.steps if step.outcome is Ending.DONE]
    sizes = {step.key: step.size for step in done if step.size is not None}
    history.add(state, seconds={step.key: step.seconds for step in done}, sizes=sizes)


def _problems(records: Sequence[RunRecord]) -> list[str]:
    """What to look at, in one line each."""
    steps = (step for run in records for step in run.steps if step.outcome is Ending.FAILED)
    return [
        *(one_line(f"{run.host}: {run.problem}") for run in records if run.problem),
        *(one_line(f"{step.target}: {step.kind} failed: {step.message}") for step in steps),
    ]
