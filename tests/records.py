"""Small records of runs, for the tests of what reads them."""

from __future__ import annotations

from typing import Any

from build_config.report import Ending
from build_config.run_record import RunRecord, StepRecord
from build_config.steps import Action, Kind


def step(name: str, kind: Kind = Kind.BUILD, **changes: Any) -> StepRecord:
    """One that took two seconds, from 1 on."""
    usual = {
        "key": f"{kind} {name}",
        "kind": kind,
        "target": name,
        "action": Action.RUN,
        "reason": "its Dockerfile changed",
        "outcome": Ending.DONE,
        "begin": 1.0,
        "end": 3.0,
    }
    return StepRecord(**{**usual, **changes})


def record(*steps: StepRecord, **changes: Any) -> RunRecord:
    """A run of these."""
    usual = {
        "command": "invoke test",
        "begin": "2026-11-23T10:00:00+00:00",
        "seconds": 5.0,
        "planning": 0.5,
        "jobs": 4,
        "host": "runner",
        "exit_code": 0,
        "steps": steps,
    }
    return RunRecord(**{**usual, **changes})
