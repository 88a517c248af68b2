"""All targets of a run in, how each stands out: everything is looked at before anything is done."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from build_config.errors import StepError, UnclearError
from build_config.ledger import Book
from build_config.publishing.latest import is_settled
from build_config.publishing.ports import Facts
from build_config.publishing.records import Records
from build_config.publishing.refusals import illegal, refusals
from build_config.publishing.standing import Standing, State, look
from build_config.publishing.target import Target
from build_config.registry.answers import CannotTell, Denied
from build_config.registry.client import Registry

_AT_A_TIME = 16
_SILENCE = 10.0
"""Seconds: who has not said anything plain by then will not do so for the next one either."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """How a target stands before the run.

    Attributes:
        settled: it is published, written down, and `latest` is right.
        refused: why it must not be published, and what to do; empty when it may.
    """

    target: Target
    standing: Standing
    settled: bool = False
    refused: str = ""

    @property
    def is_new(self) -> bool:
        """Whether its image is needed: nobody has staged it before, and nothing is against it."""
        return self.standing.state is State.ABSENT and not self.refused

    @property
    def is_doomed(self) -> bool:
        """Whether it cannot be published as things are."""
        return self.failure is not None

    @property
    def failure(self) -> StepError | None:
        """What is told in place of a try; None when it may be tried."""
        if self.refused:
            return StepError(self.refused)
        return self.standing.failure(self.target)

    @property
    def why(self) -> str:
        """What to tell a person."""
        return self.refused or self.standing.why


async def examine(
    targets: Mapping[str, Target], facts: Mapping[str, Facts], registry: Registry, ledger: Records
) -> tuple[Book, tuple[Finding, ...]]:
    """Read the ledger once, and ask the registry about every target.

    Raises:
        UnclearError: the ledger cannot be read now.
        RepositoryError: the ledger is broken.
    """
    book = await asyncio.to_thread(ledger.read)
    turn = asyncio.Semaphore(_AT_A_TIME)
    silent: list[Standing] = []

    async def one(name: str) -> Finding:
        async with turn:
            if silent:
                return Finding(target=targets[name], standing=silent[0])
            begin = time.monotonic()
            finding = await _examine(targets[name], facts[name], registry, (ledger, book))
            unclear = finding.standing.state is State.UNCLEAR
            if unclear and time.monotonic() - begin > _SILENCE:
                silent.append(finding.standing)
            return finding

    return book, tuple(await asyncio.gather(*map(one, targets)))


async def _examine(
    target: Target, facts: Facts, registry: Registry, known: tuple[Records, Book]
) -> Finding:
    ledger, book = known
    fault = illegal(target, facts.local_tag)
    if fault:
        standing = Standing(state=State.ABSENT, why="")
        return Finding(target=target, standing=standing, refused=f"{fault.why} ({fault.hint})")
    standing = await look(target, registry, ledger, book)
    finding = Finding(target=target, standing=standing)
    if standing.state is State.PUBLISHED:
        return replace(finding, settled=await _is_settled(target, registry, book))
    if standing.state is State.ABSENT:
        against = refusals(target, book, facts.conditions)
        told = [f"{refusal.why} ({refusal.hint})" for refusal in against]
        return await _may_push(replace(finding, refused="; ".join(told)), registry)
    return finding


async def _is_settled(target: Target, registry: Registry, book: Book) -> bool:
    try:
        return await is_settled(target, registry, book)
    except UnclearError:
        return False  # its step says so, and spoils no other


async def _may_push(finding: Finding, registry: Registry) -> Finding:
    if finding.refused:
        return finding
    answer = await registry.may_push(finding.target.path)
    if isinstance(answer, Denied):
        return replace(finding, refused=answer.why)
    if isinstance(answer, CannotTell):
        return replace(finding, standing=Standing(state=State.UNCLEAR, why=answer.why))
    return finding
