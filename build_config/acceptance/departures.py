"""A connector in the middle of its work in, whether it ends when it should out.

The reader of its output goes away: then whatever it still writes is lost, and going on is a waste.
Somebody asks it to end, with SIGTERM, as every platform does before it kills. Both work on the
first process of a container, which the kernel does not end by itself on a signal: one that comes
before the program handles it is lost, so it is sent twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from build_config.acceptance.case import CaseResult, Category, skipped
from build_config.acceptance.conversation import converse, overhear
from build_config.errors import StepError
from build_config.sandbox.request import FILES, MIB, Container
from build_config.wording import duration

if TYPE_CHECKING:
    from build_config.acceptance.bench import Bench
    from build_config.sandbox.running import Running

CLOSED: Final = "it ends by itself when nobody reads its output any more"
TERMINATED: Final = "it ends soon after SIGTERM"

_BECAUSE: Final = "the first process of a container has to handle it"
_INPUT: Final = "input.jsonl"
_SECONDS: Final = 60.0  # a busy machine needs many of them to start a connector
_GRACE: Final = 10.0
_AT_WORK: Final = 2.0
_STDERR: Final = 8 * MIB
_UNREAD: Final = '"$@" | { read -r line; }'
_UNREAD_WITH_INPUT: Final = f'"$@" <{FILES}/{_INPUT} | {{ read -r line; }}'

Feed = Callable[["Running"], Coroutine[Any, Any, None]]


async def unread(bench: Bench, container: Container, stdin: bytes | None) -> CaseResult:
    """Run the connector in front of a pipe whose reader leaves after the first line.

    Args:
        bench: of the connector.
        container: a run that has much to say.
        stdin: what the connector reads.

    Raises:
        EngineUnavailableError: the engine went away.
    """
    script = _UNREAD if stdin is None else _UNREAD_WITH_INPUT
    files = {**container.files, **({} if stdin is None else {_INPUT: stdin})}
    words = (*bench.subject.image.entrypoint, *container.arguments)
    limits = replace(container.limits, seconds=_SECONDS, output_bytes=_STDERR)
    piped = replace(
        container,
        entrypoint=("/bin/sh", "-c", script, "sh"),
        arguments=words,
        files=files,
        stdin=False,
        limits=limits,
    )
    bench.tell.activity("closing its stdout")
    try:
        level = bench.subject.settings.level
        answer = await converse(bench.subject.containers, piped, level=level)
    except StepError as error:
        because = f"its image has no `/bin/sh` to close a pipe with: {error}"
        return skipped(Category.ROBUSTNESS, CLOSED, because)
    fault = answer.ending.fault
    problem = f"the reader left after the first line, and the connector {fault}"
    return answer.judged(Category.ROBUSTNESS, CLOSED, [problem] if fault else [])


async def terminated(bench: Bench, container: Container, feed: Feed | None) -> CaseResult:
    """Send SIGTERM twice once the connector is at work; it may take ten seconds to end.

    Args:
        bench: of the connector.
        container: a run that takes a while, or waits for more input.
        feed: gives it something to do, and leaves its stdin open.

    Raises:
        StepError: the engine cannot start the container.
        EngineUnavailableError: the engine went away.
    """
    bench.tell.activity("ending it")
    at_work = asyncio.Event()
    async with bench.subject.containers.run(container) as running:
        ending = asyncio.create_task(_end(running, at_work))
        feeding = asyncio.create_task(feed(running)) if feed else None
        try:
            level = bench.subject.settings.level
            answer = await overhear(running, level=level, listen=lambda _: at_work.set())
        finally:
            for task in filter(None, (ending, feeding)):
                task.cancel()
                await asyncio.wait({task})
    problems = []
    if answer.ending.killed:
        problems = [f"it was still there {duration(_GRACE)} after SIGTERM: {_BECAUSE}"]
    elif answer.ending.fault:
        problems = [f"after SIGTERM it {answer.ending.fault}"]
    return answer.judged(Category.ROBUSTNESS, TERMINATED, problems)


async def _end(running: Running, at_work: asyncio.Event) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(_AT_WORK):
            await at_work.wait()
    for _ in range(2):
        await running.terminate()
        await asyncio.sleep(_GRACE / 2)
    await running.kill()
