from __future__ import annotations

import json
from pathlib import Path

from monorepos import AIRBYTE_2021, AIRBYTE_LAYOUT, OURS, connectors, graph, standing

from build_config.graph import resolve
from build_config.listings import (
    GRAPH_FORMATS,
    graph_dot,
    graph_json,
    graph_mermaid,
    graph_tree,
    list_rows,
    list_table,
    plan_rows,
    plan_table,
)
from build_config.plan import Plan
from build_config.steps import Action, Kind, Step

EDGES = {
    "base": (),
    "base-l": ("base",),
    "base-r": ("base",),
    "source-x": ("base-l", "base-r"),
    "source-y": ("source-x",),
    "source-z": (),
}
PLAN = Plan(
    steps=(
        Step(kind=Kind.PULL, target="python:3", action=Action.RUN, reason="not here"),
        Step(kind=Kind.BUILD, target="base", action=Action.SKIP, reason="up to date"),
        Step(kind=Kind.BUILD, target="source-x", action=Action.RUN, reason="`[x]` changed"),
    ),
    builds={},
    inputs={},
)


def test_the_rows_of_a_list_have_a_stable_shape(tmp_path: Path) -> None:
    found, _ = resolve(connectors(tmp_path, OURS).values(), "dev")
    rows = list_rows(found, frozenset({"source-a", "base-python"}), {"source-a": "an-id"})
    assert json.loads(json.dumps(rows)) == [
        {
            "name": "base-python", "kind": "base", "language": "other",
            "image": "connectoryard/base-python", "version": "0.1.0",
            "path": "connectors/bases/base-python", "definition_id": None, "depends_on": [],
        },
        {
            "name": "source-a", "kind": "source", "language": "python",
            "image": "connectoryard/source-a", "version": "1.2.3",
            "path": "connectors/source-a", "definition_id": "an-id",
            "depends_on": ["base-python"],
        },
    ]  # fmt: skip


def test_rows_are_sorted_by_name_and_not_in_build_order(tmp_path: Path) -> None:
    found, _ = resolve(connectors(tmp_path, AIRBYTE_2021, **AIRBYTE_LAYOUT).values(), "dev")
    names = [row["name"] for row in list_rows(found, frozenset(found.connectors), {})]
    assert names == sorted(names)
    assert len(names) == 9


def test_the_table_shows_every_row_and_a_dash_without_a_version(tmp_path: Path) -> None:
    found, _ = resolve(connectors(tmp_path, OURS).values(), "dev")
    text = list_table(list_rows(found, frozenset(found.connectors), {}))
    assert "source-a" in text
    assert "connectoryard/destination-b" in text
    (line,) = [line for line in text.splitlines() if line.startswith("destination-b")]
    assert line.split() == [
        "destination-b", "destination", "python", "-", "connectoryard/destination-b", "base-python",
    ]  # fmt: skip


def test_the_graph_as_json_has_a_stable_shape(tmp_path: Path) -> None:
    found = graph(tmp_path, {name: standing(*needs) for name, needs in EDGES.items()})
    assert json.loads(graph_json(found, frozenset(EDGES))) == {
        "images": sorted(EDGES),
        "edges": [
            ["base-l", "base"], ["base-r", "base"], ["source-x", "base-l"],
            ["source-x", "base-r"], ["source-y", "source-x"],
        ],
        "layers": [["base", "source-z"], ["base-l", "base-r"], ["source-x"], ["source-y"]],
    }  # fmt: skip


def test_a_part_of_the_graph_has_only_its_own_edges(tmp_path: Path) -> None:
    found = graph(tmp_path, {name: standing(*needs) for name, needs in EDGES.items()})
    assert json.loads(graph_json(found, frozenset({"source-x", "base-l", "source-z"}))) == {
        "images": ["base-l", "source-x", "source-z"],
        "edges": [["source-x", "base-l"]],
        "layers": [["source-z"], ["base-l"], ["source-x"]],
    }


def test_the_tree_shows_what_stands_on_what_and_repeats_nothing(tmp_path: Path) -> None:
    found = graph(tmp_path, {name: standing(*needs) for name, needs in EDGES.items()})
    assert graph_tree(found, frozenset(EDGES)).splitlines() == [
        "base",
        "├── base-l",
        "│   └── source-x",
        "│       └── source-y",
        "└── base-r",
        "    └── source-x (*)",
        "source-z",
    ]


def test_the_tree_of_many_layers_stays_small(tmp_path: Path) -> None:
    layers = [[f"base-{layer:02}-{number}" for number in range(3)] for layer in range(20)]
    edges = {
        name: standing(*(layers[at - 1] if at else ()))
        for at, layer in enumerate(layers)
        for name in layer
    }
    found = graph(tmp_path, edges)
    assert len(graph_tree(found, frozenset(edges)).splitlines()) < 200


def test_mermaid_and_dot_point_from_an_image_to_what_stands_on_it(tmp_path: Path) -> None:
    found = graph(tmp_path, {"base": standing(), "source-x": standing("base")})
    both = frozenset(found.connectors)
    assert graph_mermaid(found, both).splitlines() == [
        "graph LR", '    n0["base"]', '    n1["source-x"]', "    n0 --> n1",
    ]  # fmt: skip
    assert graph_dot(found, both).splitlines() == [
        "digraph images {", "    rankdir=LR;", '    "base";', '    "source-x";',
        '    "base" -> "source-x";', "}",
    ]  # fmt: skip


def test_every_format_can_show_nothing(tmp_path: Path) -> None:
    found = graph(tmp_path, {"base": standing()})
    for show in GRAPH_FORMATS.values():
        assert isinstance(show(found, frozenset()), str)


def test_the_rows_of_a_plan_are_its_images_in_build_order() -> None:
    assert plan_rows(PLAN) == [
        {"name": "base", "action": "skip", "reason": "up to date"},
        {"name": "source-x", "action": "build", "reason": "`[x]` changed"},
    ]


def test_the_table_of_a_plan_shows_every_step_that_runs_and_no_markup() -> None:
    text = plan_table(PLAN)
    assert "pull python:3" in text
    assert "`[x]` changed" in text
    assert "base" not in text
