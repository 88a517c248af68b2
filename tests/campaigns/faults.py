"""Fault number N until a run has none left: actions and situations in, what was counted out.

Each case publishes through a proxy that goes wrong at its N-th request, once or from there on;
the state must be an allowed one, and one more run without faults must end as if nothing had been.
"""

from __future__ import annotations

import asyncio
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import fault_proxy
from allowed_states import assert_invariants
from cases import assert_finished, case_of, failing
from counting import Count
from fault_proxy import Action, FaultProxy, Rule
from memory_ledger import MemoryLedger
from memory_registry import MemoryRegistry, memory_registry
from publications import Publisher, digest
from repositories import new_repository
from situations import SITUATIONS

from build_config.registry.patience import Budget

_SHORT = Budget(total=0.6, call=0.15, first_wait=0.01, longest_wait=0.05)
_TRIES = 8
"""Without a fault; each has twice the time of the one before, for this machine may be busy."""
_PAGE = b"<html><body>not found, says somebody on the way</body></html>"

ACTIONS: Mapping[str, Action] = MappingProxyType(
    {
        "500": fault_proxy.status(500),
        "503": fault_proxy.status(503),
        "429": fault_proxy.status(429, Retry_After="1"),
        "401": fault_proxy.status(401, WWW_Authenticate='Basic realm="somebody"'),
        "403": fault_proxy.status(403),
        "404 with a page": fault_proxy.status(404, _PAGE, Content_Type="text/html"),
        "reset before": fault_proxy.reset_before,
        "reset after": fault_proxy.reset_after,
        "hang": fault_proxy.hang,
        "delay": fault_proxy.delay(2 * _SHORT.call),
        "flip": fault_proxy.flip,
        "flip answer": fault_proxy.flip_answer,
        "truncate": fault_proxy.truncate,
        "false header": fault_proxy.false_header("Docker-Content-Digest", f"sha256:{'0' * 64}"),
        "strip header": fault_proxy.strip_header("Location"),
        "trickle": fault_proxy.trickle,
    }
)
_ALLOWED = {1: "StepError", 4: "UnclearError"}
"""By exit code. Nobody has published anything else: a conflict would be a false alarm."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Loop:
    """One action in one situation, at every request in turn.

    Attributes:
        always: from that request on, and not only there.
        kind: `memory`, or the address of a registry.
        git: the ledger is git's, and not in memory.
        first: the request that it begins with.
        step: every how-manieth request from there.
    """

    situation: str
    action: str
    always: bool
    kind: str = "memory"
    git: bool = False
    first: int = 1
    step: int = 1

    def __str__(self) -> str:
        often = "always" if self.always else "once"
        return f"{self.action} {often}, {self.situation}"


def loops(
    *, situations: Sequence[str] = tuple(SITUATIONS), actions: Sequence[str] = tuple(ACTIONS)
) -> Iterator[Loop]:
    """Every action in every situation, once and always."""
    for situation in situations:
        for action in actions:
            for always in (False, True):
                yield Loop(situation=situation, action=action, always=always)


def run(loop: Loop) -> Count:
    """All cases of a loop."""
    count = Count()
    with (
        tempfile.TemporaryDirectory(prefix="connectoryard-faults-") as folder,
        memory_registry() as registry,
    ):
        host = registry.host if loop.kind == "memory" else loop.kind
        known = registry if loop.kind == "memory" else host
        proxy = FaultProxy(host)
        try:
            nth, tries = loop.first, 0
            while tries < _TRIES:
                rule = Rule(action=ACTIONS[loop.action], nth=nth, times=None if loop.always else 1)
                proxy.forget(rule)
                case = _case(Path(folder, f"{nth}-{tries}"), loop, host)
                try:
                    ended = _try(case, loop, proxy, known, longer=2**tries)
                except AssertionError as error:
                    count.failures.append(f"{loop}, request {nth}: {error}")
                    ended = "failure"
                if rule.applied:
                    count.cases += 1
                    count.ended[ended] += 1
                    nth, tries = nth + loop.step, 0
                elif ended == "ok":
                    return count
                else:
                    tries += 1
        finally:
            proxy.close()
    raise AssertionError(f"{loop}: it does not end well even without a fault")


def _case(root: Path, loop: Loop, host: str) -> Publisher:
    """A connector, and a ledger, of its own."""
    if loop.git:
        new_repository(root, {})
    records = None if loop.git else MemoryLedger()
    return case_of(root, f"source-{uuid.uuid4().hex}", host=host, records=records)


def _try(
    case: Publisher,
    loop: Loop,
    proxy: FaultProxy,
    registry: MemoryRegistry | str,
    *,
    longer: int,
) -> str:
    situation = SITUATIONS[loop.situation]
    situation.arrange(case)
    flips = loop.action == "flip"
    before = assert_invariants(case, registry, situation.versions, lost=situation.lost)
    budget = replace(_SHORT, total=longer * _SHORT.total, call=longer * _SHORT.call)
    faulty = replace(case, host=proxy.host, budget=budget)
    error = asyncio.run(failing(faulty, situation, seconds=budget.call))
    proxy.forget()
    cut = assert_invariants(case, registry, situation.versions, lost=situation.lost, garbled=flips)
    if error is None:
        assert_finished(case, situation, cut)
    else:
        assert type(error).exit_code in _ALLOWED, f"{type(error)}: {error}"
        assert "\n" not in str(error)
    # who tries again has built anew, and finishes what was begun
    again = asyncio.run(failing(case, situation, built="anew"))
    assert again is None, f"cannot go on after {error!r}: {again!r}"
    end = assert_invariants(case, registry, situation.versions, garbled=flips)
    assert_finished(case, situation, end)
    kept = {tag: found for tag, found in {**before.tags, **cut.tags}.items() if tag != "latest"}
    assert kept.items() <= end.tags.items(), f"{kept} became {end.tags}"
    if situation.fixed:
        assert end.tags[situation.version] == digest(case.image(situation.version).manifest)
    return "ok" if error is None else _ALLOWED[type(error).exit_code]
