"""How what does nothing grows with the repository: four times the images, four times the time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from bench import Bench, invoke
from check import check, checked_monorepo
from figures import Figure, Samples, alternate, timed
from list_tasks import TASKS
from no_op import no_op

_MOST_ROUNDS = 5


def measure(bench: Bench) -> Iterator[Figure]:
    """Compare a huge monorepo with a large one; building the huge one takes minutes."""
    rounds = min(bench.rounds, _MOST_ROUNDS)
    counts = (bench.large, bench.huge)
    plain = {count: bench.monorepo(count) for count in counts}
    checked = {count: checked_monorepo(bench.folder / "growth", count) for count in counts}
    actions: Mapping[str, Mapping[int, Callable[[], object]]] = {
        **{task: {c: partial(invoke, plain[c], task) for c in counts} for task in TASKS},
        "check --no-gradle": {c: partial(check, checked[c]) for c in counts},
    }
    for what, by_count in actions.items():
        arms = {str(count): timed(action) for count, action in by_count.items()}
        yield _figure(bench, what, alternate(arms, rounds=rounds, warm_up=True))
    # Not in turns: an engine that has all images of the huge one has more to list for both.
    built: dict[str, Samples] = {}
    for count in counts:
        invoke(plain[count], "build", "--progress=quiet")
        arms = {str(count): timed(partial(no_op, plain[count]))}
        built |= alternate(arms, rounds=rounds, warm_up=True)
    yield _figure(bench, "build", built)


def _figure(bench: Bench, what: str, measured: Mapping[str, Samples]) -> Figure:
    return Figure(
        what=f"`invoke {what}`, {bench.huge} images, nothing to do",
        measured=measured[str(bench.huge)],
        against=f"the same, {bench.large} images",
        reference=measured[str(bench.large)],
        most_ratio=bench.huge / bench.large,
    )
