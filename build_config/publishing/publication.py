"""A target and its tested image in, the version published out: the order of effects.

Bytes first, then the claim that fixes which bytes the version is, then the version's tag, then the
ledger, `latest` last: what people see comes after what it points to. Each step looks, acts and
reads back. There is no journal: claim, registry and ledger say how far it came, so doing it again
goes on from there, on any machine.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from build_config.catalog.documents import defects
from build_config.engine import Tell
from build_config.errors import ConflictError, StepError, UnclearError
from build_config.image_labels import REVISION_LABEL
from build_config.ledger import Book, Claim
from build_config.publishing import shipping
from build_config.publishing.latest import settle_latest
from build_config.publishing.lock import only_one
from build_config.publishing.ports import Facts, Images, Press, Shipment
from build_config.publishing.refusals import refusals
from build_config.publishing.standing import ONCE_RIGHT, Standing, State, look
from build_config.publishing.target import Target
from build_config.publishing.turn import Turns
from build_config.registry.answers import CannotTell, Present
from build_config.release import Release


@dataclass(kw_only=True, slots=True)
class Publication:
    """One version on its way.

    Attributes:
        seconds: what took how long.
    """

    target: Target
    press: Press
    images: Images
    facts: Facts
    tell: Tell
    seconds: dict[str, float] = field(default_factory=dict)

    async def publish(self) -> str:
        """Have the version published, written down, and `latest` right; what was done, in words.

        Raises:
            ConflictError: the version is, or was claimed for, something else.
            UnclearError: the registry or the ledger did not say.
            StepError: it must not be published, or did not arrive as it was sent.
        """
        press, target = self.press, self.target
        async with only_one(press.locks, target.repository, self.tell) as us:
            book = await asyncio.to_thread(press.ledger.read, press.book)
            standing = await look(target, press.registry, press.ledger, book)
            book = await self._finish(standing, book)
            self.tell.activity("setting `latest`")
            turns = Turns(
                ledger=press.ledger, repository=target.repository, holder=us, tell=self.tell
            )
            latest = await settle_latest(target, press.registry, book, turns)
        digest = book.releases[target.key].digest[:19]
        return f"{target.version} is {digest}; {latest}"

    async def _finish(self, standing: Standing, book: Book) -> Book:
        """Whatever is left to do until the ledger has it."""
        failure = standing.failure(self.target)
        if failure:
            raise failure
        if standing.state is State.PUBLISHED:
            return book
        if standing.manifest is None:
            shipment = await self._ship(book)
        elif standing.claim is None:
            shipment = await self._take_over(standing.manifest)
        else:
            shipment = await self._resume(standing.manifest, standing.claim)
        release = self._release(shipment)
        against = defects(release)
        if against:
            raise StepError("; ".join(against), hint="correct its definition or its spec")
        if standing.state is not State.UNRECORDED:
            with self._timed("promote"):
                self.tell.activity(f"tagging it {self.target.version}")
                await shipping.promote(self.target, self.press.registry, shipment.manifest)
        self.tell.activity("writing it down")
        release = replace(release, seconds=dict(self.seconds))
        return await asyncio.to_thread(self.press.ledger.add, release, book)

    async def _ship(self, book: Book) -> Shipment:
        """Stage the image of this machine, and claim the version for it; or for who was first."""
        against = list(refusals(self.target, book, self.facts.conditions))
        if against:
            why = "; ".join(refusal.why for refusal in against)
            raise StepError(why, hint=against[0].hint)
        tested = await self.images.tested(self.tell)
        with self._timed("stage"):
            registry = self.press.registry
            staged = await shipping.stage(self.target, registry, self.images, tested, self.tell)
        claim = await self._claim(staged)
        if claim.digest == staged.manifest.digest:
            return staged
        if claim.sources != self.target.sources.fingerprint:
            raise ConflictError(
                f"`{self.target}` is claimed for {claim.digest[:19]}, made from something else",
                hint=self.target.bump,
            )
        return await self._take_over(await self._claimed(claim))

    async def _claim(self, staged: Shipment) -> Claim:
        claim = Claim(
            digest=staged.manifest.digest,
            image_id=staged.tested.id,
            sources=self.target.sources.fingerprint,
            commit=self._commit(staged),
            nonce=uuid.uuid4().hex,
        )
        ledger, target = self.press.ledger, self.target
        return await asyncio.to_thread(ledger.claim, target.repository, target.version, claim)

    async def _claimed(self, claim: Claim) -> Present:
        found = await self.press.registry.manifest(self.target.path, claim.digest)
        if isinstance(found, CannotTell):
            raise UnclearError(found.why, hint=ONCE_RIGHT)
        if not isinstance(found, Present):
            raise ConflictError(
                f"`{self.target}` is claimed for {claim.digest[:19]}, which the registry lost",
                hint=self.target.bump,
            )
        return found

    async def _resume(self, manifest: Present, claim: Claim) -> Shipment:
        """Finish what was claimed; what the registry has lost of it since, who has it sends again.

        A registry may collect what has no tag of its own, and `staging` moves.
        """
        try:
            return await self._take_over(manifest)
        except (UnclearError, ConflictError):
            raise
        except StepError:
            tested = await self.images.tested(self.tell)
            if tested.id != claim.image_id:
                raise
        registry = self.press.registry
        staged = await shipping.stage(self.target, registry, self.images, tested, self.tell)
        if staged.manifest.digest == claim.digest:
            return staged
        return await self._take_over(manifest)  # of the same blobs, though another manifest

    async def _take_over(self, manifest: Present) -> Shipment:
        """Finish what another run began: its bytes, not ours."""
        registry = self.press.registry
        return await shipping.shipped(self.target, registry, self.images, manifest, self.tell)

    def _release(self, shipment: Shipment) -> Release:
        connector = self.target.connector
        published = datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
        return Release(
            name=connector.name,
            kind=connector.kind.value,
            language=connector.language.value,
            repository=self.target.repository,
            version=self.target.version,
            digest=shipment.manifest.digest,
            image_id=shipment.tested.id,
            size=shipment.contents.size,
            commit=self._commit(shipment),
            source_url=self.facts.source_url,
            fingerprint=self.target.sources.fingerprint,
            inputs=self.target.sources.to_json(),
            published=published,
            definition=self.facts.definition,
            tags=self.facts.tags,
            spec=shipment.tested.spec,
            tests=shipment.tested.tests,
        )

    def _commit(self, shipment: Shipment) -> str:
        """The one it was built from: other files may have been committed since."""
        labels = shipment.contents.labels
        return labels.get(REVISION_LABEL) or self.facts.conditions.commit or ""

    @contextmanager
    def _timed(self, what: str) -> Iterator[None]:
        begin = time.monotonic()
        yield
        self.seconds[what] = round(time.monotonic() - begin, 3)
