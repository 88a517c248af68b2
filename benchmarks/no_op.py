"""`invoke build` when everything is up to date."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from bench import Bench, Monorepo, bare_interpreter, invoke, run
from figures import Figure, alternate, timed, together

_MOST_RATIO = 2.5
_MOST_SECONDS = 0.5
_MOST_SECONDS_OF_CONTAINERD = 0.7


def measure(bench: Bench) -> Iterator[Figure]:
    """Compare it with the least that such a program has to do."""
    repository = bench.monorepo(bench.large)
    invoke(repository, "build", "--progress=quiet")
    status = ("git", "-C", str(repository.folder), "status", "--porcelain")
    arms = {
        "ours": timed(partial(no_op, repository)),
        "least": together(
            timed(partial(run, status, bench.folder)),
            timed(bench.engine.list_images),
            timed(partial(bare_interpreter, bench.folder)),
        ),
    }
    measured = alternate(arms, rounds=bench.rounds, warm_up=True)
    slow = bench.engine.has_containerd_store()
    yield Figure(
        what=f"`invoke build`, {bench.large} images up to date",
        measured=measured["ours"],
        against="`git status` + one image-list call + `python -c 'import invoke'`",
        reference=measured["least"],
        most_ratio=_MOST_RATIO,
        most=_MOST_SECONDS_OF_CONTAINERD if slow else _MOST_SECONDS,
        remark="on the containerd image store" if slow else "",
    )


def no_op(repository: Monorepo) -> None:
    """Build it again; nothing may be built.

    Raises:
        AssertionError: something was.
    """
    said = invoke(repository, "build")
    if "everything is up to date" not in said:
        raise AssertionError(said)
