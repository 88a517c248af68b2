"""The page of scenarios: fifty of them, and every test that it names is there."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).resolve().parent
PAGE = TESTS.parent / "docs" / "publishing.md"


def test_fifty_scenarios_each_have_a_test_or_a_reason() -> None:
    rows = re.findall(r"^\| (\d+) \| [^|]+ \| ([^|]+) \|$", PAGE.read_text(), re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, 51))
    for number, told in rows:
        assert "test_" in told or "/" in told, number


def test_every_test_and_file_that_is_named_is_there() -> None:
    named = set(re.findall(r"`(test_\w+|[\w/]+\.py)`", PAGE.read_text()))
    written = {
        name
        for file in TESTS.rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)\(", file.read_text(), re.MULTILINE)
    }
    files = {file.relative_to(TESTS.parent).as_posix() for file in TESTS.rglob("*.py")}
    assert len(named) > 60
    assert named <= written | files | {Path(file).name for file in files}, named - written - files


def test_every_test_of_a_scenario_is_named_on_the_page() -> None:
    page = PAGE.read_text()
    for file in TESTS.rglob("test_*.py"):
        for name in re.findall(r"^def (test_scenario_\w+)\(", file.read_text(), re.MULTILINE):
            assert name in page, f"{file.name}: {name}"
