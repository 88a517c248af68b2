"""Plan in, events out: runs ready steps in parallel, the critical path first.

One event loop, pumped by whoever takes the events: no callbacks, no locks, and a display that is
slow only slows the taking. Ctrl-C (SIGINT), SIGTERM and a terminal that is closed (SIGHUP) arrive
as a decision of the scheduler: nothing more is started, running steps are cancelled and awaited,
and the events still say how everything ended. A second one gives up at once.
"""

from __future__ import annotations

import asyncio
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from build_config import event_loop
from build_config.engine import Tell
from build_config.errors import StepError, YardError
from build_config.events import (
    INTERRUPTED,
    Event,
    Outcome,
    StepFinished,
    StepOutput,
    StepProgress,
    StepSkipped,
    StepStarted,
)
from build_config.step_order import critical_path, dependents
from build_config.steps import Action, Kind, Step
from build_config.teller import Teller

_BUG = 70
_HEARTBEAT = 30.0
"""Seconds of silence after which running steps are mentioned again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What a step that succeeded hands to the steps that need it.

    Attributes:
        token: what it adds to a fingerprint.
        id: what the engine calls the image.
        message: a few words for people.
        size: bytes of the image that it built.
        cached: it was there, made by another machine perhaps, and not made here.
    """

    token: str = ""
    id: str = ""
    message: str = ""
    size: int | None = None
    cached: bool = False


class Perform(Protocol):
    """Does one step; the results are those of all steps that ended well so far, by key."""

    async def __call__(self, step: Step, results: Mapping[str, Result], tell: Tell) -> Result:
        """Do it.

        Raises:
            YardError: it did not succeed.
        """


def execute(
    steps: Sequence[Step],
    performing: Callable[[], AbstractAsyncContextManager[Perform]],
    *,
    jobs: int,
    fail_fast: bool = False,
    new_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop,
) -> Iterator[Event]:
    """Run the steps, at most `jobs` at a time; a failure skips what needs the failed step.

    Args:
        steps: of a plan; every key in `needs` is a step of it.
        performing: opened once, on the loop, before the first step; closed after the last.
        jobs: how many steps run at the same time.
        fail_fast: stop starting steps after the first failure.
        new_loop: makes the loop, whose clock is that of the events.
    """
    run = _Run(steps, jobs=jobs, fail_fast=fail_fast)
    loop = new_loop()
    main = loop.create_task(run.main(performing))
    main.add_done_callback(lambda _: run.wake())
    event_loop.on_interrupt(loop, run.interrupt)
    try:
        while not main.done() or run.events:
            if not run.events:
                run.wait_for_news(loop)
            while run.events:
                yield run.events.popleft()
        main.result()
    finally:
        event_loop.close(loop, main, hurried=run.interrupts > 1)


