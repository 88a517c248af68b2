"""`invoke build` when everything is up to date."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from bench import Bench, Monorepo, invoke, run
from figures import Figure, alternate, timed, together

_MOST_RATIO = 4
_MOST_SECONDS = 1


def measure(bench: Bench) -> Iterator[Figure]:
    """On the usual monorepo."""
    yield from _measure(bench, bench.images)


def measure_large(bench: Bench) -> Iterator[Figure]:
    """On the large one."""
    yield from _measure(bench, bench.large)


def _measure(bench: Bench, count: int) -> Iterator[Figure]:
    """Compare it with the least that such a program has to do."""
    repository = bench.monorepo(count)
    invoke(repository, "build", "--progress=quiet")
    command = ("git", "-C", str(repository.folder), "status", "--porcelain")
    arms = {
        "ours": timed(lambda: _build(repository)),
        "least": together(
            timed(lambda: run(command, bench.folder)),
            timed(bench.engine.list_images),
            timed(lambda: run((sys.executable, "-c", "import docker"), bench.folder)),
        ),
    }
    measured = alternate(arms, rounds=bench.rounds, warm_up=True)
    yield Figure(
        what=f"`invoke build`, {count} images up to date",
        seconds=measured["ours"],
        against="`git status` + one image-list call + `python -c 'import docker'`",
        reference=measured["least"],
        most_ratio=_MOST_RATIO,
        most_seconds=_MOST_SECONDS,
    )


def _build(repository: Monorepo) -> None:
    said = invoke(repository, "build")
    if "everything is up to date" not in said:
        raise AssertionError(said)
