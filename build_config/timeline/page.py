"""The records of runs in, `timeline.html` out: a Gantt chart that asks nobody for anything.

The page draws what `charts` hands it; all that is worked out is worked out here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from build_config.report import Ending
from build_config.run_record import Phase, RunRecord, StepRecord
from build_config.steps import Kind
from build_config.timeline.course import Course, course, phase_lanes
from build_config.web_page import render
from build_config.wording import change, counted, duration, one_line, size

_SAID = 600  # characters of a message; the log has the rest
_FIELDS = ("outcome", "reason", "message", "hint")


def timeline_page(records: Sequence[RunRecord]) -> bytes:
    """The page of these runs, on one axis of time."""
    courses = [course(record) for record in records]
    begin = min(record.began for record in records)
    longest = max(courses, key=lambda found: found.record.seconds)
    charts = [_chart(found, begin) for found in courses]
    seconds = max(chart["begin"] + chart["seconds"] for chart in charts)
    results = Counter(step.outcome for record in records for step in record.steps)
    return render(
        __package__,
        title=_title(records),
        began=begin.strftime("%d %b %Y, %H:%M:%S UTC"),
        duration=duration(seconds),
        failed=any(record.failed for record in records),
        verdict=_verdict(records),
        results=[(word, results[word]) for word in Ending if results[word]],
        kinds=list(Kind),
        workers=sum(record.jobs for record in records),
        busy=round(100 * _busy(courses)),
        of=f" of {longest.record.host}" if len(records) > 1 else "",
        path=longest.critical,
        path_seconds=_path_seconds,
        advice=_advice(longest),
        rows=list(_table(courses)),
        chart={"seconds": seconds, "runs": charts},
        spoken=duration,
    )


def _title(records: Sequence[RunRecord]) -> str:
    commands = " and ".join(dict.fromkeys(record.command for record in records))
    return commands if len(records) == 1 else f"{commands} on {counted(len(records), 'runner')}"


def _verdict(records: Sequence[RunRecord]) -> str:
    problems = [record.problem for record in records if record.problem]
    failed = sum(step.outcome is Ending.FAILED for record in records for step in record.steps)
    said = [
        *([f"broken off: {one_line(problems[0])}"] if problems else []),
        *(["interrupted"] if any(record.interrupted for record in records) else []),
        *([f"{counted(failed, 'step')} failed"] if failed else []),
    ]
    return ", ".join(said) or "all went well"


def _busy(courses: Sequence[Course]) -> float:
    """Of all workers of all runs together, each for as long as its run lasted."""
    available = sum(c.record.jobs * c.record.seconds for c in courses)
    return sum(c.busy * c.record.jobs * c.record.seconds for c in courses) / (available or 1.0)


def _path_seconds(steps: Sequence[StepRecord]) -> str:
    return duration(sum(step.seconds for step in steps))


def _advice(found: Course) -> str:
    """What more workers would do for the longest run, in one sentence."""
    if not found.critical:
        return "No step began."
    jobs, everybody = found.record.jobs, len(found.record.steps) or 1
    twice, best = found.gain(2 * jobs), found.gain(everybody)
    if best < max(0.05 * found.record.seconds, 1.0):
        return (
            "More workers would gain nothing: the run is as long as its longest chain of steps "
            "that need each other."
        )
    return (
        f"{2 * jobs} workers instead of {jobs} would save about {duration(twice)}, and no number "
        f"of them more than {duration(best)}, each as fast as these were."
    )


def _chart(found: Course, begin: datetime) -> dict[str, Any]:
    record = found.record
    critical = {step.key for step in found.critical}
    shown = (step for step in record.steps if not step.skipped_as_expected)
    return {
        "title": f"{record.command} on {record.host}",
        "begin": (record.began - begin) / timedelta(seconds=1),
        "seconds": record.seconds,
        "planning": record.planning,
        "jobs": record.jobs,
        "steps": [_bar(step, found, critical=step.key in critical) for step in shown],
    }


def _bar(step: StepRecord, found: Course, *, critical: bool) -> dict[str, Any]:
    ready = round(found.ready[step.key], 3)
    lanes = phase_lanes(step.phases, slack=max(step.seconds / 50, 0.02))
    return {
        "key": one_line(step.key),
        "kind": step.kind.value,
        "target": one_line(step.target),
        **{name: one_line(getattr(step, name))[:_SAID] for name in _FIELDS},
        "begin": step.begin,
        "end": step.end,
        "ready": ready,
        "worker": found.workers.get(step.key),
        "critical": critical,
        "size": _size(step),
        "cases": [step.cases.get(word, 0) for word in ("passed", "failed", "skipped")],
        "needs": [need for need in step.needs if need in found.workers],
        "place": f"{step.path}:{step.line}" if step.path and step.line else step.path or "",
        "phases": [_phase(phase, lane) for phase, lane in zip(step.phases, lanes, strict=True)],
    }


def _phase(phase: Phase, lane: int) -> list[object]:
    return [one_line(phase.name)[:_SAID], phase.begin, phase.end, int(phase.cached), lane]


def _size(step: StepRecord) -> str:
    if step.size is None:
        return ""
    return size(step.size) + (f" ({change(step.grown)})" if step.grown else "")


def _table(courses: Sequence[Course]) -> Iterator[dict[str, str]]:
    """Every step in words, for who cannot see the chart or wants to copy it."""
    for found in courses:
        for step in found.record.steps:
            began = step.begin
            waited = 0.0 if began is None else max(began - found.ready[step.key], 0.0)
            yield {
                "key": one_line(step.key),
                "outcome": step.outcome.value,
                "began": "" if began is None else duration(began),
                "took": duration(step.seconds) if step.seconds else "",
                "waited": duration(waited) if waited >= 0.1 else "",  # noqa: PLR2004 - no news
                "why": one_line(step.message or step.reason)[:_SAID],
            }
