"""Two who publish at once: how they meet in, what was counted out.

Each round is two publishers that begin together, on one machine (they share the locks) or on two;
nothing is published twice, nothing that was written down is lost, `latest` never goes down.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from allowed_states import assert_invariants, highest
from cases import case_of
from counting import Count
from memory_ledger import MemoryLedger
from memory_registry import MemoryRegistry, memory_registry
from publications import Publisher
from repositories import git, new_repository
from situations import images_of

from build_config.errors import ConflictError, YardError
from build_config.git_refs import Place

_APART = 0.02  # seconds, at most, by which one of them is late


@dataclass(frozen=True, kw_only=True, slots=True)
class One:
    """What one of the two publishes."""

    version: str = "1.0.0"
    content: str = "a"
    built: str = ""
    connector: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Meeting:
    """Who meets whom.

    Attributes:
        conflicts: how many of them are refused.
    """

    both: tuple[One, One]
    conflicts: int = 0


MEETINGS: Mapping[str, Meeting] = MappingProxyType(
    {
        "the same bytes": Meeting(both=(One(), One())),
        "the same sources, built twice": Meeting(both=(One(), One(built="anew"))),
        "other sources": Meeting(both=(One(), One(content="b")), conflicts=1),
        "two versions": Meeting(both=(One(), One(version="1.1.0"))),
        "two connectors": Meeting(both=(One(), One(connector=1))),
    }
)
LEDGERS = ("memory", "git", "remote")


@dataclass(frozen=True, kw_only=True, slots=True)
class Rounds:
    """How often they meet, and where.

    Attributes:
        ledger: in memory; in one git repository; in two clones of one.
        machines: one, with shared locks, or two.
    """

    meeting: str
    ledger: str = "memory"
    machines: int = 2
    rounds: int = 1
    seed: int = 0

    def __str__(self) -> str:
        return f"{self.meeting}, ledger: {self.ledger}, machines: {self.machines}"


def run(rounds: Rounds) -> Count:
    """All rounds."""
    count, chance = Count(), random.Random(rounds.seed)  # noqa: S311 - a seed to repeat it
    with (
        tempfile.TemporaryDirectory(prefix="connectoryard-races-") as folder,
        ThreadPoolExecutor(2) as pool,
    ):
        places = _places(Path(folder), rounds.ledger)
        for number in range(rounds.rounds):
            with memory_registry() as registry:
                root = Path(folder, str(number))
                two = list(_publishers(root, registry, rounds, places))
                late = [chance.uniform(0, _APART), chance.uniform(0, _APART)]
                try:
                    _meet(rounds, two, registry, pool, late)
                except AssertionError as error:
                    count.failures.append(f"{rounds}, round {number}: {error}")
                count.cases += 1
    return count


def _places(folder: Path, ledger: str) -> Sequence[Place]:
    if ledger == "memory":
        return (Place(root=folder), Place(root=folder))
    roots = [new_repository(folder / f"clone-{number}", {}) for number in (0, 1)]
    if ledger == "git":
        return (Place(root=roots[0]), Place(root=roots[0]))
    git(folder, "init", "--quiet", "--bare", "remote.git")
    remote = str(folder / "remote.git")
    return [Place(root=root, remote=remote) for root in roots]


def _publishers(
    root: Path, registry: MemoryRegistry, rounds: Rounds, places: Sequence[Place]
) -> Iterator[Publisher]:
    """Machine and connector of each."""
    names = [f"source-{uuid.uuid4().hex}" for _ in (0, 1)]
    records = MemoryLedger() if rounds.ledger == "memory" else None
    for number, one in enumerate(MEETINGS[rounds.meeting].both):
        machine = number if rounds.machines == 2 else 0
        made = case_of(
            root / names[one.connector], names[one.connector], host=registry.host, records=records
        )
        # a machine has one folder of locks, for all of its clones
        locks = root / f"machine-{machine}"
        yield replace(made, place=places[number], locks=locks)


def _meet(
    rounds: Rounds,
    two: Sequence[Publisher],
    registry: MemoryRegistry,
    pool: ThreadPoolExecutor,
    late: Sequence[float],
) -> None:
    meeting, gate = MEETINGS[rounds.meeting], threading.Barrier(2)

    def go(number: int) -> YardError | None:
        gate.wait()
        time.sleep(late[number])
        return _publish(two[number], meeting.both[number])

    errors = list(pool.map(go, (0, 1)))
    failed = [error for error in errors if error is not None]
    assert len(failed) == meeting.conflicts, f"{errors}"
    assert all(isinstance(error, ConflictError) for error in failed), f"{errors}"
    for publisher in two:
        own = [
            one.version
            for other, one in zip(two, meeting.both, strict=True)
            if other.connector.name == publisher.connector.name
        ]
        state = assert_invariants(publisher, registry, sorted(set(own)))
        assert set(state.recorded) == set(own), f"lost: {state.recorded}"
        assert state.tags["latest"] == highest(state.recorded)


def _publish(publisher: Publisher, one: One) -> YardError | None:
    made = publisher.image(one.version, one.content, built=one.built)
    images = images_of(publisher, made)
    try:
        asyncio.run(publisher.publish(one.version, one.content, backport=True, images=images))
    except YardError as error:
        return error
    return None
