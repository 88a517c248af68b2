"""A sync shown on a terminal, in lines and as JSON."""

from __future__ import annotations

import asyncio
import io
import json

import pytest
from rich.console import Console

from build_config.sync.display import DISPLAYS, asking, shown
from build_config.sync.traffic import Traffic


def traffic() -> Traffic:
    streams = [{"stream": {"name": f"stream-{number}"}} for number in range(3)]
    made = Traffic.of({"streams": streams})
    stream = made.streams[None, "stream-1"]
    stream.records, stream.bytes, stream.expected = 1234, 5_000_000, 9000
    return made


def told(name: str, *, terminal: bool = False) -> str:
    out = io.StringIO()
    console = Console(file=out, width=100, height=8, force_terminal=terminal, highlight=False)
    display = DISPLAYS[name](console)
    display.seconds = 0.01

    async def work() -> None:
        async with shown(display, traffic()):
            await asyncio.sleep(0.1)

    asyncio.run(work())
    return out.getvalue()


@pytest.mark.parametrize("name", ["plain", "github", "live"])
def test_people_see_counts_and_the_outcome(name: str) -> None:
    text = told(name, terminal=name == "live")
    assert "1,234 of 9,000" in text
    assert "5.0 MB" in text
    assert "done: 1,234 records" in text


def test_json_is_one_object_per_line() -> None:
    *progress, last = [json.loads(line) for line in told("json").splitlines()]
    assert progress
    assert {each["event"] for each in progress} == {"sync_progress"}
    assert (last["event"], last["outcome"], last["records"]) == ("sync_finished", "done", 1234)


def test_quiet_says_nothing() -> None:
    assert not told("quiet")


@pytest.mark.parametrize(("name", "said"), [("plain", 1), ("live", 1), ("json", 0), ("quiet", 0)])
def test_people_see_that_the_source_is_asked_before_there_is_a_table(name: str, said: int) -> None:
    out = io.StringIO()
    console = Console(file=out, width=100, force_terminal=name == "live", highlight=False)
    with asking(console, name, "source-x"):
        pass
    assert ("source-x" in out.getvalue()) == bool(said)
