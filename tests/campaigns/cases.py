"""Cases of the campaigns: a folder and a name in, a publisher with a ledger of its own out."""

from __future__ import annotations

import os
from pathlib import Path

import monorepos
from allowed_states import State, highest
from publications import Publisher, digest
from situations import Situation, images_of

from build_config.errors import YardError
from build_config.git_refs import Place
from build_config.publishing.records import Records
from build_config.registry.patience import Budget

LONG = Budget(total=120.0, call=60.0, first_wait=0.01, longest_wait=0.05)
"""Nothing of this machine takes as long, however busy it is."""
_SOURCE = 'FROM scratch\nLABEL io.airbyte.name=connectoryard/{0} io.airbyte.version="1.0.0"\n'


def case_of(
    root: Path,
    name: str,
    *,
    host: str,
    registry: str = "",
    records: Records | None = None,
    remote: str | None = None,
) -> Publisher:
    """A machine that publishes a connector of that name.

    Args:
        root: its repository, and its locks.
        name: of the connector.
        host: of the registry, or of a proxy before it.
        registry: as the ledger knows it; the host where it is not given.
        records: its ledger, if not that of the git repository at the root.
        remote: where that ledger is, if not in the repository.
    """
    connectors = {f"connectors/{name}/Dockerfile": _SOURCE.format(name)}
    return Publisher(
        # each process writes its own: two may be at it
        connector=monorepos.connectors(root / f"yard-{os.getpid()}", connectors)[name],
        place=Place(root=root, remote=remote),
        host=host,
        registry=registry or host,
        locks=root / "locks",
        budget=LONG,
        records=records,
    )


async def publish(
    case: Publisher, situation: Situation, *, built: str = "", seconds: float = LONG.call
) -> str:
    """Publish what the situation says; what was done."""
    made = case.image(situation.version, built=built)
    images = images_of(case, made, seconds=seconds)
    return await case.publish(situation.version, backport=situation.backport, images=images)


async def failing(
    case: Publisher, situation: Situation, *, built: str = "", seconds: float = LONG.call
) -> YardError | None:
    """How publishing failed; None where it did not."""
    try:
        await publish(case, situation, built=built, seconds=seconds)
    except YardError as error:
        return error
    return None


def assert_finished(case: Publisher, situation: Situation, state: State) -> None:
    """All is as it is to be in the end."""
    assert set(state.recorded) == set(situation.versions), f"written down: {state.recorded}"
    possible = {digest(case.image(situation.version, built=b).manifest) for b in ("", "anew")}
    assert state.tags.get(situation.version) in possible
    tops = state.tags.get("latest"), highest(state.recorded)
    assert tops[0] == tops[1], f"`latest` is {tops[0]} and not {tops[1]}"
