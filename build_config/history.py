"""Reports in, how long each step usually takes out: `.yard/durations.json`.

A convenience for the order and the guess at the rest: nothing breaks when it is deleted.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from build_config.atomic_files import write_text
from build_config.report import Ending, Report

FILE = "durations.json"

_FORMAT = 1
_WEIGHT = 0.5  # of the newest: two runs after a change the old duration weighs a quarter


def read(folder: Path) -> Mapping[str, float]:
    """Seconds by key of a step; empty when there is no file, or none of ours."""
    try:
        document = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        return {}
    seconds = document.get("seconds")
    if not isinstance(seconds, dict):
        return {}
    return {key: float(value) for key, value in seconds.items() if _is_duration(value)}


def record(folder: Path, report: Report) -> None:
    """Mix the durations of the steps that succeeded into the ones known; never fails a run."""
    fresh = {r.step.key: r.seconds for r in report.results if r.ending is Ending.DONE}
    if not fresh:
        return
    known = dict(read(folder))
    for key, seconds in fresh.items():
        old = known.get(key, seconds)
        known[key] = round(_WEIGHT * seconds + (1 - _WEIGHT) * old, 3)
    with suppress(OSError):
        document = {"format": _FORMAT, "seconds": dict(sorted(known.items()))}
        write_text(folder / FILE, json.dumps(document, indent=0), durable=False)


def _is_duration(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) and value >= 0
