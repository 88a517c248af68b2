"""`robustness`: unlucky calls in, whether the connector ended well each time out.

Without a class `robustness` in the acceptance config the config of its other classes serves.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from build_config.acceptance.case import CaseResult, Category, skipped
from build_config.acceptance.departures import CLOSED, TERMINATED, terminated, unread
from build_config.acceptance.fixtures import FixtureError
from build_config.acceptance.large_streams import LARGE, read_much, write_much
from build_config.acceptance.messages_to_write import Sync
from build_config.acceptance.reading import usual_catalog
from build_config.acceptance.sample_streams import batched, people_stream, person
from build_config.acceptance.writing import (
    declared_modes,
    own_folders,
    together,
    write_container,
    write_lines,
)
from build_config.acceptance.wrong_usage import refused, without_catalog, wrong_calls
from build_config.connector import Kind

if TYPE_CHECKING:
    from build_config.acceptance.bench import Bench
    from build_config.acceptance.config import Test
    from build_config.sandbox.running import Running

Cases = list[Callable[[], Awaitable[CaseResult]]]

_OTHERS: Final = (Category.WRITE, Category.BASIC_READ, Category.DISCOVERY, Category.CONNECTION)
_RECORDS: Final = 2000
_STEP: Final = 2


async def judge(bench: Bench, test: Test) -> list[CaseResult]:
    """Judge how a connector takes bad calls, much data, a lost reader and SIGTERM.

    Raises:
        FixtureError: a mount of `x-sandbox` leads nowhere.
        StepError: the engine cannot start the container.
        EngineUnavailableError: the engine went away.
    """
    test = _configured(bench, test)
    cases: Cases = [partial(refused, bench, test, call) for call in wrong_calls()]
    is_source = bench.subject.connector.kind is Kind.SOURCE
    because = ""
    try:
        cases += await (_of_source(bench, test) if is_source else _of_destination(bench, test))
    except FixtureError as error:
        because = str(error)
    results = await together(*cases)
    if because:
        results += [
            skipped(Category.ROBUSTNESS, name, because) for name in (LARGE, CLOSED, TERMINATED)
        ]
    return results


async def _of_source(bench: Bench, test: Test) -> Cases:
    """All of them on one container's description: of the same read."""
    catalog = await usual_catalog(bench, test)
    config = bench.config_bytes(test)
    files = {"config.json": config, "catalog.json": catalog.to_bytes()}
    container = bench.container("read", test, files=files)
    return [
        partial(refused, bench, test, without_catalog("read", config)),
        partial(read_much, bench, container),
        partial(unread, bench, container, None),
        partial(terminated, bench, container, None),
    ]


async def _of_destination(bench: Bench, test: Test) -> Cases:
    modes = await declared_modes(bench, test) or ("append",)
    writes = _Writes(
        bench=bench,
        test=test,
        mode="append" if "append" in modes else modes[0],
        token=secrets.token_hex(3),
    )
    config = bench.config_bytes(test)
    return [
        partial(refused, bench, test, without_catalog("write", config)),
        partial(write_much, bench, test, writes.mode, writes.token),
        writes.unread,
        writes.terminated,
    ]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Writes:
    """Runs of `write` that do not come to their usual end."""

    bench: Bench
    test: Test
    mode: str
    token: str

    async def unread(self) -> CaseResult:
        """As many states as make it write for a while."""
        sync = self._sync("unread")
        async with own_folders(self.bench) as volumes:
            container = write_container(self.bench, self.test, sync, volumes)
            return await unread(self.bench, container, b"".join(sync.lines()))

    async def terminated(self) -> CaseResult:
        """Records and states, and then nothing for a long time."""
        sync = self._sync("terminated")

        async def feed(running: Running) -> None:
            await write_lines(running, sync.lines())

        async with own_folders(self.bench) as volumes:
            container = write_container(self.bench, self.test, sync, volumes)
            return await terminated(self.bench, container, feed)

    def _sync(self, name: str) -> Sync:
        stream = people_stream(self.mode, f"{name}_{self.token}")
        records = [person(number) for number in range(_RECORDS)]
        batches = batched(stream, records, step=_STEP)
        level = self.bench.subject.settings.level
        return Sync(streams=(stream,), batches=tuple(batches), level=level)


def _configured(bench: Bench, test: Test) -> Test:
    """The first test of another class where this one has none of its own."""
    classes = bench.subject.settings.classes
    if Category.ROBUSTNESS in classes:
        return test
    others = (classes[category].tests for category in _OTHERS if category in classes)
    return next((tests[0] for tests in others if tests), test)