class _Run:
    """One run: what waits, what is ready, what runs, and the events not yet taken."""

    def __init__(self, steps: Sequence[Step], *, jobs: int, fail_fast: bool) -> None:
        self.events: deque[Event] = deque()
        self._steps = {step.key: step for step in steps}
        self._jobs = jobs
        self._fail_fast = fail_fast
        self._begin = 0.0
        self._priority = critical_path(self._steps)
        self._waiting = {key: set(step.needs) for key, step in self._steps.items()}
        self._dependents = dependents(self._steps)
        self._running: dict[str, asyncio.Task[Result]] = {}
        self._opening: asyncio.Task[None] | None = None
        self._started: dict[str, float] = {}
        self._results: dict[str, Result] = {}
        self._stop = ""
        self.interrupts = 0
        self._activity: dict[str, str] = {}
        self._news: asyncio.Future[None] | None = None

    def emit(self, event: Event) -> None:
        if isinstance(event, StepProgress):
            self._activity[event.key] = event.activity
        self.events.append(event)
        self.wake()

    def wake(self) -> None:
        """There is an event to take, or the run has ended."""
        if self._news and not self._news.done():
            self._news.set_result(None)

    def wait_for_news(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let the loop run until it is woken; a bare future, as this happens for every event."""
        self._news = loop.create_future()
        heartbeat = loop.call_later(_HEARTBEAT, self._say_what_runs)
        try:
            loop.run_until_complete(self._news)
        finally:
            heartbeat.cancel()

    def _say_what_runs(self) -> None:
        """Repeat what each running step does: a display that hears nothing can say nothing."""
        for key in self._running:
            self.emit(StepProgress(key=key, at=self.now(), activity=self._activity.get(key, "")))
        self.wake()

    def now(self) -> float:
        return asyncio.get_running_loop().time() - self._begin

    def interrupt(self) -> None:
        self.interrupts += 1
        if self.interrupts > 1:
            raise KeyboardInterrupt
        self._stop = INTERRUPTED
        for task in self._running.values():
            task.cancel()
        if self._opening:
            self._opening.cancel()

    async def main(self, performing: Callable[[], AbstractAsyncContextManager[Perform]]) -> None:
        self._begin = self.now()
        self._skip_what_is_done()
        if not self._waiting:
            return
        self._opening = asyncio.current_task()
        try:
            async with performing() as perform:
                self._opening = None
                await self._run_all(perform)
        except asyncio.CancelledError:
            if not (self._opening and self._stop):
                raise
        for key in list(self._waiting):
            self._skip(key, self._stop or "nothing made it ready")

    async def _run_all(self, perform: Perform) -> None:
        try:
            while self._start_ready(perform) or self._running:
                await asyncio.wait(self._running.values(), return_when=asyncio.FIRST_COMPLETED)
                self._settle()
        finally:
            await self._cancel_running()

    def _skip_what_is_done(self) -> None:
        done = {key for key, step in self._steps.items() if step.action is Action.SKIP}
        for key in done:
            del self._waiting[key]
        for needs in self._waiting.values():
            needs.difference_update(done)
        for key, step in self._steps.items():
            if key in done:
                self.emit(StepSkipped(key=key, at=self.now(), expected=True, because=step.reason))

    def _start_ready(self, perform: Perform) -> bool:
        """Fill the free places; whether anything was started."""
        if self._stop:
            return False
        ready = [key for key, needs in self._waiting.items() if not needs]
        ready.sort(key=lambda key: -self._priority[key])
        free = self._jobs - len(self._running)
        for key in ready[:free]:
            del self._waiting[key]
            self._started[key] = self.now()
            self.emit(StepStarted(key=key, at=self._started[key]))
            self._running[key] = asyncio.create_task(self._perform(key, perform))
        return bool(ready[:free])

    async def _perform(self, key: str, perform: Perform) -> Result:
        return await perform(
            self._steps[key], self._results, Teller(key=key, now=self.now, emit=self.emit)
        )

    def _settle(self) -> None:
        for key, task in list(self._running.items()):
            if task.done():
                del self._running[key]
                self._finish(key, task)

    async def _cancel_running(self) -> None:
        for task in self._running.values():
            task.cancel()
        if self._running:
            await asyncio.wait(self._running.values())
            self._settle()

    def _finish(self, key: str, task: asyncio.Task[Result]) -> None:
        if task.cancelled() and not self._stop:
            self._fail(key, AssertionError("it was cancelled, and nobody asked for it"))
        elif task.cancelled():
            self._ended(key, Outcome.CANCELLED, Result(message=self._stop))
        elif error := task.exception():
            self._fail(key, error)
        else:
            self._results[key] = task.result()
            self._ended(key, Outcome.DONE, task.result())
            self._satisfy(key)

    def _fail(self, key: str, error: BaseException) -> None:
        """A YardError is the step's; anything else is a bug of ours and says so."""
        known = isinstance(error, YardError)
        if not known:
            for line in "".join(traceback.format_exception(error)).splitlines():
                self.emit(StepOutput(key=key, at=self.now(), line=line))
        self.emit(
            StepFinished(
                key=key,
                at=self.now(),
                outcome=Outcome.FAILED,
                seconds=self.now() - self._started[key],
                message=str(error) if known else f"a bug: {error!r}",
                hint=error.hint if isinstance(error, YardError) else "please report it",
                path=error.path if isinstance(error, StepError) else None,
                line=error.line if isinstance(error, StepError) else None,
                exit_code=error.exit_code if isinstance(error, YardError) else _BUG,
            )
        )
        self._skip_dependents(key)
        if self._fail_fast:
            self._stop = self._stop or "stopped at the first failure"

    def _ended(self, key: str, outcome: Outcome, result: Result) -> None:
        self.emit(
            StepFinished(
                key=key,
                at=self.now(),
                outcome=outcome,
                seconds=self.now() - self._started[key],
                message=result.message,
                size=result.size,
                cached=result.cached,
            )
        )

    def _satisfy(self, key: str) -> None:
        for dependent in self._dependents[key]:
            if dependent in self._waiting:
                self._waiting[dependent].discard(key)
                if self._results[key].cached and self._steps[dependent].kind is Kind.SHARE:
                    self._skip(dependent, "it came from the cache", expected=True)

    def _skip_dependents(self, failed: str) -> None:
        """Everything that needs it, directly or not; each says who it really was."""
        gone = {failed}
        while more := [key for key, needs in self._waiting.items() if needs & gone]:
            for key in more:
                gone.add(key)
                self._skip(key, f"`{failed}` failed")

    def _skip(self, key: str, because: str, *, expected: bool = False) -> None:
        del self._waiting[key]
        self.emit(StepSkipped(key=key, at=self.now(), expected=expected, because=because))
