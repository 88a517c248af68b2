"""A connector under test in, the results of all categories that apply out."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from build_config.acceptance import (
    basic_read,
    connection,
    discovery,
    full_refresh,
    image,
    incremental,
    robustness,
    spec,
    write,
)
from build_config.acceptance.bench import Bench
from build_config.acceptance.case import (
    WHOLE,
    CaseResult,
    Category,
    judged,
    skipped,
)
from build_config.acceptance.config import FILE, Strictness, Test, TestClass
from build_config.acceptance.fixtures import FixtureError
from build_config.acceptance.hiding import without_secrets
from build_config.connector import Kind
from build_config.engine import Tell
from build_config.errors import StepError
from build_config.sandbox.request import Volume

if TYPE_CHECKING:
    from build_config.acceptance.subject import Subject

Judge = Callable[[Bench, Test], Awaitable[list[CaseResult]]]

JUDGES: Final[Mapping[Category, Judge]] = MappingProxyType(
    {
        Category.IMAGE: image.judge,
        Category.SPEC: spec.judge,
        Category.CONNECTION: connection.judge,
        Category.DISCOVERY: discovery.judge,
        Category.BASIC_READ: basic_read.judge,
        Category.FULL_REFRESH: full_refresh.judge,
        Category.INCREMENTAL: incremental.judge,
        Category.WRITE: write.judge,
        Category.ROBUSTNESS: robustness.judge,
    }
)

_NEED_NO_CONFIG: Final = frozenset({Category.IMAGE, Category.SPEC, Category.ROBUSTNESS})
"""Judged also where the config does not mention them; only a `bypass_reason` skips them."""

_NOT_OF: Final = {
    Kind.SOURCE: {Category.WRITE},
    Kind.DESTINATION: {
        Category.DISCOVERY,
        Category.BASIC_READ,
        Category.FULL_REFRESH,
        Category.INCREMENTAL,
    },
    Kind.BASE: set(Category),
}


async def accept(subject: Subject, tell: Tell) -> tuple[CaseResult, ...]:
    """Judge a connector in every category that applies, in order.

    A connector may be as bad as it likes: that gives failed cases, never an exception.

    Raises:
        EngineUnavailableError: the engine went away: nobody can tell how good the connector is.
    """
    results: list[CaseResult] = []
    async with AsyncExitStack() as stack:
        bench = Bench(subject=subject, tell=tell, volumes=await _volumes(subject, stack))
        for category in Category:
            if category in JUDGES and category not in _NOT_OF[subject.connector.kind]:
                tell.activity(f"acceptance tests: {category}")
                began = time.monotonic()
                results += await _judge_category(bench, category)
                tell.phase(category, time.monotonic() - began)
    return tuple(results)


async def _volumes(subject: Subject, stack: AsyncExitStack) -> tuple[Volume, ...]:
    return tuple(
        [
            Volume(
                name=await stack.enter_async_context(subject.containers.volume(subject.image.id)),
                target=target,
            )
            for target in subject.settings.sandbox.folders
        ]
    )


async def _judge_category(bench: Bench, category: Category) -> list[CaseResult]:
    settings = bench.subject.settings
    asked = settings.classes.get(category)
    if asked is None and category in _NEED_NO_CONFIG:
        asked = TestClass(tests=(Test(),))
    if asked is None:
        return [_not_asked(bench.subject, category)]
    if asked.bypass_reason:
        return [skipped(category, WHOLE, asked.bypass_reason)]
    tests = asked.tests or (Test(),)
    results = []
    for number, test in enumerate(tests, 1):
        judgements = await _judge_test(bench, category, test)
        named = f"{test.config_path}, test {number}" if len(tests) > 1 else ""
        results += [_named(result, named) for result in judgements]
    return without_secrets(bench, tests, results)


async def _judge_test(bench: Bench, category: Category, test: Test) -> list[CaseResult]:
    began = time.monotonic()
    try:
        return await JUDGES[category](bench, test)
    except FixtureError as error:
        return [judged(category, "the files of its test can be used", [str(error)])]
    except StepError as error:
        seconds = time.monotonic() - began
        return [judged(category, "the container starts", [str(error)], seconds=seconds)]


def _not_asked(subject: Subject, category: Category) -> CaseResult:
    if subject.config is None:
        return skipped(category, WHOLE, f"the connector has no `{FILE}`")
    because = f"`{FILE}` has no `{category}`"
    if subject.config.strictness is Strictness.LOW:
        return skipped(category, WHOLE, because)
    because += ": under `test_strictness_level: high` give it `tests` or a `bypass_reason`"
    return judged(category, WHOLE, [because])


def _named(result: CaseResult, test: str) -> CaseResult:
    """Several tests of one class have cases of the same names."""
    return replace(result, name=f"{result.name} ({test})") if test else result
