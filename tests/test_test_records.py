"""What is kept of tests, by image."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from build_config import test_records
from build_config.acceptance.case import CaseResult, Category, Verdict

IMAGE = "sha256:" + "a" * 64
NOW = datetime(2026, 11, 22, 12, 30, 15, 999, tzinfo=UTC)


def record(*verdicts: Verdict) -> test_records.TestRecord:
    cases = [CaseResult(category=Category.SPEC, name="x", verdict=verdict) for verdict in verdicts]
    return test_records.record_of(cases, when=NOW, config_hash="c0ffee")


def test_a_record_says_when_with_what_and_how_many() -> None:
    found = record(Verdict.PASSED, Verdict.PASSED, Verdict.SKIPPED)
    assert found == test_records.TestRecord(
        passed=True,
        when="2026-11-22T12:30:15+00:00",
        config_hash="c0ffee",
        cases={"passed": 2, "failed": 0, "skipped": 1},
    )


@pytest.mark.parametrize(
    "verdicts", [(), (Verdict.SKIPPED,), (Verdict.PASSED, Verdict.FAILED)], ids=str
)
def test_nothing_that_passed_is_not_passed(verdicts: tuple[Verdict, ...]) -> None:
    assert not record(*verdicts).passed


def test_what_was_written_is_read(tmp_path: Path) -> None:
    good, bad = record(Verdict.PASSED), record(Verdict.FAILED)
    test_records.write(tmp_path, IMAGE, "acceptance", bad)
    test_records.write(tmp_path, IMAGE, "unit", bad)
    test_records.write(tmp_path, IMAGE, "acceptance", good)
    assert test_records.read(tmp_path, IMAGE, "acceptance") == good
    assert test_records.read(tmp_path, IMAGE, "unit") == bad
    assert test_records.read(tmp_path, IMAGE, "gradle") is None


def test_another_image_was_not_tested(tmp_path: Path) -> None:
    test_records.write(tmp_path, IMAGE, "acceptance", record(Verdict.PASSED))
    assert test_records.read(tmp_path, "sha256:" + "b" * 64, "acceptance") is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[]",
        b"null",
        b'{"format": 2, "tests": {}}',
        b'{"format": 1, "tests": []}',
        b'{"format": 1, "tests": {"acceptance": {"passed": true}}}',
        b'{"format": 1, "tests": {"acceptance": [true]}}',
        b'{"format": 1, "tests": {"acceptance": {"passed": "no", "when": "", "cases": {}}}}',
        b"[" * 100_000,
    ],
    ids=lambda content: content[:60].decode(errors="replace"),
)
def test_a_record_that_cannot_be_trusted_is_none(content: bytes, tmp_path: Path) -> None:
    test_records.write(tmp_path, IMAGE, "acceptance", record(Verdict.PASSED))
    (file,) = (tmp_path / "tests").iterdir()
    file.write_bytes(content)
    assert test_records.read(tmp_path, IMAGE, "acceptance") is None
    test_records.write(tmp_path, IMAGE, "acceptance", record(Verdict.PASSED))
    assert test_records.read(tmp_path, IMAGE, "acceptance") is not None
