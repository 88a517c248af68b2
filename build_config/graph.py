"""Connectors in, the graph of what stands on what out, with every defect of it.

An edge is a local reference, resolved by image name: never by a directory's name.
"""

from __future__ import annotations

import difflib
import graphlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from build_config.connector import Connector
from build_config.defect import Defect
from build_config.dockerfile import ImageUse
from build_config.image import Reference


@dataclass(frozen=True, kw_only=True, slots=True)
class Pin:
    """A connector uses an image of this repository by another tag: an external image."""

    connector: str
    reference: Reference
    local: Connector


@dataclass(frozen=True, kw_only=True, slots=True)
class Graph:
    """What stands on what. All mappings have every connector as a key.

    Attributes:
        connectors: by name, dependencies first, else by name.
        dependencies: names of the local images that a connector stands on.
        dependents: the same edges, turned round.
        externals: references that come from outside, pinned ones included.
        pins: those of them that name an image of this repository.
    """

    connectors: Mapping[str, Connector]
    dependencies: Mapping[str, tuple[str, ...]]
    dependents: Mapping[str, tuple[str, ...]]
    externals: Mapping[str, tuple[Reference, ...]]
    pins: tuple[Pin, ...]

    @property
    def layers(self) -> tuple[tuple[str, ...], ...]:
        """Layer 0 stands on nothing local, layer n on at least one image of layer n - 1."""
        depth: dict[str, int] = {}
        for name in self.connectors:
            depth[name] = 1 + max((depth[d] for d in self.dependencies[name]), default=-1)
        layers: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
        for name in sorted(depth):
            layers[depth[name]].append(name)
        return tuple(tuple(layer) for layer in layers)

    def with_dependencies(self, names: Iterable[str]) -> frozenset[str]:
        """`names` and everything they stand on."""
        return _reach(names, self.dependencies)

    def with_dependents(self, names: Iterable[str]) -> frozenset[str]:
        """`names` and everything that stands on them."""
        return _reach(names, self.dependents)


def resolve(connectors: Iterable[Connector], local_tag: str) -> tuple[Graph, tuple[Defect, ...]]:
    """The graph, and its defects; images in a cycle are left out of the graph."""
    by_name = {connector.name: connector for connector in connectors}
    edges = _Edges(owners={c.image.name: c for c in by_name.values()}, local_tag=local_tag)
    for connector in by_name.values():
        edges.add(connector)
    order, cycles = _order(edges.local)
    dependents: dict[str, list[str]] = {name: [] for name in order}
    for name in sorted(order):
        for dependency in edges.local[name]:
            dependents[dependency].append(name)
    graph = Graph(
        connectors={name: by_name[name] for name in order},
        dependencies={name: tuple(sorted(edges.local[name])) for name in order},
        dependents={name: tuple(names) for name, names in dependents.items()},
        externals={name: tuple(edges.external[name]) for name in order},
        pins=tuple(edges.pins),
    )
    return graph, (*edges.defects, *cycles)


@dataclass(kw_only=True, slots=True)
class _Edges:
    """Sorts every reference into local, external, pinned or missing."""

    owners: Mapping[str, Connector]
    local_tag: str
    local: dict[str, set[str]] = field(default_factory=dict)
    external: dict[str, list[Reference]] = field(default_factory=dict)
    pins: list[Pin] = field(default_factory=list)
    defects: list[Defect] = field(default_factory=list)

    def add(self, connector: Connector) -> None:
        local = self.local.setdefault(connector.name, set())
        external = self.external.setdefault(connector.name, [])
        for use in connector.dockerfile.uses:
            reference = use.reference
            owner = self.owners.get(reference.name)
            is_local = reference.tag == self.local_tag and reference.digest is None
            if owner and is_local:
                local.add(owner.name)
            elif is_local:
                self.defects.append(self._missing(connector, use))
            elif reference not in external:
                external.append(reference)
                if owner:
                    self.pins.append(
                        Pin(connector=connector.name, reference=reference, local=owner)
                    )

    def _missing(self, connector: Connector, use: ImageUse) -> Defect:
        close = difflib.get_close_matches(use.reference.name, list(self.owners), n=1)
        hint = f"did you mean `{close[0]}:{self.local_tag}`?" if close else "pin a released tag"
        return Defect(
            rule="base-missing",
            message=f"`{use.instruction} {use.reference}`: no directory here builds that image; "
            f"{hint}",
            connector=connector.name,
            path=connector.dockerfile_path,
            line=use.line,
        )


def _order(local: Mapping[str, set[str]]) -> tuple[tuple[str, ...], list[Defect]]:
    """Dependencies first, else by name; a defect for each cycle, with its path."""
    remaining = {name: sorted(local[name]) for name in sorted(local)}
    cycles: list[Defect] = []
    broken: set[str] = set()
    while True:
        sorter = graphlib.TopologicalSorter(remaining)
        try:
            sorter.prepare()
        except graphlib.CycleError as error:
            path = _from_first(error.args[1][::-1])
            message = f"cycle: {' -> '.join(path)} (each stands on the next)"
            cycles.append(Defect(rule="cycle", message=message, connector=path[0]))
            broken.update(path)
            remaining[path[0]].remove(path[1])  # so that the next cycle comes to light
        else:
            return tuple(_sound(sorter, local, broken)), cycles


def _from_first(cycle: list[str]) -> list[str]:
    """The same way round, starting at the name that comes first: runs are to be compared."""
    start = cycle.index(min(cycle))
    return [*cycle[start:-1], *cycle[: start + 1]]


def _sound(
    sorter: graphlib.TopologicalSorter[str], local: Mapping[str, set[str]], broken: set[str]
) -> Iterator[str]:
    """Layer by layer, without the images of cycles and without all that stands on them."""
    gone = set(broken)
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        sorter.done(*ready)
        for name in ready:
            if name in gone or gone & local[name]:
                gone.add(name)
            else:
                yield name


def _reach(names: Iterable[str], edges: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    reached: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(edges[name])
    return frozenset(reached)
