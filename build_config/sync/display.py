"""The counters of a running sync in, a table on a terminal, lines elsewhere, or JSON out."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any, Final, Protocol

from rich import box
from rich.console import Console
from rich.live import Live
from rich.table import Table

from build_config.sync.traffic import StreamTraffic, Traffic
from build_config.wording import duration, harmless, size

_WINDOW: Final = 16
"""Looks back for the rate: four seconds of a live table."""


class Display(Protocol):
    """Shows a sync.

    Attributes:
        seconds: between two updates.
    """

    seconds: float

    def update(self, traffic: Traffic) -> None:
        """Show how it stands."""

    def finish(self, traffic: Traffic, outcome: str) -> None:
        """Show how it ended: `done`, `failed` or `interrupted`."""


@asynccontextmanager
async def shown(display: Display, traffic: Traffic) -> AsyncIterator[None]:
    """Keeps the display up to date for the length of the block."""

    async def keep_showing() -> None:
        while True:
            await asyncio.sleep(display.seconds)
            display.update(traffic)

    showing = asyncio.create_task(keep_showing())
    outcome = "failed"
    try:
        yield
        outcome = "done"
    except asyncio.CancelledError:
        outcome = "interrupted"
        raise
    finally:
        showing.cancel()
        await asyncio.wait({showing})
        display.finish(traffic, outcome)


@contextmanager
def asking(console: Console, display: str, source: str) -> Iterator[None]:
    """A sign of life before there is a table: a large database takes minutes to tell what it has.

    Args:
        console: where the display is.
        display: a key of `DISPLAYS`.
        source: the name of who is asked.
    """
    text = f"asking `{source}` what it has"
    if display == "live":
        with console.status(text):
            yield
        return
    if display in {"plain", "github"}:
        console.print(text, soft_wrap=True)
    yield


@dataclass(kw_only=True, slots=True)
class LiveTable:
    """A row for each stream, redrawn four times a second; stays when the sync has ended."""

    console: Console
    seconds: float = 0.25
    _live: Live | None = None
    _past: deque[tuple[float, dict[str, int]]] = field(
        default_factory=lambda: deque(maxlen=_WINDOW)
    )

    def update(self, traffic: Traffic) -> None:
        """See `Display.update`."""
        if self._live is None:
            self._live = Live(console=self.console, auto_refresh=False)
            self._live.start()
        now = {stream.label: stream.records for stream in traffic.streams.values()}
        self._past.append((traffic.seconds, now))
        began, before = self._past[0]
        gone = traffic.seconds - began

        def rate(stream: StreamTraffic) -> float:
            return (stream.records - before.get(stream.label, 0)) / gone if gone else 0.0

        table = _table(traffic, rate, most=max(self.console.height - 6, 3))
        self._live.update(table, refresh=True)

    def finish(self, traffic: Traffic, outcome: str) -> None:
        """See `Display.finish`."""
        if self._live is not None:
            self._live.update("", refresh=True)
            self._live.stop()
        _print_summary(self.console, traffic, outcome)


@dataclass(kw_only=True, slots=True)
class Lines:
    """One line every ten seconds, and a table at the end."""

    console: Console
    seconds: float = 10.0

    def update(self, traffic: Traffic) -> None:
        """See `Display.update`."""
        self.console.print(_sentence(traffic), soft_wrap=True)

    def finish(self, traffic: Traffic, outcome: str) -> None:
        """See `Display.finish`."""
        _print_summary(self.console, traffic, outcome)


@dataclass(kw_only=True, slots=True)
class JsonLines:
    """One object per line: `sync_progress` every second, `sync_finished` at the end."""

    console: Console
    seconds: float = 1.0

    def update(self, traffic: Traffic) -> None:
        """See `Display.update`."""
        self._write("sync_progress", traffic, {})

    def finish(self, traffic: Traffic, outcome: str) -> None:
        """See `Display.finish`."""
        self._write("sync_finished", traffic, {"outcome": outcome})

    def _write(self, event: str, traffic: Traffic, more: Mapping[str, Any]) -> None:
        members = {
            "seconds": round(traffic.seconds, 3),
            "records": traffic.records,
            "bytes": traffic.bytes,
            "states": traffic.states,
            "confirmed_states": traffic.confirmed_states,
            "strange_lines": traffic.strange_lines,
            "streams": [asdict(stream) for stream in traffic.streams.values()],
        }
        self.console.file.write(json.dumps({"event": event, **more, **members}) + "\n")
        self.console.file.flush()


@dataclass(kw_only=True, slots=True)
class Quiet:
    """Nothing; failures are told by the command itself."""

    console: Console
    seconds: float = 3600.0

    def update(self, traffic: Traffic) -> None:
        """See `Display.update`."""

    def finish(self, traffic: Traffic, outcome: str) -> None:
        """See `Display.finish`."""


DISPLAYS: Mapping[str, Callable[[Console], Display]] = MappingProxyType(
    {
        "live": lambda console: LiveTable(console=console),
        "plain": lambda console: Lines(console=console),
        "github": lambda console: Lines(console=console),
        "json": lambda console: JsonLines(console=console),
        "quiet": lambda console: Quiet(console=console),
    }
)
"""By the words of `--progress`."""


def _print_summary(console: Console, traffic: Traffic, outcome: str) -> None:
    seconds = traffic.seconds or 1.0
    console.print(_table(traffic, lambda stream: stream.records / seconds))
    console.print(f"{outcome}: {_sentence(traffic)}", soft_wrap=True)


def _table(
    traffic: Traffic, rate: Callable[[StreamTraffic], float], *, most: int | None = None
) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, highlight=False)
    for title in ("stream", "records", "size", "records/s", "confirmed", "status"):
        table.add_column(title, justify="left" if title in {"stream", "status"} else "right")
    streams = sorted(traffic.streams.values(), key=lambda s: (s.status == "COMPLETE", s.label))
    for stream in streams[:most]:
        expected = f" of {stream.expected:,}" if stream.expected else ""
        table.add_row(
            harmless(stream.label),
            f"{stream.records:,}{expected}",
            size(stream.bytes),
            f"{rate(stream):,.0f}",
            f"{stream.confirmed:,}",
            harmless(stream.status.lower()),
        )
    if most is not None and len(streams) > most:
        table.add_row(f"and {len(streams) - most} more")
    return table


def _sentence(traffic: Traffic) -> str:
    """`100,000 records, 12.3 MB in 8.2 s (12,195 records/s, 1.5 MB/s), 4 of 5 states confirmed`."""
    seconds = max(traffic.seconds, 0.001)
    speed = f"{traffic.records / seconds:,.0f} records/s, {size(traffic.bytes / seconds)}/s"
    text = f"{traffic.records:,} records, {size(traffic.bytes)} in {duration(seconds)} ({speed})"
    text += f", {traffic.confirmed_states} of {traffic.states} states confirmed"
    if traffic.strange_lines:
        text += f", {traffic.strange_lines} lines were no messages"
    return text
