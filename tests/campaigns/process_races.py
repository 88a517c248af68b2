"""Two processes that publish one version at once: rounds in, what was counted out."""

from __future__ import annotations

import tempfile
import uuid
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from allowed_states import assert_invariants
from cases import assert_finished, case_of
from counting import Count
from kills import victims
from memory_registry import memory_registry
from publications import Publisher
from repositories import git, new_repository
from situations import SITUATIONS

from build_config.git_refs import Place

_NAME = "nothing is there"


@dataclass(frozen=True, kw_only=True, slots=True)
class ProcessRounds:
    """How often, and on how many machines.

    Attributes:
        machines: one, with one repository, or two with a clone each.
    """

    machines: int
    rounds: int


def run(asked: ProcessRounds) -> Count:
    """All rounds."""
    count = Count()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="connectoryard-races-"))
        registry = stack.enter_context(memory_registry())
        places = [Path(folder, which) for which in ("one", "two")]
        for place in places:
            place.mkdir()
        two = [stack.enter_context(victims(place)) for place in places]
        for _ in range(asked.rounds):
            publishers = _publishers(Path(folder), registry.host, asked.machines)
            for number, (victim, publisher) in enumerate(zip(two, publishers, strict=True)):
                victim.start(_order(publisher, built="anew" if number else ""))
            codes = [victim.end() for victim in two]
            count.cases += 1
            try:
                assert codes == [0, 0], f"{codes}: {[victim.said() for victim in two]}"
                versions = SITUATIONS[_NAME].versions
                for publisher in publishers:
                    state = assert_invariants(publisher, registry, versions)
                    assert_finished(publisher, SITUATIONS[_NAME], state)
            except AssertionError as error:
                count.failures.append(f"{asked}: {error}")
    return count


def _publishers(folder: Path, host: str, machines: int) -> list[Publisher]:
    name = f"source-{uuid.uuid4().hex}"
    roots = [new_repository(folder / f"{name}-{number}", {}) for number in range(machines)]
    made = [case_of(root, name, host=host) for root in roots]
    if machines == 1:
        return made * 2
    git(folder, "init", "--quiet", "--bare", f"{name}.git")
    remote = str(folder / f"{name}.git")
    return [replace(one, place=Place(root=one.place.root, remote=remote)) for one in made]


def _order(publisher: Publisher, *, built: str) -> dict[str, object]:
    return {
        "root": str(publisher.place.root),
        "remote": publisher.place.remote,
        "name": publisher.connector.name,
        "host": publisher.host,
        "registry": publisher.registry,
        "situation": _NAME,
        "built": built,
    }
