from __future__ import annotations

import random
from pathlib import Path

import pytest
from monorepos import (
    AIRBYTE_2021,
    AIRBYTE_CHAIN,
    AIRBYTE_LAYOUT,
    connectors,
    graph,
    images,
    standing,
)

from build_config.graph import Graph, resolve

DIAMOND = {"base": (), "base-l": ("base",), "base-r": ("base",), "source-x": ("base-l", "base-r")}


def made(root: Path, edges: dict[str, tuple[str, ...]]) -> Graph:
    """The graph with these edges."""
    return graph(root, {name: standing(*needs) for name, needs in edges.items()})


def defects(root: Path, dockerfiles: dict[str, str]) -> tuple[str, ...]:
    return tuple(map(str, resolve(images(root, dockerfiles).values(), "dev")[1]))


@pytest.mark.parametrize(
    ("edges", "layers"),
    [
        ({}, ()),
        ({"source-a": ()}, (("source-a",),)),
        ({"source-b": (), "source-a": ()}, (("source-a", "source-b"),)),
        # A name that comes first stands on one that comes last.
        ({"base-z": (), "base-a": ("base-z",)}, (("base-z",), ("base-a",))),
        (DIAMOND, (("base",), ("base-l", "base-r"), ("source-x",))),
        # The longest way decides.
        (
            {"base-1": (), "base-2": ("base-1",), "source-x": ("base-1", "base-2")},
            (("base-1",), ("base-2",), ("source-x",)),
        ),
        # Two graphs that have nothing to do with each other.
        (
            {"base-1": (), "base-2": (), "source-2": ("base-2",), "source-1": ("base-1",)},
            (("base-1", "base-2"), ("source-1", "source-2")),
        ),
        # A source may stand on a source.
        ({"source-a": (), "source-a-x": ("source-a",)}, (("source-a",), ("source-a-x",))),
    ],
)
def test_layers_and_order(
    tmp_path: Path, edges: dict[str, tuple[str, ...]], layers: tuple[tuple[str, ...], ...]
) -> None:
    found = made(tmp_path, edges)
    assert found.layers == layers
    assert list(found.connectors) == [name for layer in layers for name in layer]


def test_edges_are_the_same_from_both_sides(tmp_path: Path) -> None:
    found = made(tmp_path, DIAMOND)
    assert found.dependencies == {k: tuple(sorted(v)) for k, v in DIAMOND.items()}
    assert found.dependents == {
        "base": ("base-l", "base-r"), "base-l": ("source-x",), "base-r": ("source-x",),
        "source-x": (),
    }  # fmt: skip


def test_reach_goes_all_the_way_in_one_direction(tmp_path: Path) -> None:
    found = made(tmp_path, {**DIAMOND, "source-y": ()})
    assert found.with_dependencies(["base-l"]) == {"base-l", "base"}
    assert found.with_dependents(["base-l"]) == {"base-l", "source-x"}
    assert found.with_dependents(["base"]) == set(DIAMOND)
    assert found.with_dependencies([]) == found.with_dependents([]) == frozenset()


def test_edges_go_by_the_images_name_and_not_by_the_directory(tmp_path: Path) -> None:
    there = connectors(tmp_path, AIRBYTE_2021, **AIRBYTE_LAYOUT)
    found, wrong = resolve(there.values(), "dev")
    assert wrong == ()
    assert found.dependencies == AIRBYTE_CHAIN


def test_external_images_are_listed_once_pinned_ones_included(tmp_path: Path) -> None:
    there = connectors(tmp_path, AIRBYTE_2021, **AIRBYTE_LAYOUT)
    found, _ = resolve(there.values(), "dev")
    outside = {name: [str(r) for r in uses] for name, uses in found.externals.items() if uses}
    assert outside == {
        "airbyte-protocol": ["python:3.7-slim"],
        "base": ["amazonlinux:2022.0.20220831.1"],
        "base-java": ["amazoncorretto:17.0.4"],
        "source-new": ["python:3.9"],
        "source-pinned": ["airbyte/integration-base-python:0.1.1"],
    }
    (pin,) = found.pins
    assert (pin.connector, pin.local.name) == ("source-pinned", "base-python")
    assert (str(pin.reference), pin.local.version) == (
        "airbyte/integration-base-python:0.1.1", "0.1.2",
    )  # fmt: skip


def test_a_digest_pins_whatever_the_tag_says(tmp_path: Path) -> None:
    digest = "sha256:" + "a" * 64
    found = graph(
        tmp_path,
        {"base": "FROM scratch\n", "source-a": f"FROM connectoryard/base:dev@{digest}\n"},
    )
    assert found.dependencies["source-a"] == ()
    assert [pin.local.name for pin in found.pins] == ["base"]


@pytest.mark.parametrize(
    "written",
    [
        "connectoryard/base:dev",
        "docker.io/connectoryard/base:dev",
        "index.docker.io/connectoryard/base:dev",
    ],
)
def test_a_reference_may_name_docker_hub(tmp_path: Path, written: str) -> None:
    found = graph(tmp_path, {"base": "FROM scratch\n", "source-a": f"FROM {written}\n"})
    assert found.dependencies["source-a"] == ("base",)


