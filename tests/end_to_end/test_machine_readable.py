"""The shapes that programs read, to the last member, without engine and network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from workflow_commands import commands_run

if TYPE_CHECKING:
    from engine_under_test import Engine
    from yard import Yard


def fill(yard: Yard) -> None:
    yard.commit(
        {
            "connectors/bases/base-a/Dockerfile": "FROM scratch\nLABEL io.airbyte.version=0.1.0\n",
            "connectors/bases/base-a/setup.py": "",
            "connectors/source-b/Dockerfile": (
                f"FROM {yard.image('base-a')}\nLABEL io.airbyte.name={yard.namespace}/source-bee\n"
                "COPY Dockerfile /\n"
            ),
            "connectors/source-b/metadata.yaml": (
                "data:\n  definitionId: 6d5c9cbd-3f0a-4e2c-8a27-f4ef4e6a8f4b\n"
                "  dockerImageTag: 1.2.3\n"
            ),
            "connectors/source-b/manifest.yaml": "",
            "connectors/destination-c/Dockerfile": "FROM scratch\nCOPY Dockerfile /\n",
        }
    )


def test_the_file_for_ci_may_be_in_ones_home(repository: Yard) -> None:
    """A shell leaves `~` alone behind a `=`."""
    fill(repository)
    done = repository.invoke("test", "--junit=~")
    assert (done.code, done.err.splitlines()[0]) == (2, "error: `--junit=~` is a directory")


def test_list_in_json(repository: Yard) -> None:
    fill(repository)
    assert repository.invoke("list", "--format=json").json() == [
        {
            "name": "base-a",
            "kind": "base",
            "language": "python",
            "image": f"{repository.namespace}/base-a",
            "version": "0.1.0",
            "path": "connectors/bases/base-a",
            "definition_id": None,
            "depends_on": [],
        },
        {
            "name": "destination-c",
            "kind": "destination",
            "language": "other",
            "image": f"{repository.namespace}/destination-c",
            "version": None,
            "path": "connectors/destination-c",
            "definition_id": None,
            "depends_on": [],
        },
        {
            "name": "source-b",
            "kind": "source",
            "language": "declarative",
            "image": f"{repository.namespace}/source-bee",
            "version": "1.2.3",
            "path": "connectors/source-b",
            "definition_id": "6d5c9cbd-3f0a-4e2c-8a27-f4ef4e6a8f4b",
            "depends_on": ["base-a"],
        },
    ]


def test_list_of_one_kind_by_name(repository: Yard) -> None:
    fill(repository)
    assert repository.invoke("list", "--kind=source", "--format=names").out == "source-b\n"


def test_list_of_nothing_is_an_empty_list(repository: Yard) -> None:
    repository.write({"connectors/bases/README.md": "none yet"})
    assert repository.invoke("list", "--format=json").json() == []
    assert repository.invoke("graph", "--format=json").json() == {
        "images": [],
        "edges": [],
        "layers": [],
    }


def test_graph_in_json(repository: Yard) -> None:
    fill(repository)
    assert repository.invoke("graph", "--format=json").json() == {
        "images": ["base-a", "destination-c", "source-b"],
        "edges": [["source-b", "base-a"]],
        "layers": [["base-a", "destination-c"], ["source-b"]],
    }


def test_graph_of_a_part(repository: Yard) -> None:
    fill(repository)
    assert repository.invoke("graph", "--connector=base-a").out == "base-a\n└── source-b\n"


def test_graph_for_other_programs(repository: Yard) -> None:
    fill(repository)
    mermaid = repository.invoke("graph", "--format=mermaid", "--connector=source-b").out
    assert mermaid.splitlines()[0] == "graph LR"
    dot = repository.invoke("graph", "--format=dot", "--connector=source-b").out
    assert '    "base-a" -> "source-b";' in dot.splitlines()


def test_a_matrix_and_a_bake_file_without_an_engine(repository: Yard) -> None:
    fill(repository)
    matrix = repository.invoke("matrix", "--shards=2").json()
    assert [cell["connectors"] for cell in matrix["connectors"]["include"]] == [
        "base-a,source-b",
        "destination-c",
    ]
    file = repository.invoke("bake", "--print", "--connector=source-b").json()
    assert file["target"]["source-b"]["contexts"] == {repository.image("base-a"): "target:base-a"}


def test_a_dry_run_in_json_without_an_engine(repository: Yard) -> None:
    fill(repository)
    finished = repository.invoke("build", "--dry-run", "--progress=json")
    assert finished.code == 0
    assert finished.json() == [
        {"name": name, "action": "build", "reason": "unknown: no engine"}
        for name in ("base-a", "destination-c", "source-b")
    ]
    assert not (repository.root / ".yard/logs").exists()


@pytest.mark.engine
def test_a_dry_run_in_json_builds_nothing_and_says_what_it_would(
    yard: Yard, engine: Engine
) -> None:
    fill(yard)
    assert yard.invoke("build", "--dry-run", "--progress=json").json() == [
        {"name": name, "action": "build", "reason": "not built yet"}
        for name in ("base-a", "destination-c", "source-b")
    ]
    assert not engine.has(yard.image("base-a"))
    assert not (yard.root / ".yard/logs").exists()
    assert yard.invoke("build", "--connector=destination-c").code == 0
    assert yard.invoke("build", "--dry-run", "--progress=json").json()[1] == {
        "name": "destination-c",
        "action": "skip",
        "reason": "up to date",
    }


@pytest.mark.engine
def test_a_build_in_json_is_one_event_per_line_from_the_plan_to_the_summary(yard: Yard) -> None:
    fill(yard)
    finished = yard.invoke("build", "--progress=json", "--connector=destination-c")
    assert finished.code == 0, finished
    assert not finished.err
    events = finished.events()
    kinds = [event["event"] for event in events]
    assert (kinds[0], kinds[-1]) == ("plan", "summary")
    running = {"step_started", "step_progress", "step_phase", "step_output"}
    assert set(kinds[1:-1]) <= {*running, "step_finished", "step_skipped"}
    assert [step["key"] for step in events[0]["steps"]] == ["build destination-c"]
    assert events[-1]["exit_code"] == 0
    assert events[-1]["totals"]["done"] == 1


@pytest.mark.engine
def test_a_build_on_github_writes_a_group_an_annotation_and_a_summary(
    yard: Yard, shell: str
) -> None:
    yard.commit(
        {
            "connectors/source-a/Dockerfile": f"FROM {shell}\nRUN echo '##[error]no'; exit 9\n",
            "connectors/source-b/Dockerfile": "FROM scratch\nCOPY Dockerfile /\n",
        }
    )
    summary = yard.home / "summary.md"
    finished = yard.invoke(
        "build", environment={"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    )
    assert finished.code == 1, finished
    obeyed = ["endgroup", "endgroup", "error", "group", "group"]
    assert sorted(commands_run(finished.out)) == obeyed
    assert "::error file=connectors/source-a/Dockerfile,line=2" in finished.out
    assert "### 2 images: 1 failed, 1 done" in summary.read_text()
