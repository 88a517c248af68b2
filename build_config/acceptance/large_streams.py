"""A hundred megabytes of records through a connector in little memory in, how that went out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from build_config.acceptance.case import CaseResult, Category, judged, skipped
from build_config.acceptance.messages_to_write import Batch, Stream, Sync, record
from build_config.acceptance.writing import failure, own_folders, write, write_container
from build_config.sandbox.request import GIB, MIB, Container
from build_config.wording import size

if TYPE_CHECKING:
    from build_config.acceptance.bench import Bench
    from build_config.acceptance.config import Test

LARGE: Final = "a hundred megabytes of records need little memory"

_ENOUGH: Final = 100_000_000
_MEMORY: Final = 256 * MIB
_SECONDS: Final = 120.0
_RECORDS: Final = 100_000
_FIELDS: Final = 20
_TEXT: Final = "some words in a field of a record "


async def write_much(bench: Bench, test: Test, mode: str, token: str) -> CaseResult:
    """Write them, and see the state behind them come back.

    Raises:
        FixtureError: the config is not there.
        StepError: the engine cannot start the container.
        EngineUnavailableError: the engine went away.
    """
    properties = {"id": {"type": "integer"}, **{name: {"type": "string"} for name in _texts()}}
    stream = Stream(name=f"large_{token}", mode=mode, properties=properties)
    batch = Batch(stream=stream, records=(), position=_RECORDS)
    level = bench.subject.settings.level
    sync = Sync(streams=(stream,), batches=(batch,), level=level)
    async with own_folders(bench) as volumes:
        container = _in_little_memory(bench, write_container(bench, test, sync, volumes))
        run = await write(bench, container, sync, lines=_lines(sync, stream))
    problems = failure(run, level) or list(run.echoes.problems(level))
    told = [_told(bench, problem) for problem in problems]
    return run.answer.judged(Category.ROBUSTNESS, LARGE, told)


async def read_much(bench: Bench, container: Container) -> CaseResult:
    """Read all that the configured streams give.

    Raises:
        StepError: the engine cannot start the container.
        EngineUnavailableError: the engine went away.
    """
    seen = 0
    limited = _in_little_memory(bench, container)
    bench.tell.activity("read")
    async with bench.subject.containers.run(limited) as running:
        async for block in running.blocks():
            seen += len(block)
        ending = await running.ended()
    if ending.is_good and seen < _ENOUGH:
        because = f"the configured streams give no more than {size(seen)}"
        hint = "the class `robustness` can name a config and a catalog that give 100 MB"
        return skipped(Category.ROBUSTNESS, LARGE, f"{because}: {hint}")
    problem = f"after {size(seen)} it {ending.story}"
    return judged(
        Category.ROBUSTNESS,
        LARGE,
        [] if ending.is_good else [_told(bench, problem)],
        seconds=ending.seconds,
        details=ending.last_stderr,
    )


def _in_little_memory(bench: Bench, container: Container) -> Container:
    usual = container.limits
    limits = replace(
        usual,
        memory=_memory(bench),
        seconds=max(usual.seconds or 0, _SECONDS),
        output_bytes=8 * GIB,
    )
    return replace(container, limits=limits)


def _told(bench: Bench, problem: str) -> str:
    return f"with {_memory(bench) // MIB} MiB of memory it {problem}"


def _memory(bench: Bench) -> int:
    """Bytes: little, but as much as the connector's own setting asks for."""
    return max(_MEMORY, (bench.subject.settings.sandbox.memory_mb or 0) * MIB)


def _texts() -> dict[str, str]:
    """Many short fields: what holds them as objects needs several times their bytes."""
    return {f"field_{number}": _TEXT for number in range(_FIELDS)}


def _lines(sync: Sync, stream: Stream) -> Iterator[bytes]:
    """The records stand before the state; all are one text with another number in it."""
    message = json.dumps(record(stream.name, {**_texts(), "id": "NUMBER"})).encode() + b"\n"
    before, after = message.split(b'"NUMBER"')
    for line in sync.lines():
        if b'"STATE"' in line:
            yield from (b"%b%d%b" % (before, number, after) for number in range(_RECORDS))
        yield line
