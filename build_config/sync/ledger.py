"""States that went out and came back in, the saved state and how much of each stream it covers."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from build_config.errors import StepError
from build_config.sandbox.engine_requests import undisturbed
from build_config.sync import states
from build_config.sync.messages import Message, StreamKey, stream_of
from build_config.sync.states import SavedState
from build_config.sync.traffic import Traffic


@dataclass(frozen=True, kw_only=True, slots=True)
class _Sent:
    """A state on its way, and how many records of its streams went before it."""

    identity: str
    records: dict[StreamKey, int]


@dataclass(kw_only=True, slots=True)
class Ledger:
    """Keeps the account of one sync.

    Attributes:
        path: of the file with the confirmed state.
        state: what is confirmed.
    """

    path: Path
    state: SavedState
    traffic: Traffic
    _sent: dict[StreamKey | None, deque[_Sent]] = field(default_factory=dict)
    _saved: SavedState | None = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def sent(self, state: Message) -> None:
        """A state goes to the destination."""
        key = stream_of(state)
        streams = self.traffic.streams if key is None else (key,)
        records = {each: self.traffic.stream(each).records for each in streams}
        entry = _Sent(identity=states.identity(state), records=records)
        self._sent.setdefault(key, deque()).append(entry)

    def confirmed(self, state: Message) -> None:
        """A state came back: all before it is committed; it is saved soon."""
        self.traffic.confirmed_states += 1
        self.state = self.state.with_confirmed(state)
        waiting, identity = self._sent.get(stream_of(state), deque()), states.identity(state)
        if any(entry.identity == identity for entry in waiting):
            while (entry := waiting.popleft()).identity != identity:
                pass
            for key, records in entry.records.items():
                self.traffic.stream(key).confirmed = records
        self._news.set()

    async def keep_saving(self) -> None:
        """Save whenever there is something new, off the event loop; runs until it is cancelled.

        No thread is left behind that would write an older state over that of `save`.
        """
        while True:
            await self._news.wait()
            self._news.clear()
            state = self.state
            with suppress(OSError):  # what cannot be saved now is told when the sync ends
                await undisturbed(asyncio.to_thread(states.write, self.path, state))
                self._saved = state

    def save(self) -> None:
        """Save now, if there is something new.

        Raises:
            StepError: it cannot be written.
        """
        if not self.traffic.confirmed_states or self._saved is self.state:
            return
        try:
            states.write(self.path, self.state)
        except OSError as error:
            reason = error.strerror or str(error)
            raise StepError(
                f"the confirmed state could not be saved in `{self.path}`: {reason}",
                hint="the next sync goes on from what was saved before",
            ) from error
        self._saved = self.state
