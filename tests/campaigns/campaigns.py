"""All campaigns against publishing, whole or a part of each: a choice in, figures out."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

import faults
import kills
import process_races
import races
from counting import Count
from docker_registry import docker_registry
from fault_proxy import fault_proxy
from memory_registry import memory_registry
from process_races import ProcessRounds
from situations import SITUATIONS

_WORK = TypeVar("_WORK")
_AT_A_TIME = 3
_AMID = (0.0, 0.001, 0.004, 0.008)  # seconds after a git command began
_SIMILAR = frozenset({"a second version", "a backport"})  # to publishing the first


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One line of the proof."""

    what: str
    count: Count
    seconds: float

    def __str__(self) -> str:
        ended = ", ".join(f"{number} {how}" for how, number in sorted(self.count.ended.items()))
        more = f" ({ended})" if ended else ""
        failures = len(self.count.failures)
        return f"{self.what}: {self.count.cases}{more}, {failures} wrong, {self.seconds:.0f} s"


def in_processes(run: Callable[[_WORK], Count], work: Iterable[_WORK]) -> Count:
    """Do all of it on the processors of this machine, and add it up."""
    total = Count()
    with ProcessPoolExecutor(_AT_A_TIME, mp_context=get_context("spawn")) as pool:
        for count in pool.map(run, work):
            total.add(count)
    return total


def all_faults(*, everything: bool) -> Figure:
    """Each action at each request, before a registry in memory."""
    begin = time.monotonic()
    loops = faults.loops() if everything else _some(faults.loops())
    count = in_processes(faults.run, loops)
    what = "faults, at every request in every situation; registry in memory"
    return Figure(what=what, count=count, seconds=time.monotonic() - begin)


def debian_faults(*, everything: bool) -> Figure:
    """The same before Debian's registry."""
    begin = time.monotonic()
    with docker_registry() as registry:
        host = registry.url.removeprefix("http://")
        loops = (replace(loop, kind=host) for loop in faults.loops())
        count = in_processes(faults.run, loops if everything else _few(loops))
    what = "the same before Debian's registry"
    return Figure(what=what, count=count, seconds=time.monotonic() - begin)


def git_faults(*, everything: bool) -> Figure:
    """The same with the ledger in git: the others have it in memory."""
    begin = time.monotonic()
    loops = (replace(loop, git=True) for loop in faults.loops() if not loop.always)
    count = in_processes(faults.run, loops if everything else [])
    what = "the same with the ledger in git"
    return Figure(what=what, count=count, seconds=time.monotonic() - begin)


def _some(loops: Iterable[faults.Loop]) -> Iterator[faults.Loop]:
    """Of what is always wrong, and of what is like another situation, a few requests."""
    for loop in loops:
        if loop.always:
            yield replace(loop, step=20)
        else:
            yield replace(loop, step=5 if loop.situation in _SIMILAR else 1)


def _few(loops: Iterable[faults.Loop]) -> Iterator[faults.Loop]:
    """Other requests of each action, in every other situation."""
    actions, situations = list(faults.ACTIONS), list(SITUATIONS)
    for number, loop in enumerate(loops):
        odd = (actions.index(loop.action) + situations.index(loop.situation)) % 2
        if not loop.always and not odd:
            yield replace(loop, first=1 + number % 17, step=40)


def all_kills(*, everything: bool) -> Figure:
    """SIGKILL at each effect."""
    begin = time.monotonic()
    names = list(SITUATIONS) if everything else ["nothing is there", "a second version"]
    count = in_processes(_kills, [(name, everything) for name in names])
    what = "kills, at every request, git command and file; what was whole after one more run"
    return Figure(what=what, count=count, seconds=time.monotonic() - begin)


def _kills(asked: tuple[str, bool]) -> Count:
    name, everything = asked
    step = 1 if everything else 3 if name == "nothing is there" else 6
    count = Count()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="connectoryard-k-")))
        registry = stack.enter_context(memory_registry())
        yard = kills.Yard(
            folder=folder,
            registry=registry,
            proxy=stack.enter_context(fault_proxy(registry.host)),
            victims=stack.enter_context(kills.victims(folder)),
        )
        for answered in (False, True):
            count.add(yard.kill_at_requests(name, answered=answered, step=step))
        for when in kills.WHEN:
            count.add(yard.kill_at_git(name, when, step=step))
        for seconds in _AMID if everything else ():
            count.add(yard.kill_at_git(name, "amid", seconds=seconds))
        count.add(yard.kill_at_files(name, step=step))
    return count


def all_races(*, everything: bool) -> Figure:
    """Two who publish at once."""
    begin = time.monotonic()
    rounds = _rounds(often=2, rarer=1) if everything else _rounds(often=1, rarer=3)
    count = in_processes(races.run, rounds)
    what = "rounds of two publishers"
    return Figure(what=what, count=count, seconds=time.monotonic() - begin)


def all_process_races(*, everything: bool) -> Figure:
    """Two processes, on one machine and on two."""
    begin = time.monotonic()
    rounds = 50 if everything else 10
    asked = [ProcessRounds(machines=machines, rounds=rounds) for machines in (1, 2)]
    count = in_processes(process_races.run, asked)
    what = "rounds of two processes"
    return Figure(what=what, count=count, seconds=time.monotonic() - begin)


def _rounds(*, often: int, rarer: int) -> Iterator[races.Rounds]:
    """Of every meeting some rounds; `rarer` divides them."""
    for ledger, rounds in (("memory", 90), ("git", 8), ("remote", 4)):
        for machines in (1, 2):
            for meeting in races.MEETINGS:
                for seed in range(often):
                    yield races.Rounds(
                        meeting=meeting,
                        ledger=ledger,
                        machines=machines,
                        rounds=max(1, rounds // rarer),
                        seed=seed,
                    )


CAMPAIGNS: dict[str, Callable[..., Figure]] = {
    "faults": all_faults,
    "debian": debian_faults,
    "git": git_faults,
    "kills": all_kills,
    "races": all_races,
    "processes": all_process_races,
}
