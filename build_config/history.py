"""Reports in, how long each step usually takes and how large it made its image out.

All is in `.yard/durations.json`, a convenience: nothing breaks when it is deleted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from build_config.atomic_files import write_text
from build_config.report import Ending, Report

FILE = "durations.json"

_FORMAT = 1
_WEIGHT = 0.5  # of the newest: two runs after a change the old duration weighs a quarter
_LARGEST = 10**15  # seconds or bytes: no step took or made more


def read(folder: Path) -> Mapping[str, float]:
    """Seconds by key of a step; empty when there is no file, or none of ours."""
    return _amounts(_document(folder), "seconds")


def read_sizes(folder: Path) -> Mapping[str, int]:
    """Bytes of the image as a step last built it, by key of the step."""
    return _sizes(_document(folder))


def record(folder: Path, report: Report) -> None:
    """Mix what the steps that succeeded took into what is known; never fails a run."""
    done = report.of_ending(Ending.DONE)
    sizes = {r.step.key: r.size for r in done if r.size is not None}
    add(folder, seconds={r.step.key: r.seconds for r in done}, sizes=sizes)


def add(folder: Path, *, seconds: Mapping[str, float], sizes: Mapping[str, int]) -> None:
    """The same, of steps that ran anywhere: seconds and bytes by key of the step."""
    if not seconds:
        return
    before = _document(folder)
    known = _amounts(before, "seconds")
    for key, fresh in seconds.items():
        old = known.get(key, fresh)
        known[key] = round(_WEIGHT * fresh + (1 - _WEIGHT) * old, 3)
    document = {
        "format": _FORMAT,
        "seconds": dict(sorted(known.items())),
        "bytes": dict(sorted({**_sizes(before), **sizes}.items())),
    }
    with suppress(OSError):
        write_text(folder / FILE, json.dumps(document, indent=0), durable=False)


def _document(folder: Path) -> Mapping[str, Any]:
    try:
        document = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) and document.get("format") == _FORMAT else {}


def _amounts(document: Mapping[str, Any], member: str) -> dict[str, float]:
    found = document.get(member)
    if not isinstance(found, dict):
        return {}
    return {key: float(value) for key, value in found.items() if _is_amount(value)}


def _sizes(document: Mapping[str, Any]) -> dict[str, int]:
    return {key: int(value) for key, value in _amounts(document, "bytes").items()}


def _is_amount(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 <= value <= _LARGEST
