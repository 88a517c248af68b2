"""`invoke --list` and what needs no engine, on a large monorepo."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from bench import Bench, bare_interpreter, invoke
from figures import Figure, alternate, timed

TASKS = ("list", "graph", "matrix")
"""Tasks that only read the repository."""

_MOST_SECONDS = 0.5


def measure(bench: Bench) -> Iterator[Figure]:
    """Compare them with an interpreter that only imports Invoke."""
    repository = bench.monorepo(bench.large)
    arms = {task: timed(partial(invoke, repository, task)) for task in ("--list", *TASKS)}
    reference = timed(partial(bare_interpreter, bench.folder))
    measured = alternate(arms | {"reference": reference}, rounds=bench.rounds, warm_up=True)
    for task in arms:
        yield Figure(
            what=f"`invoke {task}`, {bench.large} images",
            measured=measured[task],
            against="`python -c 'import invoke'`",
            reference=measured["reference"],
            most=_MOST_SECONDS,
        )
