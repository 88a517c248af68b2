"""One who moves an image's `latest` at a time, on all machines: a ledger in, the turn to do it out.

A registry moves a tag without comparing. So who wants to move one takes a turn, a ref of git that
is created once, and reads the ledger only then: it knows of every version that was `latest` before.
A turn whose holder died ends in one of two ways: somebody has the lock that the holder must have
had (`lock`), or nothing was heard of it for longer than it could still write.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from build_config.engine import Tell
from build_config.errors import UnclearError
from build_config.ledger import Lease
from build_config.publishing.records import Records
from build_config.registry.failures import RefusedError

_POLL = 0.1
_BEGIN = 60.0
_STALE = 120.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Turns:
    """The turns at one image's `latest`.

    Attributes:
        holder: who we are: see `lock.only_one`.
        begin: seconds after which a holder must not begin to write any more.
        stale: seconds after which no holder writes any more: `begin`, and what a write may take.
    """

    ledger: Records
    repository: str
    holder: str
    tell: Tell
    begin: float = _BEGIN
    stale: float = _STALE

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[Turn]:
        """Wait for our turn. It is kept when something goes wrong that may yet land.

        Raises:
            UnclearError: git or its remote did not answer.
        """
        lease, since = await self._take()
        turn = Turn(end=since + self.begin)
        try:
            yield turn
        except Exception as error:
            refused = isinstance(error, RefusedError) and error.at_once
            if refused or not turn.begun:
                await self._end(lease)
            raise
        await self._end(lease)

    async def _end(self, lease: Lease) -> None:
        with suppress(UnclearError):  # then it ends by itself
            await asyncio.to_thread(self.ledger.end_lease, self.repository, lease)

    async def _take(self) -> tuple[Lease, float]:
        """The turn, and the time from which it counts."""
        seen: Lease | None = None
        since = time.monotonic()
        while True:
            held = await asyncio.to_thread(self.ledger.leased, self.repository)
            if held is None or held != seen:
                seen, since = held, time.monotonic()
            ended = time.monotonic() - since > self.stale
            # we have the lock that it must have had: it is gone
            if held is None or held.holder == self.holder or ended:
                begin = time.monotonic()
                taken = await asyncio.to_thread(self._taken_after, held)
                if taken:
                    return taken, begin
            self.tell.activity("waiting for another machine to set `latest`")
            await asyncio.sleep(_POLL)

    def _taken_after(self, held: Lease | None) -> Lease | None:
        return self.ledger.lease(self.repository, self.holder, after=held)


@dataclass(kw_only=True, slots=True)
class Turn:
    """A turn that we have.

    Attributes:
        end: by the monotonic clock; what is not begun by then must not be begun.
        begun: a write was.
    """

    end: float
    begun: bool = False

    def still_ours(self) -> None:
        """Ask right before a write.

        Raises:
            UnclearError: it took too long to come here.
        """
        if time.monotonic() > self.end:
            raise UnclearError("it took too long to set `latest`", hint="the same command again")
        self.begun = True
