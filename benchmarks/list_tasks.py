"""`invoke --list` and what needs no engine, on a large monorepo."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial

from bench import Bench, invoke, run
from figures import Figure, alternate, timed

_MOST_SECONDS = 0.5


def measure(bench: Bench) -> Iterator[Figure]:
    """Compare them with an interpreter that only imports Invoke."""
    repository = bench.monorepo(bench.large)
    tasks = (("--list",), ("list",), ("graph",))
    reference = "python -c 'import invoke'"
    arms = {" ".join(task): timed(partial(invoke, repository, *task)) for task in tasks}
    arms[reference] = timed(lambda: run((sys.executable, "-c", "import invoke"), bench.folder))
    measured = alternate(arms, rounds=bench.rounds, warm_up=True)
    for task in tasks:
        name = " ".join(task)
        yield Figure(
            what=f"`invoke {name}`, {bench.large} images",
            seconds=measured[name],
            against=f"`{reference}`",
            reference=measured[reference],
            most_seconds=_MOST_SECONDS,
        )
