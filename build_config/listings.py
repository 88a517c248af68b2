"""Connectors and their graph in, text for people or machines out; the shapes are stable."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from build_config.columns import aligned
from build_config.graph import Graph
from build_config.plan import Plan
from build_config.steps import Action, Kind


def list_rows(
    graph: Graph, selected: frozenset[str], definition_ids: Mapping[str, str]
) -> list[dict[str, Any]]:
    """One mapping for each selected connector, by name; the shape of `list --format=json`."""
    return [
        {
            "name": name,
            "kind": connector.kind.value,
            "language": connector.language.value,
            "image": connector.image.name,
            "version": connector.version,
            "path": connector.path,
            "definition_id": definition_ids.get(name),
            "depends_on": list(graph.dependencies[name]),
        }
        for name, connector in sorted(graph.connectors.items())
        if name in selected
    ]


def list_table(rows: list[dict[str, Any]]) -> str:
    """The same for people."""
    titles = ("name", "kind", "language", "version", "image", "stands on")
    keys = titles[:-1]
    cells = [(*(row[key] or "-" for key in keys), ", ".join(row["depends_on"])) for row in rows]
    return aligned(titles, cells)


def graph_json(graph: Graph, selected: frozenset[str]) -> str:
    """`{"images", "edges": [[dependent, dependency]], "layers"}`."""
    layers = [[name for name in layer if name in selected] for layer in graph.layers]
    document = {
        "images": sorted(selected),
        "edges": [list(edge) for edge in _edges(graph, selected)],
        "layers": [layer for layer in layers if layer],
    }
    return json.dumps(document, indent=2)


def graph_tree(graph: Graph, selected: frozenset[str]) -> str:
    """Every root with what stands on it below; an image with two bases appears under both.

    What stands on it is shown the first time only, and `(*)` says so, as in `cargo tree`: written
    out each time, ten layers of images with two bases each would be thousands of lines.
    """
    roots = [n for n in sorted(selected) if not selected.intersection(graph.dependencies[n])]
    seen: set[str] = set()
    return "\n".join(line for root in roots for line in _branch(graph, selected, root, seen))


def graph_mermaid(graph: Graph, selected: frozenset[str]) -> str:
    """A flow chart that GitHub draws; arrows point from an image to what stands on it."""
    numbers = {name: f"n{index}" for index, name in enumerate(sorted(selected))}
    nodes = [f'    {number}["{name}"]' for name, number in numbers.items()]
    edges = [f"    {numbers[to]} --> {numbers[name]}" for name, to in _edges(graph, selected)]
    return "\n".join(["graph LR", *nodes, *edges])


def graph_dot(graph: Graph, selected: frozenset[str]) -> str:
    """A digraph for Graphviz; arrows as in `graph_mermaid`."""
    nodes = [f'    "{name}";' for name in sorted(selected)]
    edges = [f'    "{to}" -> "{name}";' for name, to in _edges(graph, selected)]
    return "\n".join(["digraph images {", "    rankdir=LR;", *nodes, *edges, "}"])


GRAPH_FORMATS: Mapping[str, Callable[[Graph, frozenset[str]], str]] = MappingProxyType(
    {"tree": graph_tree, "json": graph_json, "mermaid": graph_mermaid, "dot": graph_dot}
)


def plan_rows(plan: Plan) -> list[dict[str, str]]:
    """One mapping for each image, in build order; the shape of a JSON dry run."""
    return [
        {
            "name": step.target,
            "action": "build" if step.action is Action.RUN else "skip",
            "reason": step.reason,
        }
        for step in plan.steps
        if step.kind is Kind.BUILD
    ]


def plan_table(plan: Plan) -> str:
    """The whole plan for people, with pulls and Gradle; what is up to date is only counted."""
    return aligned(("step", "why"), [(step.key, step.reason) for step in plan.work])


def _edges(graph: Graph, selected: frozenset[str]) -> Iterator[tuple[str, str]]:
    for name in sorted(selected):
        for dependency in graph.dependencies[name]:
            if dependency in selected:
                yield name, dependency


def _branch(graph: Graph, selected: frozenset[str], name: str, seen: set[str]) -> Iterator[str]:
    children = [child for child in graph.dependents[name] if child in selected]
    if name in seen and children:
        yield f"{name} (*)"
        return
    seen.add(name)
    yield name
    for child in children:
        last = child == children[-1]
        lines = list(_branch(graph, selected, child, seen))
        yield f"{'└── ' if last else '├── '}{lines[0]}"
        yield from (f"{'    ' if last else '│   '}{line}" for line in lines[1:])
