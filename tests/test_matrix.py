"""Every image in one cell, no cell that waits for another of its wave, and cells of one size."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from monorepos import OURS, connectors, graph, standing

from build_config.errors import UsageError
from build_config.graph import Graph
from build_config.matrix import RUNNER_START, Cell, Matrix, estimate, include, plan_matrix

FAMILY = {
    "base": (),
    "base-l": ("base",),
    "base-r": ("base",),
    "source-l1": ("base-l",),
    "source-l2": ("base-l",),
    "source-r": ("base-r",),
    "source-alone": (),
}
"""`base-r` has one that stands on it, `base-l` has two, `base` all three."""


def graph_of(edges: Mapping[str, tuple[str, ...]]) -> Graph:
    """A graph of images of which nothing is known but what they stand on."""
    return Graph(
        connectors={},
        dependencies=edges,
        dependents={n: tuple(d for d in edges if n in edges[d]) for n in edges},
        externals={},
        pins=(),
    )


@st.composite
def problems(draw: st.DrawFn) -> tuple[Graph, frozenset[str], dict[str, float], int | None]:
    """A graph without cycles, some of its images, how long each takes, and a number of shards."""
    names = [f"i{number:02}" for number in range(draw(st.integers(0, 14)))]
    edges = {
        name: tuple(sorted(draw(st.sets(st.sampled_from(names[:at]), max_size=3)))) if at else ()
        for at, name in enumerate(names)
    }
    selected = draw(st.sets(st.sampled_from(names))) if names else set()
    seconds = {name: draw(st.sampled_from((0.0, 0.5, 7.0, 90.0, 400.0))) for name in names}
    return graph_of(edges), frozenset(selected), seconds, draw(st.none() | st.integers(1, 6))


def members(wave: tuple[Cell, ...]) -> list[tuple[str, ...]]:
    return [cell.connectors for cell in wave]


def stand_apart(graph: Graph, wave: tuple[Cell, ...]) -> bool:
    """No cell needs an image of another one of its wave."""
    return not any(
        graph.with_dependencies(cell.connectors) & set(other.connectors)
        for cell in wave
        for other in wave
        if other is not cell
    )


@given(problems())
def test_every_selected_image_is_in_exactly_one_cell(
    problem: tuple[Graph, frozenset[str], dict[str, float], int | None],
) -> None:
    graph, selected, seconds, shards = problem
    matrix = plan_matrix(graph, selected, seconds, shards)
    cells = (*matrix.bases, *matrix.connectors)
    assert sorted(name for cell in cells for name in cell.connectors) == sorted(selected)
    assert all(cell.connectors for cell in cells)
    for wave in (matrix.bases, matrix.connectors):
        assert len(wave) <= (shards or 8)


@given(problems())
def test_no_cell_needs_another_one_of_its_wave_and_the_first_wave_needs_nothing(
    problem: tuple[Graph, frozenset[str], dict[str, float], int | None],
) -> None:
    graph, selected, seconds, shards = problem
    matrix = plan_matrix(graph, selected, seconds, shards)
    assert stand_apart(graph, matrix.bases)
    assert stand_apart(graph, matrix.connectors)
    later = {name for cell in matrix.connectors for name in cell.connectors}
    first = {name for cell in matrix.bases for name in cell.connectors}
    assert not graph.with_dependencies(first) & later


@given(problems())
def test_the_first_wave_has_only_what_two_cells_of_the_second_may_need(
    problem: tuple[Graph, frozenset[str], dict[str, float], int | None],
) -> None:
    graph, selected, seconds, shards = problem
    matrix = plan_matrix(graph, selected, seconds, shards)
    later = {name for cell in matrix.connectors for name in cell.connectors}
    for cell in matrix.bases:
        for name in cell.connectors:
            assert len(graph.with_dependents((name,)) & later) > 1


@given(problems())
def test_the_same_question_has_the_same_answer_in_any_order(
    problem: tuple[Graph, frozenset[str], dict[str, float], int | None],
) -> None:
    graph, selected, seconds, shards = problem
    turned = graph_of({n: graph.dependencies[n] for n in sorted(graph.dependencies, reverse=True)})
    again = plan_matrix(turned, frozenset(sorted(selected)[::-1]), seconds, shards)
    assert plan_matrix(graph, selected, seconds, shards) == again


@given(st.lists(st.integers(1, 30), min_size=1, max_size=6), st.integers(1, 3))
def test_the_last_cell_ends_within_four_thirds_of_the_shortest_possible_time(
    durations: list[int], shards: int
) -> None:
    seconds = {f"i{number}": float(duration) for number, duration in enumerate(durations)}
    matrix = plan_matrix(graph_of(dict.fromkeys(seconds, ())), frozenset(seconds), seconds, shards)
    best = min(
        max(sum(d for d, cell in zip(durations, dealt, strict=True) if cell == n) for n in dealt)
        for dealt in product(range(shards), repeat=len(durations))
    )
    assert matrix.bases == ()
    assert max(cell.seconds for cell in matrix.connectors) <= best * 4 / 3


@given(st.lists(st.floats(0.1, 600), min_size=1, max_size=80), st.integers(1, 12))
def test_no_cell_is_longer_than_an_even_share_and_the_longest_image(
    durations: list[float], shards: int
) -> None:
    seconds = {f"i{number}": duration for number, duration in enumerate(durations)}
    matrix = plan_matrix(graph_of(dict.fromkeys(seconds, ())), frozenset(seconds), seconds, shards)
    assert len(matrix.connectors) == min(shards, len(durations))
    longest = max(cell.seconds for cell in matrix.connectors)
    assert longest <= sum(durations) / shards + max(durations) + 0.1  # seconds are rounded


def test_what_two_images_stand_on_comes_first_and_what_one_stands_on_comes_with_it() -> None:
    matrix = plan_matrix(graph_of(FAMILY), frozenset(FAMILY), dict.fromkeys(FAMILY, 100.0), 8)
    assert members(matrix.bases) == [("base", "base-l")]
    assert sorted(members(matrix.connectors)) == [
        ("base-r", "source-r"),
        ("source-alone",),
        ("source-l1",),
        ("source-l2",),
    ]


def test_bases_that_nothing_connects_are_not_in_one_cell() -> None:
    edges = {"base-a": (), "base-b": ()} | {
        f"source-{base}{number}": (f"base-{base}",) for base in "ab" for number in "12"
    }
    matrix = plan_matrix(graph_of(edges), frozenset(edges), dict.fromkeys(edges, 100.0))
    assert members(matrix.bases) == [("base-a",), ("base-b",)]


def test_images_that_hang_together_through_one_that_is_not_selected_stay_together() -> None:
    edges: dict[str, tuple[str, ...]]
    edges = {"base": (), "middle": ("base",), "source-x": ("middle",), "source-y": ()}
    selected = frozenset(edges) - {"middle"}
    matrix = plan_matrix(graph_of(edges), selected, dict.fromkeys(edges, 500.0), 3)
    assert matrix.bases == ()
    assert members(matrix.connectors) == [("base", "source-x"), ("source-y",)]


def test_a_base_that_is_not_selected_is_in_no_cell() -> None:
    selected = frozenset({"source-l1", "source-l2"})
    matrix = plan_matrix(graph_of(FAMILY), selected, dict.fromkeys(FAMILY, 100.0))
    assert (matrix.bases, members(matrix.connectors)) == ((), [("source-l1",), ("source-l2",)])


def test_a_wave_that_saves_less_than_its_runner_takes_to_begin_is_none() -> None:
    few = dict.fromkeys(FAMILY, RUNNER_START / 10)
    assert plan_matrix(graph_of(FAMILY), frozenset(FAMILY), few) == Matrix(
        bases=(), connectors=(Cell(connectors=tuple(sorted(FAMILY)), seconds=42.0),)
    )


def test_a_runner_that_ends_no_earlier_than_another_would_with_its_work_is_none() -> None:
    seconds = {"source-a": 300.0, "source-b": 160.0, "source-c": 130.0, "source-d": 10.0}
    edges: dict[str, tuple[str, ...]] = dict.fromkeys(seconds, ())
    matrix = plan_matrix(graph_of(edges), frozenset(edges), seconds)
    assert members(matrix.connectors) == [("source-a",), ("source-b", "source-c", "source-d")]
    assert len(plan_matrix(graph_of(edges), frozenset(edges), seconds, 4).connectors) == 4


def test_shards_that_are_asked_for_are_made_of_the_smallest_jobs() -> None:
    few = dict.fromkeys(FAMILY, 0.1)
    matrix = plan_matrix(graph_of(FAMILY), frozenset(FAMILY), few, 2)
    assert (len(matrix.bases), len(matrix.connectors)) == (1, 2)


def test_where_nothing_is_handed_on_one_wave_takes_each_image_by_itself() -> None:
    seconds = dict.fromkeys(FAMILY, 900.0)
    matrix = plan_matrix(graph_of(FAMILY), frozenset(FAMILY), seconds, joined=False)
    assert matrix.bases == ()
    assert sorted(members(matrix.connectors)) == sorted((name,) for name in FAMILY)


def test_one_shard_is_one_wave() -> None:
    matrix = plan_matrix(graph_of(FAMILY), frozenset(FAMILY), dict.fromkeys(FAMILY, 900.0), 1)
    assert (matrix.bases, len(matrix.connectors)) == ((), 1)


def test_nothing_is_no_cell() -> None:
    matrix = plan_matrix(graph_of(FAMILY), frozenset(), dict.fromkeys(FAMILY, 1.0), 4)
    assert include(matrix.bases) == include(matrix.connectors) == {"include": []}


def test_more_cells_than_github_starts_are_refused() -> None:
    edges: dict[str, tuple[str, ...]] = {f"source-{number}": () for number in range(300)}
    seconds = dict.fromkeys(edges, 1.0)
    assert len(plan_matrix(graph_of(edges), frozenset(edges), seconds, 256).connectors) == 256
    with pytest.raises(UsageError, match="257 cells in a wave: GitHub starts at most 256"):
        plan_matrix(graph_of(edges), frozenset(edges), seconds, 257)


def test_a_wave_is_a_matrix_of_a_workflow() -> None:
    wave = (
        Cell(connectors=("a", "b"), seconds=12.5),
        Cell(connectors=("c",), seconds=3.0),
    )
    assert include(wave) == {
        "include": [
            {"name": "1 of 2", "connectors": "a,b", "count": 2, "seconds": 12.5},
            {"name": "2 of 2", "connectors": "c", "count": 1, "seconds": 3.0},
        ]
    }


def test_what_was_never_timed_takes_as_long_as_is_usual(tmp_path: Path) -> None:
    recorded = {
        "build source-a": 5.0,
        "acceptance source-a": 40.0,
        "acceptance gone": 80.0,
        "acceptance also-gone": 60.0,
        "unit gone": 1000.0,
    }
    made = connectors(tmp_path, OURS).values()
    assert estimate(made, frozenset({"source-a", "destination-b"}), recorded) == {
        "base-python": 5.0,  # has no tests
        "source-a": 45.0,
        "destination-b": 65.0,
    }


def test_where_nothing_was_timed_every_step_takes_the_same(tmp_path: Path) -> None:
    made = connectors(tmp_path, OURS).values()
    seconds = estimate(made, frozenset({"source-a"}), {})
    assert seconds["source-a"] == 2 * seconds["destination-b"] > 0


def test_a_real_graph_is_dealt(tmp_path: Path) -> None:
    real = graph(tmp_path, {name: standing(*on) for name, on in FAMILY.items()})
    seconds = dict.fromkeys(FAMILY, 100.0)
    ours = plan_matrix(graph_of(FAMILY), frozenset(FAMILY), seconds, 4)
    assert plan_matrix(real, frozenset(FAMILY), seconds, 4) == ours
