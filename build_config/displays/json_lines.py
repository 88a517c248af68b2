r"""Events in, one JSON object per line out, for programs.

The contract: every line is one object with the member `event`. The first is the plan
(`{"event": "plan", "steps": [...]}`), the last the summary (`{"event": "summary", ...}`, members
as in `Report.to_json`); a run that is broken off has no summary. Between them one line per event:
`step_started`, `step_progress`, `step_phase`, `step_output`, `step_finished`, `step_skipped`,
`case_finished`, with every field of the class of that name in `events`. Members may be added,
never renamed. Pure ASCII, `\n` line ends.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterable, Sequence
from dataclasses import asdict

from build_config.displays.output import Output
from build_config.events import Event, StepFinished, StepSkipped
from build_config.report import Report
from build_config.steps import Step


def show(
    steps: Sequence[Step], events: Iterable[Event], output: Output
) -> Generator[Event, None, None]:
    """Write the plan, every event as it comes, and the summary."""
    _write(output, "plan", {"steps": [{"key": step.key, **_members(step)} for step in steps]})
    endings = list[Event]()
    for event in events:
        if isinstance(event, StepFinished | StepSkipped):
            endings.append(event)
        _write(output, _snake_case(type(event).__name__), _members(event))
        yield event
    _write(output, "summary", Report.of(steps, endings).to_json())


def _write(output: Output, kind: str, members: dict[str, object]) -> None:
    """One line, written past the console: rich would wrap and colour it."""
    output.console.file.write(json.dumps({"event": kind, **members}) + "\n")
    output.console.file.flush()


def _members(record: Step | Event) -> dict[str, object]:
    """Every field, seconds to the millisecond."""
    fields = asdict(record)
    return {key: round(v, 3) if isinstance(v, float) else v for key, v in fields.items()}


def _snake_case(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
