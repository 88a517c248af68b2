"""Whose turn it is to move `latest`: two machines, one that died, one that is too late."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import fault_proxy
import pytest
from fakes import Told
from fault_proxy import Rule
from memory_registry import MemoryRegistry
from publications import Publisher
from repositories import new_repository

from build_config.errors import UnclearError
from build_config.git_refs import Place
from build_config.ledger import Ledger
from build_config.publishing.turn import Turns
from build_config.registry.failures import RefusedError

REPOSITORY = "registry.test/acme/source-x"


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(place=Place(root=new_repository(tmp_path / "work", {})), registry="r.test")


def turns(ledger: Ledger, holder: str, *, begin: float = 60.0, stale: float = 120.0) -> Turns:
    return Turns(
        ledger=ledger,
        repository=REPOSITORY,
        holder=holder,
        tell=Told(),
        begin=begin,
        stale=stale,
    )


async def take(wanted: Turns) -> float:
    begin = time.monotonic()
    async with wanted.turn() as turn:
        turn.still_ours()
        return time.monotonic() - begin


def test_a_turn_is_over_when_it_ends(ledger: Ledger) -> None:
    asyncio.run(take(turns(ledger, "one")))
    asyncio.run(take(turns(ledger, "two")))
    assert ledger.leased(REPOSITORY) is None


def test_who_has_the_lock_of_one_that_died_does_not_wait_for_it(ledger: Ledger) -> None:
    ledger.lease(REPOSITORY, "one", after=None)
    asyncio.run(take(turns(ledger, "one")))
    assert ledger.leased(REPOSITORY) is None


def test_one_that_died_on_another_machine_is_waited_for_until_it_can_write_no_more(
    ledger: Ledger,
) -> None:
    ledger.lease(REPOSITORY, "one", after=None)
    assert asyncio.run(take(turns(ledger, "two", stale=0.5))) > 0.5
    assert ledger.leased(REPOSITORY) is None


@pytest.mark.parametrize("writes", [True, False])
def test_a_failure_keeps_the_turn_for_what_may_yet_land(ledger: Ledger, *, writes: bool) -> None:
    async def fail() -> None:
        async with turns(ledger, "one").turn() as turn:
            if writes:
                turn.still_ours()
            raise UnclearError("no answer")

    with pytest.raises(UnclearError, match="no answer"):
        asyncio.run(fail())
    assert (ledger.leased(REPOSITORY) is not None) == writes


@pytest.mark.parametrize("lost", [False, True])
def test_a_refusal_of_latest_ends_the_turn_unless_an_earlier_write_may_yet_land(
    publisher: Publisher, registry: MemoryRegistry, *, lost: bool
) -> None:
    of_latest = partial(Rule, method="PUT", path="manifests/latest")
    rules = [of_latest(action=fault_proxy.reset_before)] if lost else []
    rules.append(of_latest(action=fault_proxy.status(403), times=None))
    with (
        fault_proxy.fault_proxy(registry.host, *rules) as proxy,
        pytest.raises(RefusedError),
    ):
        asyncio.run(replace(publisher, host=proxy.host).publish("1.0.0"))
    repository = publisher.target("1.0.0").repository
    assert (publisher.ledger.leased(repository) is not None) == lost


def test_who_comes_too_late_does_not_write(ledger: Ledger) -> None:
    with pytest.raises(UnclearError, match="it took too long"):
        asyncio.run(take(turns(ledger, "one", begin=0.0)))


def test_latest_never_goes_down_between_two_machines(
    publisher: Publisher, registry: MemoryRegistry
) -> None:
    """The worst moment: another machine publishes a higher version while ours sets `latest`."""
    two = replace(publisher, locks=publisher.locks / "two")
    other = threading.Thread(target=lambda: asyncio.run(two.publish("1.1.0")))

    def publish_a_higher_one() -> None:
        other.start()
        # no longer than its client waits for an answer
        other.join(0.2)

    worst = Rule(
        action=fault_proxy.before(publish_a_higher_one), method="PUT", path="manifests/latest"
    )
    with fault_proxy.fault_proxy(registry.host, worst) as proxy:
        asyncio.run(replace(publisher, host=proxy.host).publish("1.0.0"))
    other.join()
    tags = registry.tags("connectoryard/source-x")
    moves = [found for _, tag, found in registry.written if tag == "latest"]
    assert moves == [tags["1.0.0"], tags["1.1.0"]]
