"""What a run leaves for people and for CI: its record, the summary, annotations, the timeline."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from build_config import run_record
from build_config.report import Ending

if TYPE_CHECKING:
    from pathlib import Path

    from yard import Yard

pytestmark = pytest.mark.engine
GOOD = "FROM scratch\nCOPY a /\nCOPY b /\n"


def test_a_run_on_github_leaves_all_that_tells_of_it(yard: Yard, tmp_path: Path) -> None:
    yard.write(
        {
            "connectors/source-a/Dockerfile": GOOD,
            "connectors/source-a/a": "1",
            "connectors/source-a/b": yard.namespace.ljust(1000),  # no build before had it
            "connectors/source-b/Dockerfile": "FROM scratch\nCOPY there is none /100%/\n",
        }
    )
    summary = tmp_path / "summary.md"
    github = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary), "RUNNER_NAME": "one"}
    first = yard.invoke("build", environment=github)
    assert first.code == 1, first
    path = "connectors/source-b/Dockerfile"
    assert f"\n::error file={path},line=2,title=source-b%3A build failed::" in first.out
    assert "COPY there is none /100%25/" in first.out
    table = summary.read_text()
    assert "<code>source-b</code><td>❌ failed (build)" in table
    assert "<td>1.0 kB<td>" in table
    yard.write(
        {
            "connectors/source-a/b": yard.namespace.ljust(3000),
            path: GOOD,
            "connectors/source-b/a": "",
        }
    )
    yard.write({"connectors/source-b/b": ""})
    second = yard.invoke("build", "--profile", environment=github)
    assert second.code == 0, second
    assert "1 done" not in summary.read_text()[len(table) :]
    assert "<td>3.0 kB, +2.0 kB<td>" in summary.read_text()
    (told,) = run_record.read_all(yard.root / ".yard" / "logs")[1:]
    assert told.host == "one"
    built = {step.target: step for step in told.steps}["source-a"]
    assert (built.outcome, built.size, built.grown) == (Ending.DONE, 3001, 2000)
    cached = {phase.name: phase.cached for phase in built.phases if phase.name.startswith("[")}
    assert cached == {"[1/2] COPY a /": True, "[2/2] COPY b /": False}
    folder = yard.root / ".yard" / "logs" / "latest"
    assert {"run.json", "timeline.html", "trace.json"} <= {path.name for path in folder.iterdir()}
    events = json.loads((folder / "trace.json").read_text())["traceEvents"]
    assert "build source-a" in {event["name"] for event in events}
    assert yard.invoke("report").code == 0
