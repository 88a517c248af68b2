from __future__ import annotations

import asyncio
import gc
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from fakes import Act, Stage

from build_config.engine import Tell
from build_config.errors import EngineUnavailableError, StepError, UsageError
from build_config.events import (
    Event,
    Outcome,
    StepFinished,
    StepOutput,
    StepProgress,
    StepSkipped,
    StepStarted,
)
from build_config.scheduler import Perform, Result, execute
from build_config.steps import Action, Kind, Step


def step(
    name: str, *needs: str, seconds: float = 1.0, action: Action = Action.RUN, reason: str = "x"
) -> Step:
    return Step(
        kind=Kind.BUILD,
        target=name,
        action=action,
        reason=reason,
        needs=tuple(f"build {need}" for need in needs),
        seconds=seconds,
    )


def play(steps: list[Step], stage: Stage, *, jobs: int = 2, fail_fast: bool = False) -> list[Event]:
    return list(execute(steps, stage.open, jobs=jobs, fail_fast=fail_fast))


def endings(events: list[Event]) -> dict[str, str]:
    """How each step ended, in the order of the endings."""
    return {
        e.key.removeprefix("build "): e.outcome.value if isinstance(e, StepFinished) else "skipped"
        for e in events
        if isinstance(e, StepFinished | StepSkipped)
    }


def skips(events: list[Event]) -> dict[str, tuple[str, bool]]:
    return {e.key: (e.because, e.expected) for e in events if isinstance(e, StepSkipped)}


def finish(events: list[Event], name: str) -> StepFinished:
    (event,) = [e for e in events if isinstance(e, StepFinished) and e.key == f"build {name}"]
    return event


async def fails(_step: Step, _results: Mapping[str, Result], _tell: Tell) -> Result:
    await asyncio.sleep(0)
    raise StepError("it broke", hint="mend it", path="a/Dockerfile", line=3)


async def waits(_step: Step, _results: Mapping[str, Result], _tell: Tell) -> Result:
    await asyncio.sleep(60)
    raise AssertionError("nobody cancelled it")


def raising(error: BaseException) -> Act:
    async def act(_step: Step, _results: Mapping[str, Result], _tell: Tell) -> Result:
        await asyncio.sleep(0)
        raise error

    return act


def killing(*numbers: signal.Signals) -> Act:
    """Sends signals to this very process, a turn of the loop after each other."""

    async def act(_step: Step, _results: Mapping[str, Result], _tell: Tell) -> Result:
        for number in numbers:
            os.kill(os.getpid(), number)
            await asyncio.sleep(0.02)
        await asyncio.sleep(60)
        raise AssertionError("nobody cancelled it")

    return act


