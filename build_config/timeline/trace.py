"""The records of runs in, `trace.json` out: Chrome's trace event format.

Perfetto and chrome://tracing open it. A process for each run, a thread for each worker; what a step
does side by side has threads of its own. The format: "Trace Event Format", Google, 2016
(docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from build_config.run_record import RunRecord, StepRecord
from build_config.timeline.course import Course, course, phase_lanes

_MICRO = 1_000_000
_BESIDE = 100  # threads that a worker may have, far more than any build does at a time


def trace(records: Sequence[RunRecord]) -> str:
    """The document, times in microseconds since the first run began."""
    begin = min(record.began for record in records)
    events: list[dict[str, Any]] = []
    for process, record in enumerate(records, 1):
        offset = (record.began - begin).total_seconds()
        events += _run(course(record), process, offset)
    return json.dumps({"displayTimeUnit": "ms", "traceEvents": events}, separators=(",", ":"))


def _run(found: Course, process: int, offset: float) -> Iterator[dict[str, Any]]:
    critical = {step.key for step in found.critical}
    threads: set[int] = set()
    record = found.record
    yield _named(process, "process_name", f"{record.command} on {record.host}")
    for step in record.steps:
        worker = found.workers.get(step.key)
        if worker is None:
            continue
        thread = 1 + worker * _BESIDE
        place = {"ph": "X", "pid": process}
        facts = {**_facts(step), "critical path": step.key in critical}
        span = _span(step.begin, step.end, offset)
        kind = {"cat": step.kind.value}
        yield {**place, **kind, "tid": thread, "name": step.key, **span, "args": facts}
        threads.add(thread)
        for phase, lane in zip(step.phases, phase_lanes(step.phases), strict=True):
            threads.add(thread + lane)
            yield {
                **place,
                **kind,
                "tid": thread + lane,
                "name": phase.name,
                **_span(phase.begin, min(phase.end, step.end or phase.end), offset),
                "args": {"cached": phase.cached},
            }
    for thread in sorted(threads):
        worker, lane = divmod(thread - 1, _BESIDE)
        name = f"worker {worker + 1}" + (f", beside {lane}" if lane else "")
        yield _named(process, "thread_name", name, thread)


def _span(begin: float | None, end: float | None, offset: float) -> dict[str, int]:
    """From where to how long; both ends are rounded, so that what lies within stays within."""
    first = round((offset + (begin or 0.0)) * _MICRO)
    return {"ts": first, "dur": max(round((offset + (end or 0.0)) * _MICRO) - first, 0)}


def _facts(step: StepRecord) -> dict[str, object]:
    facts = {
        "outcome": step.outcome.value,
        "reason": step.reason,
        "message": step.message,
        "image bytes": step.size,
        "cases": dict(step.cases),
    }
    return {name: fact for name, fact in facts.items() if fact}


def _named(process: int, kind: str, name: str, thread: int = 0) -> dict[str, Any]:
    return {"ph": "M", "pid": process, "tid": thread, "ts": 0, "name": kind, "args": {"name": name}}
