"""A question to a registry in, its answer out: for tests that are no coroutines."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from build_config.registry.client import Registry, connect
from build_config.registry.patience import Budget

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

QUICK = Budget(total=10.0, call=5.0, first_wait=0.01, longest_wait=0.05)
"""For what gets an answer, on a machine that may be busy."""
HASTY = Budget(total=0.6, call=0.5, first_wait=0.01, longest_wait=0.05)
"""So that what never gets an answer does not take long to find out."""

Result = TypeVar("Result")


def ask(
    host: str,
    question: Callable[[Registry], Awaitable[Result]],
    *,
    login: tuple[str, str] | None = None,
    budget: Budget = QUICK,
) -> Result:
    """Connect to `host:port` with that login, ask, and close."""

    async def asking() -> Result:
        async with connect(host, credentials=lambda _: login, budget=budget) as registry:
            return await question(registry)

    return asyncio.run(asking())