@pytest.fixture(autouse=True)
def _nothing_is_left(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No task, no handler, no complaint of asyncio, whatever a test does."""
    yield
    gc.collect(1)  # what is young; all of it would take a second in a long run of tests
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL
    assert [record.getMessage() for record in caplog.records] == []


def test_nothing_to_do_is_over_at_once_and_opens_nothing() -> None:
    stage = Stage()
    assert play([], stage) == []
    events = play([step("a", action=Action.SKIP, reason="up to date")], stage)
    assert skips(events) == {"build a": ("up to date", True)}
    assert stage.opened == 0


def test_a_step_is_started_and_finished_and_what_it_says_is_between() -> None:
    async def talks(_step: Step, _results: Mapping[str, Result], tell: Tell) -> Result:
        tell.activity("compiling", 1, 2)
        await asyncio.sleep(0.01)
        tell.line("hello")
        return Result(message="3 layers")

    events = play([step("a")], Stage(parts={"build a": talks}))
    started, progress, output, finished = events
    assert isinstance(started, StepStarted)
    assert progress == StepProgress(
        key="build a", at=progress.at, activity="compiling", current=1, total=2
    )
    assert output == StepOutput(key="build a", at=output.at, line="hello")
    assert isinstance(finished, StepFinished)
    assert (finished.outcome, finished.message) == (Outcome.DONE, "3 layers")
    assert 0 <= started.at <= progress.at <= output.at <= finished.at
    assert 0.01 <= finished.seconds <= finished.at


def test_needs_come_first_and_hand_their_results_on() -> None:
    seen: dict[str, str] = {}

    async def looks(step: Step, results: Mapping[str, Result], _tell: Tell) -> Result:
        seen.update({need: results[need].token for need in step.needs})
        return Result()

    stage = Stage(parts={"build c": looks})
    play([step("a"), step("b", "a"), step("c", "a", "b")], stage, jobs=8)
    assert stage.begun == ["build a", "build b", "build c"]
    assert seen == {"build a": "token of build a", "build b": "token of build b"}


def test_what_is_skipped_holds_nobody_up() -> None:
    stage = Stage()
    events = play([step("a", action=Action.SKIP, reason="up to date"), step("b", "a")], stage)
    assert endings(events) == {"a": "skipped", "b": "done"}
    assert stage.begun == ["build b"]


@pytest.mark.parametrize("jobs", [1, 2, 3, 50])
def test_no_more_than_jobs_run_at_a_time(jobs: int) -> None:
    stage = Stage()
    events = play([step(f"s{number}") for number in range(20)], stage, jobs=jobs)
    assert stage.most == min(jobs, 20)
    assert set(endings(events).values()) == {"done"}


def test_the_critical_path_starts_first() -> None:
    steps = [
        step("short", seconds=1),
        step("long", seconds=5),
        step("head", seconds=1),
        step("tail", "head", seconds=9),
    ]
    stage = Stage()
    play(steps, stage, jobs=1)
    assert stage.begun == ["build head", "build tail", "build long", "build short"]


def test_equals_start_in_the_order_of_the_plan() -> None:
    stage = Stage()
    play([step(name) for name in "cab"], stage, jobs=1)
    assert stage.begun == ["build c", "build a", "build b"]


def test_a_failure_skips_dependents_but_not_neighbours() -> None:
    steps = [
        step("a"),
        step("b", "a"),
        step("c", "b"),
        step("n"),
        step("m", "n"),
        step("z", "m", "c"),
    ]
    stage = Stage(parts={"build a": fails})
    events = play(steps, stage)
    assert endings(events) == {
        "a": "failed", "b": "skipped", "c": "skipped", "z": "skipped", "n": "done", "m": "done",
    }  # fmt: skip
    assert set(skips(events).values()) == {("`build a` failed", False)}
    assert not {"build b", "build c", "build z"} & set(stage.begun)


def test_a_failure_carries_its_place_its_hint_and_its_exit_code() -> None:
    ended = finish(play([step("a")], Stage(parts={"build a": fails})), "a")
    assert (ended.message, ended.hint, ended.path, ended.line, ended.exit_code) == (
        "it broke", "mend it", "a/Dockerfile", 3, 1,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("error", "code"), [(EngineUnavailableError("gone"), 4), (UsageError("secret"), 2)]
)
def test_every_class_of_error_keeps_its_exit_code(
    error: EngineUnavailableError | UsageError, code: int
) -> None:
    ended = finish(play([step("a")], Stage(parts={"build a": raising(error)})), "a")
    assert (ended.outcome, ended.exit_code) == (Outcome.FAILED, code)


def test_any_other_exception_is_a_bug_of_ours_with_its_traceback_in_the_log() -> None:
    parts = {"build a": raising(KeyError("oops"))}
    events = play([step("a"), step("b", "a"), step("n")], Stage(parts=parts), jobs=1)
    ended = finish(events, "a")
    assert (ended.outcome, ended.exit_code, ended.hint) == (Outcome.FAILED, 70, "please report it")
    assert "KeyError('oops')" in ended.message
    lines = [e.line for e in events if isinstance(e, StepOutput)]
    assert lines[0].startswith("Traceback")
    assert all("\n" not in line for line in lines)
    assert endings(events) == {"a": "failed", "b": "skipped", "n": "done"}


def test_a_step_that_cancels_itself_has_failed() -> None:
    parts = {"build a": raising(asyncio.CancelledError())}
    events = play([step("a"), step("b", "a"), step("n")], Stage(parts=parts))
    assert endings(events) == {"a": "failed", "b": "skipped", "n": "done"}
    assert finish(events, "a").exit_code == 70


def test_fail_fast_starts_nothing_more_and_lets_the_running_ones_end() -> None:
    async def slow(_step: Step, _results: Mapping[str, Result], _tell: Tell) -> Result:
        await asyncio.sleep(0.05)
        return Result()

    steps = [step("a", seconds=9), step("slow", seconds=8), step("b", "a"), step("n")]
    stage = Stage(parts={"build a": fails, "build slow": slow})
    events = play(steps, stage, fail_fast=True)
    assert endings(events) == {"a": "failed", "b": "skipped", "slow": "done", "n": "skipped"}
    assert skips(events)["build b"] == ("`build a` failed", False)
    assert skips(events)["build n"] == ("stopped at the first failure", False)


def test_results_are_only_those_of_steps_that_ended_well() -> None:
    seen: list[str] = []

    async def looks(_step: Step, results: Mapping[str, Result], _tell: Tell) -> Result:
        seen.extend(results)
        return Result()

    parts = {"build a": fails, "build c": looks}
    play([step("a", seconds=3), step("b", seconds=2), step("c")], Stage(parts=parts), jobs=1)
    assert seen == ["build b"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_cancels_what_runs_and_says_what_is_left(number: signal.Signals) -> None:
    tidied: list[str] = []

    async def tidies(_step: Step, _results: Mapping[str, Result], _tell: Tell) -> Result:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.01)
            tidied.append("done")
        raise AssertionError

    steps = [step("k", seconds=9), step("t", seconds=8), step("after", "t"), step("later")]
    stage = Stage(parts={"build k": killing(number), "build t": tidies})
    events = play(steps, stage)
    assert endings(events) == {
        "k": "cancelled", "t": "cancelled", "after": "skipped", "later": "skipped",
    }  # fmt: skip
    assert skips(events) == {
        "build after": ("interrupted", False), "build later": ("interrupted", False),
    }  # fmt: skip
    assert finish(events, "t").message == "interrupted"
    assert tidied == ["done"]
    assert stage.closed == 1


def test_what_ended_well_before_the_interrupt_stays_done() -> None:
    parts = {"build k": killing(signal.SIGINT)}
    events = play([step("a"), step("k", "a"), step("z", "k")], Stage(parts=parts))
    assert endings(events) == {"a": "done", "k": "cancelled", "z": "skipped"}


def test_an_interrupt_does_not_wait_for_performers_that_take_long_to_open() -> None:
    """As with an engine that takes connections and says nothing."""
    closed: list[str] = []

    @asynccontextmanager
    async def slow() -> AsyncIterator[Perform]:
        try:
            os.kill(os.getpid(), signal.SIGINT)
            await asyncio.sleep(60)
            yield Stage().perform
        finally:
            closed.append("what was open")

    begin = time.monotonic()
    events = list(execute([step("a"), step("b", "a")], slow, jobs=1))
    assert time.monotonic() - begin < 30
    assert skips(events) == {"build a": ("interrupted", False), "build b": ("interrupted", False)}
    assert closed == ["what was open"]


def test_a_second_interrupt_gives_up_at_once() -> None:
    async def stubborn(_step: Step, _results: Mapping[str, Result], _tell: Tell) -> Result:
        while True:
            try:
                await asyncio.sleep(2)
            except asyncio.CancelledError:
                await asyncio.sleep(0.3)
            else:
                return Result()

    async def twice(_step: Step, _results: Mapping[str, Result], _tell: Tell) -> Result:
        loop = asyncio.get_running_loop()
        for delay in (0, 0.05):
            loop.call_later(delay, os.kill, os.getpid(), signal.SIGINT)
        await asyncio.sleep(60)
        raise AssertionError

    stage = Stage(parts={"build a": stubborn, "build k": twice})
    begin = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        play([step("a"), step("k")], stage)
    assert time.monotonic() - begin < 30


def test_a_run_that_nobody_follows_to_its_end_leaves_nothing_running() -> None:
    stage = Stage(parts={"build a": waits, "build b": waits})
    events = execute([step("a"), step("b"), step("c")], stage.open, jobs=2)
    assert isinstance(next(iter(events)), StepStarted)
    events.close()  # type: ignore[attr-defined] # a generator, though the caller need not know
    assert sorted(stage.ended) == sorted(stage.begun)
    assert stage.closed == 1


def test_a_run_that_nobody_asks_for_events_never_begins() -> None:
    stage = Stage()
    execute([step("a")], stage.open, jobs=1)
    assert stage.opened == 0


def test_a_consumer_that_breaks_leaves_nothing_running() -> None:
    stage = Stage(parts={"build a": waits})

    def consume() -> None:
        for _ in execute([step("a")], stage.open, jobs=1):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        consume()
    gc.collect(1)
    assert stage.closed == 1


def test_performers_that_cannot_be_opened_fail_the_run() -> None:
    @asynccontextmanager
    async def closed() -> AsyncIterator[Perform]:
        await asyncio.sleep(0)
        if asyncio.get_running_loop().is_running():
            raise EngineUnavailableError("no engine")
        yield Stage().perform

    with pytest.raises(EngineUnavailableError):
        list(execute([step("a")], closed, jobs=1))


def test_a_need_that_is_no_step_is_refused_before_anything_runs() -> None:
    stage = Stage()
    with pytest.raises(KeyError):
        play([step("a", "nobody")], stage)
    assert stage.opened == 0


def test_it_runs_outside_of_the_main_thread_too() -> None:
    stage = Stage()
    heard: list[Event] = []
    thread = threading.Thread(target=lambda: heard.extend(play([step("a")], stage)))
    thread.start()
    thread.join(timeout=60)
    assert endings(heard) == {"a": "done"}


def test_two_thousand_steps_are_scheduled_in_a_moment() -> None:
    steps = [step(f"s{n}", *({f"s{n // 3}", f"s{n // 2}"} if n else ())) for n in range(2000)]
    steps[0] = step("s0")
    steps[1] = step("s1", "s0")
    stage = Stage()
    begin = time.monotonic()
    events = play(steps, stage, jobs=8)
    assert time.monotonic() - begin < 30
    assert len(events) == 4000
    assert stage.most == 8


@pytest.mark.parametrize("seed", range(25))
def test_any_plan_runs_in_a_sensible_order(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - repeatable on purpose
    steps = _random_plan(dice)
    broken = {s.key for s in steps if dice.random() < 0.1}
    jobs = dice.randint(1, 6)
    stage = Stage(parts=dict.fromkeys(broken, fails))
    events = play(steps, stage, jobs=jobs)

    ended = {e.key: e for e in events if isinstance(e, StepFinished | StepSkipped)}
    assert len(ended) == len([e for e in events if isinstance(e, StepFinished | StepSkipped)])
    assert set(ended) == {s.key for s in steps}
    assert stage.most <= jobs
    for each in steps:
        _check_ending(each, ended, broken)
        _check_order(each, events)


def _random_plan(dice: random.Random) -> list[Step]:
    steps: list[Step] = []
    for number in range(dice.randint(1, 40)):
        before = [s.target for s in steps]
        needs = dice.sample(before, min(len(before), dice.randint(0, 3)))
        action = Action.SKIP if dice.random() < 0.2 else Action.RUN
        steps.append(step(f"s{number}", *needs, seconds=dice.uniform(0, 9), action=action))
    return steps


def _check_ending(
    each: Step, ended: Mapping[str, StepFinished | StepSkipped], broken: set[str]
) -> None:
    """Skipped as planned; skipped for a need that did not succeed; else run, and as told."""
    event = ended[each.key]
    bad = [key for key in each.needs if not _is_good(ended[key])]
    if isinstance(event, StepFinished):
        assert each.action is Action.RUN
        assert not bad
        assert (event.outcome is Outcome.FAILED) is (each.key in broken)
    elif each.action is Action.SKIP:
        assert event.expected
    else:
        assert bad
        assert event.because.removeprefix("`").removesuffix("` failed") in broken


def _is_good(event: StepFinished | StepSkipped) -> bool:
    if isinstance(event, StepSkipped):
        return event.expected
    return event.outcome is Outcome.DONE


def _check_order(each: Step, events: list[Event]) -> None:
    """Nothing of a step before its start or after its end, no start before what it needs."""
    places = [i for i, event in enumerate(events) if event.key == each.key]
    kinds = [type(events[i]) for i in places]
    assert kinds in ([StepSkipped], [StepStarted, StepFinished])
    if kinds == [StepStarted, StepFinished]:
        for need in each.needs:
            last = max(i for i, event in enumerate(events) if event.key == need)
            assert last < places[0]


PROGRAM = """
import asyncio, sys
from fakes import Stage
from test_scheduler import step, waits
from build_config.scheduler import execute

stage = Stage(parts={"build a": waits})
for event in execute([step("a"), step("b", "a")], stage.open, jobs=1):
    print(type(event).__name__, getattr(event, "because", ""), flush=True)
"""


def signalled(*numbers: signal.Signals, before: tuple[str, ...] = ()) -> str:
    """What a run says that gets these signals when it has begun."""
    process = subprocess.Popen(
        [*before, sys.executable, "-c", PROGRAM],
        cwd=Path(__file__).parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        first = process.stdout.readline()
        for number in numbers:
            process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert err == ""
    assert process.returncode == 0
    return first + out


def test_ctrl_c_in_a_terminal_ends_a_run_without_a_traceback() -> None:
    assert signalled(signal.SIGINT).split("\n") == [
        "StepStarted ", "StepFinished ", "StepSkipped interrupted", "",
    ]  # fmt: skip


def test_under_nohup_a_terminal_that_is_closed_ends_nothing() -> None:
    """A second signal that counted would end the run with a KeyboardInterrupt."""
    said = signalled(signal.SIGHUP, signal.SIGTERM, before=("nohup",))
    assert said == signalled(signal.SIGTERM) == signalled(signal.SIGHUP)
