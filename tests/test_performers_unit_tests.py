from __future__ import annotations

from pathlib import Path

import pytest

from build_config.performers.unit_tests import failing_line


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("unit_tests/test_a.py:12: AssertionError", ("unit_tests/test_a.py", 12)),
        ("unit_tests/test_a.py:7: in test_it", ("unit_tests/test_a.py", 7)),
        ("E   unit_tests/test_a.py:7: no", None),
        ("unit_tests/test_b.py:7: in a file that is not the connector's", None),
        ("unit_tests/../unit_tests/test_a.py:7: in disguise", None),
        ("/usr/lib/python3/site.py:7: in main", None),
        ("1 failed, 3 passed in 0.10s", None),
    ],
)
def test_a_traceback_begins_at_a_line_of_the_connector(
    said: str, found: tuple[str, int] | None, tmp_path: Path
) -> None:
    (tmp_path / "unit_tests").mkdir()
    (tmp_path / "unit_tests" / "test_a.py").touch()
    assert failing_line(said, tmp_path) == found
