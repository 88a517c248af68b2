"""Two syncs of streams of every kind in, whether all that should be kept was kept out."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from build_config.acceptance.case import CaseResult, Category, judged, skipped
from build_config.acceptance.kept_records import differences, kept
from build_config.acceptance.messages_to_write import Stream
from build_config.acceptance.read_back import MISSING, Holdings
from build_config.acceptance.sample_streams import Samples, samples
from build_config.acceptance.writing import (
    Group,
    WriteTest,
    Written,
    failure,
    own_folders,
    together,
)

_ENDS_WELL: Final = "a sync ends well"
_CASES: Final = {
    "overwrite": "overwrite puts new records in the place of the old ones",
    "append": "append adds to what is there",
    "append_dedup": "append_dedup keeps the newest record of each key",
    "types": "values of every type are kept",
    "odd": "odd names of streams and fields are kept",
    "surplus": "a field that the schema does not know is no fault",
    "empty": "a stream without records is no fault",
}
_NEED_NO_READ_BACK: Final = frozenset({"surplus", "empty"})
"""Judged by how the run ended where nobody can read back."""


@dataclass(kw_only=True, slots=True)
class _Part:
    """Streams that are synced together, and what became of it.

    Attributes:
        held: what was read back after each run that ended well.
    """

    samples: Samples
    streams: tuple[Stream, ...]
    runs: list[Written] = field(default_factory=list)
    held: list[Holdings] = field(default_factory=list)
    failure: str = ""
    seconds: float = 0.0

    @property
    def details(self) -> tuple[str, ...]:
        """The last lines of the last run."""
        return self.runs[-1].answer.details


async def judge(asked: WriteTest) -> Group:
    """Sync all streams at once; only if that fails each for itself, so that the fault has a name.

    Raises:
        ReadBackError: what was written cannot be read back.
        StepError: the engine cannot start the container.
        EngineUnavailableError: the engine went away.
    """
    whole = samples(asked.modes, asked.token, asked.level)
    together_first = await _synced(asked, _Part(samples=whole, streams=whole.streams))
    parts = dict.fromkeys(whole.kinds, together_first)
    if together_first.failure:
        again = samples(asked.modes, secrets.token_hex(3), asked.level)
        alone = [_Part(samples=again, streams=(stream,)) for stream in again.kinds.values()]
        made = await together(*(partial(_synced, asked, part) for part in alone), most=2)
        parts = dict(zip(again.kinds, made, strict=True))
    first = judged(
        Category.WRITE,
        _ENDS_WELL,
        [together_first.failure] if together_first.failure else [],
        seconds=together_first.seconds,
        details=together_first.details,
    )
    cases = [_case(asked, kind, part) for kind, part in parts.items()]
    every = {id(part): part for part in (together_first, *parts.values())}.values()
    return Group(cases=(first, *cases), runs=tuple(run for part in every for run in part.runs))


async def _synced(asked: WriteTest, part: _Part) -> _Part:
    """The part after two syncs, or after the one that failed."""
    began = time.monotonic()
    async with own_folders(asked.bench) as volumes:
        for number in (1, 2):
            sync = part.samples.sync(number, part.streams)
            written = await asked.write(sync, volumes)
            part.runs.append(written)
            faults = failure(written, asked.level)
            if faults:
                part.failure = f"the {'first' if number == 1 else 'second'} sync {faults[0]}"
                break
            part.held.append(await asked.read_back(sync, volumes))
    part.seconds = time.monotonic() - began
    return part


def _case(asked: WriteTest, kind: str, part: _Part) -> CaseResult:
    stream = part.samples.kinds[kind]
    problems = [f"`{stream.name}`: {part.failure}"] if part.failure else []
    if not part.failure and asked.program is None and kind not in _NEED_NO_READ_BACK:
        return skipped(Category.WRITE, _CASES[kind], MISSING)
    if not part.failure and asked.program is not None:
        problems = list(_kept_problems(part, kind, stream))
    return judged(Category.WRITE, _CASES[kind], problems, details=part.details)


def _kept_problems(part: _Part, kind: str, stream: Stream) -> Iterator[str]:
    """After the first sync, and for the modes after the second."""
    held = kept(stream, [], part.samples.records[kind][0])
    for problem in differences(stream, held, part.held[0].get(stream.name, [])):
        yield f"after the first sync {problem}"
    if kind != stream.mode:
        return
    held = kept(stream, held, part.samples.records[kind][1])
    for problem in differences(stream, held, part.held[1].get(stream.name, [])):
        yield f"after the second sync {problem}"