def test_another_registry_is_another_image(tmp_path: Path) -> None:
    found = graph(
        tmp_path, {"base": "FROM scratch\n", "source-a": "FROM ghcr.io/connectoryard/base:1\n"}
    )
    assert found.dependencies["source-a"] == ()
    assert found.pins == ()


def test_a_name_of_an_own_registry_is_followed(tmp_path: Path) -> None:
    label = "LABEL io.airbyte.name=ghcr.io/us/base\n"
    found = graph(
        tmp_path, {"base": f"FROM scratch\n{label}", "source-a": "FROM ghcr.io/us/base:dev\n"}
    )
    assert found.dependencies["source-a"] == ("base",)


def test_another_local_tag_makes_other_edges(tmp_path: Path) -> None:
    there = images(
        tmp_path,
        {"base": "FROM scratch\n", "source-a": "FROM connectoryard/base:here\n",
         "source-b": "FROM connectoryard/base:dev\n"},
        local_tag="here",
    )  # fmt: skip
    found, wrong = resolve(there.values(), "here")
    assert wrong == ()
    assert found.dependencies == {"base": (), "source-a": ("base",), "source-b": ()}
    assert [pin.connector for pin in found.pins] == ["source-b"]


def test_a_local_reference_that_nobody_builds_is_a_defect(tmp_path: Path) -> None:
    found = defects(
        tmp_path,
        {
            "base-python": "FROM scratch\n",
            "source-a": "FROM scratch\nCOPY --from=connectoryard/base-pyhton:dev /x /x\n",
            "source-b": "FROM someone/else:dev\n",
        },
    )
    nobody = "no directory here builds that image"
    guess = "did you mean `connectoryard/base-python:dev`?"
    where, other = "connectors/source-a/Dockerfile:2", "connectors/source-b/Dockerfile:1"
    assert found == (
        f"{where}: `COPY --from connectoryard/base-pyhton:dev`: {nobody}; {guess}",
        f"{other}: `FROM someone/else:dev`: {nobody}; pin a released tag",
    )


@pytest.mark.parametrize(
    ("edges", "cycles"),
    [
        ({"base-a": ("base-a",)}, ["base-a -> base-a"]),
        ({"base-b": ("base-a",), "base-a": ("base-b",)}, ["base-a -> base-b -> base-a"]),
        (
            {"base-a": ("base-c",), "base-b": ("base-a",), "base-c": ("base-b",)},
            ["base-a -> base-c -> base-b -> base-a"],
        ),
        # Two that have nothing to do with each other.
        (
            {"base-a": ("base-b",), "base-b": ("base-a",), "base-c": ("base-c",)},
            ["base-a -> base-b -> base-a", "base-c -> base-c"],
        ),
        # One that stands on another.
        (
            {
                "base-a": ("base-b",), "base-b": ("base-a",),
                "base-c": ("base-d", "base-a"), "base-d": ("base-c",),
            },
            ["base-a -> base-b -> base-a", "base-c -> base-d -> base-c"],
        ),
        # Two through one image.
        (
            {"base-a": ("base-b", "base-c"), "base-b": ("base-a",), "base-c": ("base-a",)},
            ["base-a -> base-b -> base-a", "base-a -> base-c -> base-a"],
        ),
    ],
)  # fmt: skip
def test_every_cycle_is_shown_with_its_path(
    tmp_path: Path, edges: dict[str, tuple[str, ...]], cycles: list[str]
) -> None:
    found = defects(tmp_path, {name: standing(*needs) for name, needs in edges.items()})
    assert sorted(found) == [f"cycle: {path} (each stands on the next)" for path in cycles]


def test_what_stands_on_a_cycle_is_left_out_and_its_neighbours_are_not(tmp_path: Path) -> None:
    edges: dict[str, tuple[str, ...]] = {
        "base-a": ("base-b",), "base-b": ("base-a", "base-c"), "base-c": (),
        "source-on-cycle": ("base-a",), "source-far": ("source-on-cycle",), "source-x": ("base-c",),
    }  # fmt: skip
    there = images(tmp_path, {name: standing(*needs) for name, needs in edges.items()})
    found, wrong = resolve(there.values(), "dev")
    assert len(wrong) == 1
    assert list(found.connectors) == ["base-c", "source-x"]
    assert found.dependents == {"base-c": ("source-x",), "source-x": ()}


@pytest.mark.parametrize("seed", range(5))
def test_the_order_does_not_depend_on_the_order_of_discovery(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - repeatable on purpose
    names = [f"base-{number}" for number in range(20)]
    edges = {n: tuple(dice.sample(names[:i], min(i, 2))) for i, n in enumerate(names)}
    there = list(images(tmp_path, {n: standing(*edges[n]) for n in names}).values())
    first, _ = resolve(there, "dev")
    dice.shuffle(there)
    second, _ = resolve(there, "dev")
    assert list(first.connectors) == list(second.connectors)
    assert first.layers == second.layers
    position = {name: index for index, name in enumerate(first.connectors)}
    assert all(position[d] < position[n] for n in names for d in first.dependencies[n])
