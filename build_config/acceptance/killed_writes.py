"""A sync that is killed three times and resumed in, whether anything was lost or doubled out.

What a killed destination has to hold is what it confirmed: it is killed at the moment in which a
state comes back, and read back. (A kill of the container leaves the machine's cache of the disk as
it is: whether a destination waits for the disk itself cannot be seen this way.)
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from build_config.acceptance.case import CaseResult, Category, Problems, judged, skipped
from build_config.acceptance.kept_records import by_key, differences, kept, key_of, named, times
from build_config.acceptance.messages_to_write import Data, Stream, Sync
from build_config.acceptance.read_back import MISSING, Holdings
from build_config.acceptance.sample_streams import batched, people_stream, person
from build_config.acceptance.writing import (
    Conduct,
    Group,
    Hearing,
    WriteTest,
    Written,
    own_folders,
    to_the_end,
    write_lines,
)

if TYPE_CHECKING:
    from build_config.sandbox.request import Volume
    from build_config.sandbox.running import Running

_CONFIRMED: Final = "a state comes back only after its records are kept"
_RESUMED: Final = "a sync that is killed three times and resumed loses nothing"
_DOUBLED: Final = "a sync that is killed and resumed doubles nothing under append_dedup"

_RECORDS: Final = 3000
_PEOPLE: Final = 1000
_STEP: Final = 250
_PATIENCE: Final = 5.0
_MOMENT: Final = 0.3


async def judge(asked: WriteTest) -> Group:
    """Kill it at the first state, in the middle, and after the end of its input; then let it be.

    Raises:
        ReadBackError: what was written cannot be read back.
        StepError: the engine cannot start the container.
        EngineUnavailableError: the engine went away.
    """
    if asked.program is None:
        names = (_CONFIRMED, _RESUMED, _DOUBLED)
        return Group(cases=tuple(skipped(Category.WRITE, it, MISSING) for it in names), runs=())
    began = time.monotonic()
    story = _Story.begin(asked)
    async with own_folders(asked.bench) as volumes:
        await _attempt(asked, story, volumes, (_RECORDS // 3, _killed_at_first_state))
        await _attempt(asked, story, volumes, (_RECORDS * 2 // 3, _killed_in_the_middle))
        await _attempt(asked, story, volumes, (_RECORDS, _killed_at_the_end))
        await _attempt(asked, story, volumes, (_RECORDS, to_the_end))
    return Group(cases=tuple(_cases(story, time.monotonic() - began)), runs=tuple(story.runs))


@dataclass(kw_only=True, slots=True)
class _Story:
    """One stream for each mode, over all attempts.

    Attributes:
        records: name of a stream -> all its records.
        confirmed: name of a stream -> how many of them are.
        sent: of the stream under append, how often each record was sent, by its place.
        lost: what was confirmed and is not there.
        doubled: keys that are there more than once under append_dedup.
    """

    streams: tuple[Stream, ...]
    records: dict[str, list[Data]]
    confirmed: dict[str, int]
    sent: Counter[int] = field(default_factory=Counter)
    runs: list[Written] = field(default_factory=list)
    held: Holdings = field(default_factory=dict)
    lost: Problems = field(default_factory=Problems)
    doubled: Problems = field(default_factory=Problems)

    @classmethod
    def begin(cls, asked: WriteTest) -> _Story:
        streams = tuple(people_stream(mode, f"killed_{mode}_{asked.token}") for mode in asked.modes)
        return cls(
            streams=streams,
            records={stream.name: _records(stream) for stream in streams},
            confirmed={stream.name: 0 for stream in streams},
        )

    def sync(self, asked: WriteTest, end: int) -> Sync:
        """From what is confirmed up to a position; under overwrite always from the beginning."""
        batches = [
            batch
            for stream in self.streams
            for batch in batched(
                stream,
                self.records[stream.name][:end],
                begin=0 if stream.mode == "overwrite" else self.confirmed[stream.name],
                step=_STEP,
            )
        ]
        # stream by stream in turn, as a source that reads several at once
        batches.sort(key=lambda batch: batch.position or 0)
        return Sync(streams=self.streams, batches=tuple(batches), level=asked.level)


async def _attempt(
    asked: WriteTest,
    story: _Story,
    volumes: tuple[Volume, ...],
    plan: tuple[int, Conduct],
) -> None:
    end, conduct = plan
    sync = story.sync(asked, end)
    for stream in story.streams:
        if stream.mode == "append":
            story.sent.update(range(story.confirmed[stream.name], end))
    written = await asked.write(sync, volumes, conduct=conduct)
    story.runs.append(written)
    for name, position in written.echoes.positions.items():
        story.confirmed[name] = max(position, story.confirmed.get(name, 0))
    story.held = await asked.read_back(sync, volumes)
    for stream in story.streams:
        _look(story, stream)


def _look(story: _Story, stream: Stream) -> None:
    """Whether all that is confirmed is there; under overwrite only the end counts."""
    if stream.mode == "overwrite":
        return
    there = by_key(stream, story.held.get(stream.name, []))
    confirmed = story.records[stream.name][: story.confirmed[stream.name]]
    for data in kept(stream, [], confirmed):
        key = key_of(stream, data)
        if not any(str(it.get("updated_at")) >= data["updated_at"] for it in there.get(key, [])):
            count = f"{story.confirmed[stream.name]} records were confirmed"
            story.lost.add(f"run {len(story.runs)}: {named(stream, key)} is not there; {count}")
    if stream.mode == "append_dedup":
        for key, found in there.items():
            if len(found) > 1:
                text = f"{named(stream, key)} is there {times(len(found))}"
                story.doubled.add(f"run {len(story.runs)}: {text}")


def _cases(story: _Story, seconds: float) -> Iterator[CaseResult]:
    details = story.runs[-1].answer.details
    yield judged(Category.WRITE, _CONFIRMED, story.lost, seconds=seconds, details=details)
    yield judged(Category.WRITE, _RESUMED, _end_problems(story), details=details)
    if any(stream.mode == "append_dedup" for stream in story.streams):
        yield judged(Category.WRITE, _DOUBLED, story.doubled, details=details)


def _end_problems(story: _Story) -> Iterator[str]:
    """Under append a record that was sent twice may be there twice: it was not yet confirmed."""
    last = story.runs[-1].answer
    if not last.ending.is_good:
        yield f"the run after three kills {last.story}"
        return
    for stream in story.streams:
        held = story.held.get(stream.name, [])
        if stream.mode == "append":
            yield from _append_problems(story, stream, held)
        else:
            yield from differences(stream, kept(stream, [], story.records[stream.name]), held)


def _append_problems(story: _Story, stream: Stream, held: list[Data]) -> Iterator[str]:
    there = by_key(stream, held)
    for place, data in enumerate(story.records[stream.name]):
        found = there.pop(key_of(stream, data), [])
        if not 1 <= len(found) <= story.sent[place]:
            name = named(stream, key_of(stream, data))
            yield f"{name} is there {times(len(found))}, and was sent {times(story.sent[place])}"
    for key in there:
        yield f"{named(stream, key)} was never sent"


async def _killed_at_first_state(
    running: Running, hearing: Hearing, lines: Iterable[bytes]
) -> None:
    writing = asyncio.create_task(write_lines(running, lines))
    await hearing.state(_PATIENCE)
    await running.kill()
    await writing


async def _killed_in_the_middle(running: Running, hearing: Hearing, lines: Iterable[bytes]) -> None:
    writing = asyncio.create_task(write_lines(running, lines))
    await hearing.state(_PATIENCE)
    hearing.news.clear()
    await hearing.state(_MOMENT)
    await running.kill()
    await writing


async def _killed_at_the_end(running: Running, hearing: Hearing, lines: Iterable[bytes]) -> None:
    writing = asyncio.create_task(to_the_end(running, hearing, lines))
    await hearing.state(_PATIENCE)
    await running.kill()
    await writing


def _records(stream: Stream) -> list[Data]:
    """Under append_dedup the same people again and again, each time newer."""
    if stream.mode == "append_dedup":
        return [
            person(number % _PEOPLE, version=number // _PEOPLE + 1) for number in range(_RECORDS)
        ]
    return [person(number) for number in range(_RECORDS)]
