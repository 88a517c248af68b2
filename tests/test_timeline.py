"""What the timeline and the trace are made of; the page itself is opened in a browser elsewhere."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from records import record, step

from build_config.report import Ending
from build_config.run_record import Phase, RunRecord
from build_config.steps import Kind
from build_config.timeline.course import course, phase_lanes, side_by_side
from build_config.timeline.files import TIMELINE, TRACE, write_pictures
from build_config.timeline.page import timeline_page
from build_config.timeline.trace import trace

HOSTILE = "</script><script>alert(1)</script>{{ 7 * 7 }}\ud800<!--"
BASE = step("base", begin=0.5, end=3.5)
ON_IT = step("source-a", needs=("build base",), begin=3.5, end=5.5)
ALONE = step("source-b", begin=0.5, end=1.5)
AFTER = step("source-c", begin=1.5, end=2.0)


def chart(*runs: RunRecord) -> Any:
    """What the page's script gets."""
    text = timeline_page(runs).decode()
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text)
    return json.loads(data)


def keys(run: RunRecord) -> list[str]:
    return [step.target for step in course(run).critical]


def test_the_critical_path_goes_through_what_was_needed() -> None:
    assert keys(record(BASE, ON_IT, ALONE, AFTER, jobs=2)) == ["base", "source-a"]


def test_the_critical_path_goes_through_workers_where_they_were_lacking() -> None:
    late = replace(ON_IT, needs=(), begin=2.0, end=9.0)
    assert keys(record(BASE, ALONE, AFTER, late, jobs=2)) == ["source-b", "source-c", "source-a"]


def test_more_workers_gain_what_is_not_a_chain() -> None:
    apart = [step(f"source-{n}", begin=0.5 + 2 * n, end=2.5 + 2 * n) for n in range(4)]
    found = course(record(*apart, jobs=1, seconds=8.5))
    assert (found.gain(2), found.gain(4), found.gain(100)) == (4.0, 6.0, 6.0)
    assert found.busy == 1.0
    assert course(record(BASE, ON_IT, jobs=1)).gain(100) == 0.0


def test_a_step_is_ready_when_all_that_it_needs_is_there() -> None:
    skipped = replace(ALONE, outcome=Ending.UP_TO_DATE, begin=None, end=None)
    ready = course(record(BASE, skipped, ON_IT, replace(AFTER, needs=(skipped.key,)))).ready
    assert ready == {BASE.key: 0.5, skipped.key: 0.5, ON_IT.key: 3.5, AFTER.key: 0.5}


def test_what_overlaps_lies_side_by_side() -> None:
    assert side_by_side([("a", 0, 2), ("b", 1, 3), ("c", 2, 4)]) == {"a": 0, "b": 1, "c": 0}
    phases = [Phase(name="a", begin=0, end=1.02), Phase(name="b", begin=1, end=2)]
    assert phase_lanes(phases) == [0, 1]
    assert phase_lanes(phases, slack=0.05) == [0, 0]


def test_an_empty_run_has_pictures_too(tmp_path: Path) -> None:
    nothing = step("source-a", outcome=Ending.NOT_STARTED, begin=None, end=None)
    write_pictures(tmp_path / "new", [record(nothing, problem="the engine went away")])
    page = (tmp_path / "new" / TIMELINE).read_text()
    assert "broken off: the engine went away" in page
    assert "No step began." in page
    json.loads((tmp_path / "new" / TRACE).read_text())


def test_nothing_hostile_becomes_a_part_of_the_page() -> None:
    words: dict[str, Any] = dict.fromkeys(("target", "reason", "message", "path"), HOSTILE)
    phase = Phase(name=HOSTILE, begin=1.0, end=2.0)
    bad = step("x", **words, phases=(phase,), outcome=Ending.FAILED)
    text = timeline_page([record(bad, host=HOSTILE, command=HOSTILE)]).decode()
    assert text.count("<script") == 2
    assert text.count("</script") == 2
    assert "49" not in re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL).split("<main>")[0]
    assert "alert(1)" in json.dumps(chart(record(bad)))


def test_the_page_asks_nobody_for_anything() -> None:
    text = timeline_page([record(BASE)]).decode()
    assert "default-src 'none'" in text
    assert not re.search(
        r"""url\(|@import|\bsrc=|href="(?!data:|#|https://ui\.perfetto\.dev")""", text
    )


def test_runners_have_one_axis() -> None:
    later = record(ON_IT, begin="2026-11-23T10:00:10+00:00", host="second")
    first, second = chart(record(BASE), later)["runs"]
    assert (first["begin"], second["begin"]) == (0.0, 10.0)
    assert second["title"] == "invoke test on second"


def test_what_is_up_to_date_has_no_row_but_is_in_the_table() -> None:
    skipped = step("source-a", outcome=Ending.UP_TO_DATE, begin=None, end=None)
    (run,) = chart(record(BASE, skipped))["runs"]
    assert [bar["target"] for bar in run["steps"]] == ["base"]
    assert "build source-a<td>up to date" in timeline_page([record(BASE, skipped)]).decode()


def test_the_trace_is_what_chrome_and_perfetto_read() -> None:
    phases = (
        Phase(name="[1/2] RUN a", begin=0.6, end=2.0),
        Phase(name="[2/2] RUN b", begin=1.0, end=3.4, cached=True),
    )
    tested = step("source-a", Kind.ACCEPTANCE, begin=1.0, end=4.0)
    runs = [
        record(replace(BASE, phases=phases), tested, host="first"),
        record(ON_IT, begin="2026-11-23T10:00:10+00:00", host="second"),
    ]
    document = json.loads(trace(runs))
    events = document["traceEvents"]
    for event in events:
        assert event["ph"] in {"X", "M"}
        assert {type(event[name]) for name in ("ts", "pid", "tid")} == {int}
        assert isinstance(event["name"], str)
        assert event["ph"] == "M" or (event["dur"] >= 0 and event["cat"])
    spans = {event["name"]: event for event in events if event["ph"] == "X"}
    assert (spans["build base"]["ts"], spans["build base"]["dur"]) == (500_000, 3_000_000)
    assert spans["build source-a"]["ts"] == 13_500_000
    assert spans["build base"]["tid"] == spans["[1/2] RUN a"]["tid"]
    assert len({spans[name]["tid"] for name in ("build base", "[2/2] RUN b", tested.key)}) == 3
    assert spans["[2/2] RUN b"]["args"] == {"cached": True}
    named = {(e["pid"], e["tid"]): e["args"]["name"] for e in events if e["name"] == "thread_name"}
    assert {(e["pid"], e["tid"]) for e in spans.values()} == set(named)
    processes = [e["args"]["name"] for e in events if e["name"] == "process_name"]
    assert processes == ["invoke test on first", "invoke test on second"]


def test_spans_of_one_thread_lie_within_each_other_or_apart() -> None:
    phases = tuple(
        Phase(name=f"p{n}", begin=0.5 + n / 7, end=0.5 + (n * 5 % 11 + n + 1) / 7) for n in range(9)
    )
    events = json.loads(trace([record(replace(BASE, phases=phases))]))["traceEvents"]
    spans = [(e["tid"], e["ts"], e["ts"] + e["dur"]) for e in events if e["ph"] == "X"]
    for thread, begin, end in spans:
        for other, since, until in spans:
            crosses = thread == other and begin < since < end < until
            assert not crosses
