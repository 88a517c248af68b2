"""Graph, selection and past durations in, the cells of a CI matrix out, in one wave or two.

A cell is what one runner builds and tests. Two waves always suffice: first the images that
several others stand on, then all the rest, for which no cell has to wait for another.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from build_config.connector import Connector
from build_config.errors import UsageError
from build_config.graph import Graph
from build_config.plan_testing import TESTS, what_is_missing
from build_config.step_order import usual_seconds
from build_config.steps import Kind

MOST_CELLS = 256
"""Of one matrix. Source: docs.github.com/actions, "Actions limits", "Job matrix"."""

USUAL_CELLS = 8
"""Of a wave, at most, where nobody says how many."""

RUNNER_START = 60.0
"""Seconds until a fresh runner has begun: less work than that is not worth one more of them."""

_GUESS = 10.0  # seconds of a step, where no step of its kind was ever recorded


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """What one runner does.

    Attributes:
        connectors: names, sorted; never empty.
        seconds: of all its steps, one after the other, as far as is known.
    """

    connectors: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Matrix:
    """The cells of the first wave, and of the one that waits for it.

    Attributes:
        bases: empty where one wave is enough.
        connectors: empty where nothing is selected.
    """

    bases: tuple[Cell, ...]
    connectors: tuple[Cell, ...]


def estimate(
    connectors: Iterable[Connector], configured: frozenset[str], recorded: Mapping[str, float]
) -> dict[str, float]:
    """Seconds to build and test each connector, by name.

    Args:
        connectors: of the repository.
        configured: names of those with an `acceptance-test-config.yml`.
        recorded: step key -> seconds; a step that is not in there takes as long as is usual.
    """
    usual = {kind: usual_seconds(kind, recorded, _GUESS) for kind in (Kind.BUILD, *TESTS)}
    seconds = {}
    for connector in connectors:
        has = connector.name in configured
        tests = [k for k in TESTS if not what_is_missing(k, connector, configured=has)]
        seconds[connector.name] = sum(
            recorded.get(f"{kind} {connector.name}", usual[kind]) for kind in (Kind.BUILD, *tests)
        )
    return seconds


def plan_matrix(
    graph: Graph,
    selected: frozenset[str],
    seconds: Mapping[str, float],
    shards: int | None = None,
    *,
    joined: bool = True,
) -> Matrix:
    """Deal every selected image to exactly one cell.

    Images that are not selected are in no cell, also when selected ones stand on them: the cells
    get them from the shared cache, or build them.

    Args:
        graph: of the whole repository.
        selected: names.
        seconds: of the work on each of them.
        shards: as many cells in a wave as there are images for; None for as many as are worth it.
        joined: what one cell builds the others find in the shared cache. Where they do not, waiting
            for it is in vain: one wave, and each cell builds what its images stand on.

    Raises:
        UsageError: a wave has more cells than GitHub starts.
    """
    dealer = _Dealer(
        seconds=seconds, most=shards or USUAL_CELLS, worth=0.0 if shards else RUNNER_START
    )
    if not joined:
        apart = dealer.deal(frozenset({name}) for name in selected)
        return _refuse_too_many(Matrix(bases=(), connectors=apart))
    shared = _shared(graph, selected)
    one = Matrix(bases=(), connectors=dealer.deal(_connected(graph, selected)))
    two = Matrix(
        bases=dealer.deal(_connected(graph, shared)),
        connectors=dealer.deal(_connected(graph, selected - shared)),
    )
    slower = _longest(one.connectors) > (
        _longest(two.bases) + dealer.worth + _longest(two.connectors)
    )
    return _refuse_too_many(two if slower else one)


def include(wave: tuple[Cell, ...]) -> dict[str, list[dict[str, Any]]]:
    """A wave as `strategy.matrix` of a workflow takes it."""
    return {
        "include": [
            {
                "name": f"{number} of {len(wave)}",
                "connectors": ",".join(cell.connectors),
                "count": len(cell.connectors),
                "seconds": cell.seconds,
            }
            for number, cell in enumerate(wave, start=1)
        ]
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class _Dealer:
    """Deals groups of images to cells.

    Attributes:
        most: cells of a wave.
        worth: seconds of work for which there is one more of them.
    """

    seconds: Mapping[str, float]
    most: int
    worth: float

    def deal(self, groups: Iterable[frozenset[str]]) -> tuple[Cell, ...]:
        """As few cells as end as early; none for nothing."""
        weighed = sorted(
            (-sum(self.seconds[name] for name in sorted(group)), sorted(group)) for group in groups
        )
        most = self._count(weighed)
        counts = range(1, most + 1) if self.worth else (most,)
        return min((_cells(weighed, count) for count in counts), key=_longest, default=())

    def _count(self, weighed: list[tuple[float, list[str]]]) -> int:
        most = min(self.most, len(weighed))
        if not self.worth:
            return most
        total = -sum(weight for weight, _ in weighed)
        return min(most, max(1, int(total / self.worth)))


def _cells(weighed: Iterable[tuple[float, list[str]]], count: int) -> tuple[Cell, ...]:
    """The longest first, each to the cell that has least to do.

    The last cell ends after at most 4/3 of the shortest possible time (R. L. Graham, "Bounds on
    Multiprocessing Timing Anomalies", 1969).

    Args:
        weighed: seconds as negative numbers, and names, of each group; sorted.
        count: no more than there are groups.
    """
    # by load, then by how many it has: a group without a weight goes to an empty cell too
    heap: list[tuple[float, int, int, list[str]]]
    heap = [(0.0, 0, number, []) for number in range(count)]
    for weight, group in weighed:
        load, size, number, names = heap[0]
        heapq.heapreplace(heap, (load - weight, size + 1, number, names + group))
    cells = sorted(heap, key=lambda cell: cell[2])
    return tuple(
        Cell(connectors=tuple(sorted(names)), seconds=round(load, 1)) for load, _, _, names in cells
    )


def _shared(graph: Graph, selected: frozenset[str]) -> frozenset[str]:
    """Those of `selected` that two or more of the others need, each of which nobody needs."""
    below = {name: graph.with_dependencies((name,)) & (selected - {name}) for name in selected}
    tops = selected.difference(*below.values())
    needed = Counter(name for top in tops for name in below[top])
    return frozenset(name for name, tops_above in needed.items() if tops_above > 1)


def _connected(graph: Graph, names: frozenset[str]) -> set[frozenset[str]]:
    """`names` in groups; no image of one group stands on one of another."""
    group_of: dict[str, frozenset[str]] = {}
    for name in names:
        below = graph.with_dependencies((name,)) & names
        group = below.union(*(group_of[other] for other in below if other in group_of))
        group_of |= dict.fromkeys(group, group)
    return set(group_of.values())


def _longest(wave: tuple[Cell, ...]) -> float:
    return max((cell.seconds for cell in wave), default=0.0)


def _refuse_too_many(matrix: Matrix) -> Matrix:
    cells = max(len(matrix.bases), len(matrix.connectors))
    if cells > MOST_CELLS:
        raise UsageError(
            f"{cells} cells in a wave: GitHub starts at most {MOST_CELLS} jobs of one matrix",
            hint=f"`--shards={MOST_CELLS}`, or fewer",
        )
    return matrix
