"""What the tests said of an image, kept under `.yard/tests` by image id, and read back.

Publishing asks for it: only what was tested, under the very config that lies there now, may go out.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from build_config.acceptance.case import CaseResult, Verdict
from build_config.atomic_files import write_text

_FORMAT = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class TestRecord:
    """How the tests of one kind went for one image.

    Attributes:
        passed: no case failed, and at least one passed.
        when: ISO 8601, UTC.
        config_hash: of the config that the tests followed; empty where there is none.
        cases: how many passed, failed and were skipped.
    """

    passed: bool
    when: str
    config_hash: str = ""
    cases: dict[str, int]


def record_of(cases: Sequence[CaseResult], *, when: datetime, config_hash: str) -> TestRecord:
    """Sum the cases up."""
    counts = {verdict.value: 0 for verdict in Verdict}
    for case in cases:
        counts[case.verdict.value] += 1
    return TestRecord(
        passed=counts[Verdict.FAILED] == 0 and counts[Verdict.PASSED] > 0,
        when=when.isoformat(timespec="seconds"),
        config_hash=config_hash,
        cases=counts,
    )


def write(state: Path, image_id: str, kind: str, record: TestRecord) -> None:
    """Keep the record beside those of other kinds of test of the same image.

    Raises:
        OSError: the disk is full or read-only.
    """
    file = _file(state, image_id)
    kinds = {**_read(file), kind: asdict(record)}
    document = {"format": _FORMAT, "image": image_id, "tests": kinds}
    write_text(file, json.dumps(document, indent=2, sort_keys=True) + "\n")


def read(state: Path, image_id: str, kind: str) -> TestRecord | None:
    """The record; None where there is none, or none that can be trusted."""
    entry = _read(_file(state, image_id)).get(kind)
    if not isinstance(entry, dict) or not isinstance(entry.get("passed"), bool):
        return None
    try:
        return TestRecord(**entry)
    except TypeError:
        return None


def _read(file: Path) -> dict[str, Any]:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        return {}
    tests = document.get("tests")
    return tests if isinstance(tests, dict) else {}


def _file(state: Path, image_id: str) -> Path:
    return state / "tests" / f"{image_id.removeprefix('sha256:')}.json"
