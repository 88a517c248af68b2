"""Input that no source should send in, whether it did any harm out.

A destination may ignore a record of a stream that is not in its catalog, or a line that is no
message, or it may refuse them: then it has to say so and end with another exit code than 0.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from build_config.acceptance.case import Category, judged
from build_config.acceptance.kept_records import by_key, key_of, named, times
from build_config.acceptance.messages_to_write import Data, Stream, Sync, record
from build_config.acceptance.read_back import Holdings
from build_config.acceptance.sample_streams import batched, people_stream, person
from build_config.acceptance.writing import (
    Group,
    WriteTest,
    Written,
    failure,
    own_folders,
    write,
    write_container,
)
from build_config.connector_protocol.level import Level

if TYPE_CHECKING:
    from build_config.sandbox.request import Volume

_STRANGER: Final = "a record of a stream that is not in the catalog is ignored or refused"
_MALFORMED: Final = "a line that is no message spoils nothing"
_RECORDS: Final = 40
_BROKEN: Final = (
    b'{"type": "RECORD", "record": {"stream": "cut_off", "data": {"id": 1, "na\n',
    b"Traceback (most recent call last):\n",
)


async def judge(asked: WriteTest) -> Group:
    """A sync with each kind of bad lines in the middle, one after the other in the same place.

    Raises:
        ReadBackError: what was written cannot be read back.
        StepError: the engine cannot start the container.
        EngineUnavailableError: the engine went away.
    """
    began = time.monotonic()
    nowhere = record(f"nowhere_{asked.token}", person(1))

    stranger = _Spoilt.make(asked, "stranger", (json.dumps(nowhere).encode() + b"\n",))
    malformed = _Spoilt.make(asked, "malformed", _BROKEN)
    async with own_folders(asked.bench) as volumes:
        first = await _run(asked, malformed, volumes)
        second = await _run(asked, stranger, volumes)
        both = Sync(streams=(malformed.stream, stranger.stream), batches=(), level=asked.level)
        held = await asked.read_back(both, volumes)
    cases = tuple(
        judged(
            Category.WRITE,
            name,
            _problems(asked, spoilt, (run, held)),
            details=run.answer.details,
            seconds=seconds,
        )
        for name, spoilt, run, seconds in (
            (_STRANGER, stranger, second, time.monotonic() - began),
            (_MALFORMED, malformed, first, 0.0),
        )
    )
    return Group(cases=cases, runs=(first, second))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Spoilt:
    """A sync of one stream with bad lines in the middle."""

    stream: Stream
    records: list[Data]
    sync: Sync
    lines: tuple[bytes, ...]

    @classmethod
    def make(cls, asked: WriteTest, name: str, bad: Iterable[bytes]) -> _Spoilt:
        mode = "append" if "append" in asked.modes else asked.modes[0]
        stream = people_stream(mode, f"{name}_{asked.token}")
        records = [person(number) for number in range(_RECORDS)]
        batches = batched(stream, records, step=_RECORDS // 2)
        sync = Sync(streams=(stream,), batches=tuple(batches), level=asked.level)
        lines = list(sync.lines())
        middle = next(place for place, line in enumerate(lines) if b'"STATE"' in line) + 1
        return cls(
            stream=stream,
            records=records,
            sync=sync,
            lines=(*lines[:middle], *bad, *lines[middle:]),
        )


async def _run(asked: WriteTest, spoilt: _Spoilt, volumes: tuple[Volume, ...]) -> Written:
    container = write_container(asked.bench, asked.test, spoilt.sync, volumes)
    return await write(asked.bench, container, spoilt.sync, lines=spoilt.lines)


def _problems(
    asked: WriteTest, spoilt: _Spoilt, outcome: tuple[Written, Holdings]
) -> Iterator[str]:
    written, held = outcome
    is_good = not failure(written, asked.level)
    if not is_good:
        yield from _unclear(written, asked.level)
    if asked.program is None:
        return
    stream = spoilt.stream
    there = by_key(stream, held.get(stream.name, []))
    end = len(spoilt.records) if is_good else written.echoes.positions.get(stream.name, 0)
    for place, data in enumerate(spoilt.records):
        found = there.pop(key_of(stream, data), [])
        if len(found) > 1 or (place < end and not found):
            yield f"{named(stream, key_of(stream, data))} is there {times(len(found))}"
    for key in there:
        yield f"{named(stream, key)} was never sent"


def _unclear(written: Written, level: Level) -> Iterator[str]:
    """How a refusal must not look."""
    answer = written.answer
    if answer.ending.fault:
        yield answer.story
    elif level is Level.CURRENT and not answer.errors:
        yield f"{answer.story} without a TRACE of an error that says why"
    elif answer.ending.exit_code == 0:
        yield f"ended with exit code 0 after an error: {answer.errors[0]}"
