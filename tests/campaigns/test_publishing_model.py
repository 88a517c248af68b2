"""A machine that builds, bumps, publishes, is killed and lied to; a model of what must hold.

`pytest tests/campaigns/test_publishing_model.py --hypothesis-profile=nightly` goes up to 10,000
steps, a usual run a tenth of that.
A failure prints its steps and a blob for `@reproduce_failure`; it then becomes a test of its own.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Coroutine, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import monorepos
from allowed_states import State, assert_invariants, highest
from fault_proxy import FaultProxy, Rule, fault_proxy, hang_up, reset_after, reset_before, status
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from memory_ledger import MemoryLedger
from memory_registry import MemoryRegistry, memory_registry
from publications import Publisher

from build_config import versions
from build_config.errors import ConflictError, StepError, YardError
from build_config.git_refs import Place
from build_config.ledger import Book, Claim, Lease
from build_config.publishing.records import Records
from build_config.registry.patience import Budget
from build_config.release import Release
from build_config.versions import Part

SOURCE = 'FROM scratch\nLABEL io.airbyte.name=connectoryard/source-x io.airbyte.version="1.0.0"\n'
HASTY = Budget(total=0.6, call=0.2, first_wait=0.01, longest_wait=0.02)
FAULTS: dict[str, Callable[..., None]] = {
    "500": status(500),
    "503": status(503),
    "401": status(401),
    "403": status(403),
    "429": status(429, Retry_After="0"),
    "reset before": reset_before,
    "reset after": reset_after,
    "hang up": hang_up,
}
CONTENTS = ("a", "b", "c")


Done = TypeVar("Done")


class KilledError(BaseException):
    """What a kill looks like from within: no handler of ours may take it for a failure."""


@dataclass(kw_only=True, slots=True)
class MortalLedger:
    """A ledger whose publisher dies before or after its nth effect.

    Attributes:
        left: effects until then; negative for none.
    """

    records: Records
    left: int = -1

    def read(self, known: Book | None = None) -> Book:
        """See `Records.read`."""
        return self.records.read(known)

    def add(self, release: Release, known: Book | None = None) -> Book:
        """See `Records.add`."""
        return self._around(lambda: self.records.add(release, known))

    def claim(self, repository: str, version: str, claim: Claim) -> Claim:
        """See `Records.claim`."""
        return self._around(lambda: self.records.claim(repository, version, claim))

    def claimed(self, repository: str, version: str) -> Claim | None:
        """See `Records.claimed`."""
        return self.records.claimed(repository, version)

    def lease(self, repository: str, holder: str, *, after: Lease | None) -> Lease | None:
        """See `Records.lease`."""
        return self._around(lambda: self.records.lease(repository, holder, after=after))

    def leased(self, repository: str) -> Lease | None:
        """See `Records.leased`."""
        return self.records.leased(repository)

    def end_lease(self, repository: str, lease: Lease) -> None:
        """See `Records.end_lease`."""
        self._around(lambda: self.records.end_lease(repository, lease))

    def _around(self, act: Callable[[], Done]) -> Done:
        self._one_less()
        done = act()
        self._one_less()
        return done

    def _one_less(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise KilledError


class Publishing(RuleBasedStateMachine):
    """Two clones of one repository, one registry, one ledger."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="model-")))
        self.registry: MemoryRegistry = self.stack.enter_context(memory_registry())
        self.proxy: FaultProxy = self.stack.enter_context(fault_proxy(self.registry.host))
        connector = monorepos.connectors(folder / "c", {"connectors/source-x/Dockerfile": SOURCE})
        self.records = MemoryLedger()
        self.publisher = Publisher(
            connector=connector["source-x"],
            place=Place(root=folder),
            host=self.proxy.host,
            registry=self.proxy.host,
            locks=folder / "locks",
            budget=HASTY,
            records=self.records,
        )
        self.folder = folder
        self.version, self.content, self.built = "1.0.0", "a", 0
        self.known = ["1.0.0"]
        self.deleted: set[str] = set()
        self.model: dict[str, str] = {}
        """Version -> digest: what was once seen never changes."""

    def teardown(self) -> None:
        """Nothing is left."""
        self.stack.close()

    # what a developer does

    @rule(content=st.sampled_from(CONTENTS))
    def build(self, content: str) -> None:
        """Other sources, or the same, are built: never the same bytes."""
        self.content, self.built = content, self.built + 1

    @rule(part=st.sampled_from(list(Part)))
    def bump(self, part: Part) -> None:
        """Always from the highest, as `invoke bump` does."""
        top = max(self.known, key=lambda version: versions.order(version) or ())
        self._is(versions.bumped(top, part))

    @rule(minor=st.integers(0, 3), patch=st.integers(0, 3))
    def check_out_an_older_line(self, minor: int, patch: int) -> None:
        """To publish it, or one between those that are."""
        self._is(f"1.{minor}.{patch}")

    def _is(self, version: str) -> None:
        self.version = version
        if version not in self.known:
            self.known.append(version)

    # publishers

    @rule(backport=st.booleans())
    def publish(self, *, backport: bool) -> None:
        """Undisturbed: it ends well, or it is refused for a reason that the model knows."""
        self._publish(self.publisher, backport=backport)

    @rule(
        fault=st.sampled_from(sorted(FAULTS)),
        nth=st.integers(1, 25),
        times=st.sampled_from([1, 3, None]),
    )
    def publish_with_a_fault(self, fault: str, nth: int, times: int | None) -> None:
        """It may end in any way; the state is allowed, and the next run goes on from there."""
        self.proxy.forget(Rule(action=FAULTS[fault], nth=nth, times=times))
        with suppress(YardError):
            self._run(self.publisher.publish(self.version, self.content, built=str(self.built)))
        self.proxy.forget()

    @rule(effect=st.integers(1, 8))
    def publish_and_be_killed(self, effect: int) -> None:
        """Between two effects on the ledger."""
        mortal = replace(self.publisher, records=MortalLedger(records=self.records, left=effect))
        with suppress(YardError, KilledError):
            self._run(mortal.publish(self.version, self.content, built=str(self.built)))

    @rule(content=st.sampled_from(CONTENTS))
    def publish_from_another_clone(self, content: str) -> None:
        """Another machine: other locks, its own build, perhaps of other sources."""
        self._let_two_minutes_pass()
        other = replace(self.publisher, locks=self.folder / "other locks")
        self._publish(other, backport=True, content=content, built="other")

    @rule(content=st.sampled_from(CONTENTS))
    def two_publish_at_once(self, content: str) -> None:
        """Whoever loses says so, or finds its own content there."""
        self._let_two_minutes_pass()
        other = replace(self.publisher, locks=self.folder / "other locks")
        target = self.publisher.target(self.version, content)
        claim = self.records.claimed(target.repository, self.version)
        # a publisher that was killed has claimed it, and both are refused
        other_content = claim is not None and claim.sources != target.sources.fingerprint

        async def both() -> Sequence[BaseException | str]:
            return await asyncio.gather(
                self.publisher.publish(self.version, self.content, backport=True),
                other.publish(self.version, content, built="other", backport=True),
                return_exceptions=True,
            )

        ended = self._run(both())
        assert not [e for e in ended if isinstance(e, Exception) and not isinstance(e, YardError)]
        if self.content == content and self.version not in self.deleted and not other_content:
            assert any(isinstance(e, str) for e in ended) or self.version in self.recorded

    # what happens to a registry

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def somebody_deletes_a_tag(self, data: st.DataObject) -> None:
        """By hand, on the registry's page."""
        version = data.draw(st.sampled_from(sorted(self.model)))
        path = self.publisher.target("1").path
        if version in self.registry.tags(path):
            self.registry.delete_tag(path, version)
            self.deleted.add(version)

    # what holds

    @property
    def recorded(self) -> dict[str, str]:
        """Version -> digest in the ledger."""
        return {release.version: release.digest for release in self.records.added}

    @invariant()
    def every_invariant_holds(self) -> None:
        """See `allowed_states`; and what was once published is that for ever."""
        state = self._state()
        for version, found in state.recorded.items():
            assert self.model.setdefault(version, found) == found
        assert self.model.keys() == state.recorded.keys()

    def _state(self) -> State:
        return assert_invariants(
            self.publisher, self.registry, self.known, lost=sorted(self.deleted)
        )

    def _let_two_minutes_pass(self) -> None:
        """The turn of whoever was killed is over by then."""
        repository = self.publisher.target("1").repository
        held = self.records.leased(repository)
        if held is not None:
            self.records.end_lease(repository, held)

    def _run(self, run: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run(run)

    def _publish(
        self, publisher: Publisher, *, backport: bool, content: str = "", built: str = ""
    ) -> None:
        content, built = content or self.content, built or str(self.built)
        before, refused = self.recorded, ""
        try:
            said = self._run(
                publisher.publish(self.version, content, built=built, backport=backport)
            )
        except ConflictError:
            refused = "conflict"
        except StepError as error:
            refused = str(error)
        if refused:
            assert refused == "conflict" or ("is below" in refused and not backport), refused
            assert self.recorded == before
            return
        self.deleted.discard(self.version)
        state = self._state()
        assert self.version in said
        assert state.tags[self.version] == state.recorded[self.version]
        assert state.tags.get("latest") == highest(state.recorded)


TestPublishing = Publishing.TestCase
_USUAL = settings.get_current_profile_name() == "default"
TestPublishing.settings = settings(
    settings(max_examples=40, stateful_step_count=25) if _USUAL else settings(),
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
