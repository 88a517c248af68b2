from __future__ import annotations

from pathlib import Path

from records import record, step

from build_config.report import Ending
from build_config.run_table import headline
from build_config.step_summary import LIMIT, append_summary, step_summary, summary_file
from build_config.steps import Kind

CASES = {"passed": 44, "failed": 5, "skipped": 0}


def test_a_row_for_each_image_and_how_long_it_took() -> None:
    tested = step("source-a", Kind.ACCEPTANCE, outcome=Ending.FAILED, message="no", cases=CASES)
    built = step("source-a", size=12_300_000, grown=-400_000)
    assert step_summary([record(built, tested, seconds=65.0)]) == (
        "### 1 image: 1 failed\n\n"
        "<table>\n<tr><th>image<th>result<th>time<th>why<th>size<th>tests\n"
        "<tr><td><code>source-a</code><td>❌ failed (acceptance)<td>4.0 s<td><code>no</code>"
        "<td>12.3 MB, -400.0 kB<td>44 passed, 5 failed\n"
        "</table>\n"
        "\n1 m 05 s, 4 workers\n\n"
    )


def test_runners_that_work_side_by_side_are_one_table() -> None:
    later = record(step("source-b"), begin="2026-11-23T10:00:10+00:00")
    text = step_summary([record(step("source-a")), later])
    assert text.count("<table>") == 1
    assert text.endswith("\n15 s on 2 runners, 8 workers\n\n")


def test_a_step_has_one_mebibyte_for_all_its_summaries(tmp_path: Path) -> None:
    file = tmp_path / "summary.md"
    many = record(*(step(f"source-{number}", reason="x" * 290) for number in range(4000)))
    append_summary(file, [record(step("source-a"))])
    append_summary(file, [many])
    text = file.read_text()
    assert 0.9 * LIMIT < len(text.encode()) <= LIMIT
    assert "more images: left out, as GitHub shows no summary above 1 MiB" in text


def test_the_summary_goes_where_github_says() -> None:
    assert summary_file({"GITHUB_STEP_SUMMARY": "/a/b"}) == Path("/a/b")
    assert summary_file({"GITHUB_STEP_SUMMARY": ""}) is None


def test_the_headline_counts_images() -> None:
    up_to_date = step("source-b", outcome=Ending.UP_TO_DATE, begin=None, end=None)
    assert headline([record(step("source-a"), up_to_date)]) == "2 images: 1 done, 1 up to date"
