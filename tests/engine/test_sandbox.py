"""Containers that behave badly end in bounded time, are named for it, and leave nothing."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import engine_under_test
import pytest

from build_config.errors import EngineUnavailableError, StepError, YardError
from build_config.machine.engine_address import EngineAddress
from build_config.sandbox.containers import Containers, open_containers, together
from build_config.sandbox.owner import RUN_LABEL
from build_config.sandbox.request import MIB, Container, Limits, Mount, Volume

if TYPE_CHECKING:
    from engine_under_test import Engine

    from build_config.sandbox.ending import Finished

pytestmark = pytest.mark.engine

T = TypeVar("T")
ADDRESS = EngineAddress(url=engine_under_test.ADDRESS)


@pytest.fixture
def image(engine: Engine, shell: str) -> Iterator[str]:
    """The id of an image with `sh`, `cat` and `sleep`; no container is left of the test."""
    yield engine.id(shell)
    assert mine(engine) == []


def mine(engine: Engine) -> list[str]:
    """Containers that this process has on the engine now."""
    listed = engine.client.api.containers(all=True, filters={"label": RUN_LABEL})
    process = f"{os.getpid()} "
    owners = (row["Labels"].get("dev.connectoryard.process", "") for row in listed)
    return [owner for owner in owners if owner.startswith(process)]


def script(image: str, text: str, **settings: Any) -> Container:
    return Container(image=image, arguments=("sh", "-c", text), **settings)


def within(work: Callable[[Containers], Awaitable[T]], seconds: float = 240) -> T:
    """What this coroutine gives, with the sandbox open, in so many seconds at most."""

    async def opened() -> T:
        async with asyncio.timeout(seconds), open_containers(ADDRESS) as containers:
            return await work(containers)

    return asyncio.run(opened())


def finished(container: Container, stdin: bytes = b"") -> Finished:
    return within(lambda containers: containers.run_to_end(container, stdin=stdin))


def test_lines_stderr_and_exit_code_come_back(image: str) -> None:
    done = finished(script(image, "echo one; echo two >&2; printf three; exit 3"))
    assert done.lines == (b"one", b"three")
    assert done.ending.exit_code == 3
    assert done.ending.last_stderr == ("two",)
    assert done.ending.story == "ended with exit code 3"
    assert not done.ending.is_good


def test_no_output_at_all_is_no_lines(image: str) -> None:
    done = finished(script(image, "exit 0"))
    assert done.lines == ()
    assert done.ending.is_good


def test_files_and_the_image_cannot_be_changed_even_by_root(image: str) -> None:
    text = "cat /config/a.json; echo x > /config/a.json; echo x > /here"
    done = finished(script(image, text, files={"a.json": b'{"a": 1}\n'}))
    assert done.lines == (b'{"a": 1}',)
    assert len(done.ending.last_stderr) == 2


def test_scratch_space_is_there_but_starts_no_programs(image: str) -> None:
    text = "echo kept > /tmp/x && cat /tmp/x; cat /bin/sleep > /tmp/sleep; /tmp/sleep 0"
    done = finished(script(image, text))
    assert done.lines == (b"kept",)
    assert done.ending.exit_code == 126


def test_root_has_no_capabilities(image: str) -> None:
    status = finished(script(image, "cat /proc/self/status")).lines
    wanted = {b"CapEff:\t0000000000000000", b"CapBnd:\t0000000000000000", b"NoNewPrivs:\t1"}
    assert wanted <= set(status)


def test_there_is_no_network_unless_it_is_asked_for(image: str) -> None:
    text = "cat /proc/net/dev"
    alone = finished(script(image, text)).lines
    host = finished(script(image, text, network="host")).lines
    assert len(alone) == 3  # two lines of heading, and the loopback
    assert len(host) > 3


def test_stdin_goes_in_and_ends(image: str) -> None:
    sent = b"".join(b"line %d\n" % number for number in range(50_000))
    done = finished(script(image, "cat", stdin=True), stdin=sent)
    assert b"\n".join(done.lines) + b"\n" == sent


def test_without_stdin_it_is_at_its_end(image: str) -> None:
    assert finished(script(image, "cat; echo over")).lines == (b"over",)


def test_writing_to_a_container_that_does_not_read_fails(image: str) -> None:
    async def work(containers: Containers) -> None:
        async with containers.run(script(image, "exec 0<&-; sleep 0.2", stdin=True)) as running:
            ending = asyncio.create_task(running.ended())
            try:
                for _ in range(1000):
                    await running.write(bytes(1 << 20))
            finally:
                await ending

    with pytest.raises(BrokenPipeError):
        within(work)


def test_a_slow_reader_holds_the_container_back(image: str) -> None:
    text = "while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done"

    async def work(containers: Containers) -> int:
        limits = Limits(output_bytes=None)
        async with containers.run(script(image, text, limits=limits)) as running:
            await asyncio.sleep(2)  # at 50 MB/s it would have written 100 MB
            begin, total = time.monotonic(), 0
            async for block in running.blocks():
                total += len(block)
                if time.monotonic() - begin > 0.05:
                    return total
        return total

    assert within(work) < 20_000_000


def test_a_hanging_container_is_killed_when_its_time_is_up(image: str) -> None:
    text = "trap '' TERM; echo begun; while :; do sleep 1; done"
    begin = time.monotonic()
    done = finished(script(image, text, limits=Limits(seconds=1)))
    assert time.monotonic() - begin < 100
    assert done.lines == (b"begun",)
    assert done.ending.timed_out
    assert done.ending.story == "took longer than 1.0 s"
    assert done.ending.exit_code == 137


def test_one_that_closed_its_output_and_lives_on_is_killed_too(image: str) -> None:
    done = finished(script(image, "exec >&- 2>&-; sleep 60", limits=Limits(seconds=1)))
    assert done.ending.timed_out


def test_a_flood_is_stopped(image: str) -> None:
    text = "while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyy; done"
    done = finished(script(image, text, limits=Limits(output_bytes=1_000_000)))
    assert done.ending.flooded
    assert done.ending.story == "wrote more than 1.0 MB"
    assert sum(map(len, done.lines)) <= 1_000_000
    assert done.ending.last_stdout[-1].startswith("yyy")


def test_a_flood_of_stderr_is_stopped(image: str) -> None:
    text = "while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyy >&2; done"
    done = finished(script(image, text, limits=Limits(output_bytes=1_000_000)))
    assert done.ending.flooded


def test_an_endless_line_is_stopped_in_bounded_memory(image: str) -> None:
    limits = Limits(line_bytes=4 * MIB, output_bytes=None)
    done = finished(script(image, "echo first; cat /dev/zero", limits=limits))
    assert done.ending.line_too_long
    assert done.lines == (b"first",)


def test_a_long_line_among_others_is_noticed(image: str) -> None:
    done = finished(script(image, "echo short; echo muchlonger", limits=Limits(line_bytes=6)))
    assert done.ending.line_too_long


def test_a_fork_bomb_is_contained(image: str) -> None:
    limits = Limits(seconds=3, processes=32)
    done = finished(script(image, "f() { f | f & }; f; sleep 60", limits=limits))
    assert done.ending.timed_out
    assert any("fork" in line for line in done.ending.last_stderr)


def test_a_memory_hog_is_named(image: str) -> None:
    text = "x=yyyyyyyyyyyyyyyy; while :; do x=$x$x; done"
    done = finished(script(image, text, limits=Limits(memory=64 * MIB, scratch=MIB)))
    assert done.ending.oom_killed
    assert done.ending.story == "ran out of memory (67.1 MB)"


def test_a_program_that_is_not_there_is_an_error(image: str) -> None:
    with pytest.raises(StepError, match="could not be started"):
        finished(Container(image=image, arguments=("no-such-program",)))


def test_an_image_that_is_not_there_is_an_error() -> None:
    with pytest.raises(StepError, match="could not be started"):
        finished(Container(image=f"sha256:{0:064}"))


def test_an_engine_that_is_not_there_is_an_error() -> None:
    async def work() -> None:
        async with open_containers(EngineAddress(url="unix:///nonexistent/engine.sock")):
            raise AssertionError

    with pytest.raises(EngineUnavailableError):
        asyncio.run(work())


def test_kill_ends_it_and_says_so(image: str) -> None:
    async def work(containers: Containers) -> str:
        async with containers.run(script(image, "echo begun; sleep 60")) as running:
            async for _ in running.lines():
                await running.kill()
            return (await running.ended()).story

    assert within(work) == "was killed"


def test_one_that_somebody_else_removes_is_an_error(image: str, engine: Engine) -> None:
    async def work(containers: Containers) -> None:
        async with containers.run(script(image, "sleep 60")) as running:
            engine.client.api.remove_container(running.name, force=True)
            await running.ended()

    with pytest.raises(YardError, match="No such container: connectoryard-"):
        within(work)


def test_a_flood_that_nobody_reads_is_no_hindrance_to_the_end(image: str) -> None:
    async def work(containers: Containers) -> None:
        text = "while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done"
        limits = Limits(output_bytes=None)
        for _ in range(3):
            async with containers.run(script(image, text, limits=limits)):
                await asyncio.sleep(1)

    begin = time.monotonic()
    within(work)
    assert time.monotonic() - begin < 100


def test_an_exception_in_the_block_removes_the_container(image: str, engine: Engine) -> None:
    async def work(containers: Containers) -> None:
        async with containers.run(script(image, "sleep 60", files={"a": b"1"})):
            assert len(mine(engine)) == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        within(work)


@pytest.mark.parametrize("milliseconds", [0, 5, 20, 50, 100, 200, 400])
def test_a_cancellation_at_any_moment_removes_the_container(image: str, milliseconds: int) -> None:
    """The fixture `image` looks for what is left."""

    async def work(containers: Containers) -> None:
        container = script(image, "sleep 60", stdin=True, files={"a": b"1"})
        task = asyncio.create_task(containers.run_to_end(container))
        await asyncio.sleep(milliseconds / 1000)
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()

    within(work)


def test_containers_start_and_end_together(image: str) -> None:
    async def work(containers: Containers) -> list[int]:
        opening = [containers.run(script(image, f"exit {code}")) for code in range(3)]
        async with together(*opening) as running:
            return [(await each.ended()).exit_code for each in running]

    assert within(work) == [0, 1, 2]


def test_if_one_of_them_cannot_start_none_is_left(image: str) -> None:
    async def work(containers: Containers) -> None:
        good = containers.run(script(image, "sleep 60"))
        bad = containers.run(Container(image=image, arguments=("no-such-program",)))
        async with together(good, bad):
            raise AssertionError

    with pytest.raises(StepError):
        within(work)


def test_a_volume_keeps_what_one_container_wrote_for_the_next(image: str, engine: Engine) -> None:
    async def work(containers: Containers) -> tuple[bytes, ...]:
        async with containers.volume(image) as name:
            write = script(
                image, "echo kept > /data/x", volumes=(Volume(name=name, target="/data"),)
            )
            assert (await containers.run_to_end(write)).ending.is_good
            volume = Volume(name=name, target="/data", read_only=True)
            read = script(image, "cat /data/x; echo no > /data/y", volumes=(volume,))
            done = await containers.run_to_end(read)
            assert not done.ending.is_good
        assert name not in {each.name for each in engine.client.volumes.list()}
        return done.lines

    assert within(work) == (b"kept",)


def test_a_folder_of_this_machine_is_mounted(image: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_text("from here\n")
    mount = Mount(source=str(tmp_path), target="/data", read_only=True)
    try:
        done = finished(script(image, "cat /data/x; echo no > /data/y", mounts=(mount,)))
    except StepError as error:
        if "does not exist" not in str(error):
            raise
        pytest.skip("the engine has another file system than this process")
    assert done.lines == (b"from here",)
    assert not (tmp_path / "y").exists()


def test_the_environment_is_set(image: str) -> None:
    done = finished(script(image, "echo $GREETING", environment={"GREETING": "hello world"}))
    assert done.lines == (b"hello world",)


def test_what_a_killed_run_left_is_removed_by_the_next(image: str, engine: Engine) -> None:
    program = """
import asyncio, sys
from build_config.machine.engine_address import EngineAddress
from build_config.sandbox.containers import open_containers
from build_config.sandbox.request import Container

async def main():
    async with open_containers(EngineAddress(url=sys.argv[1])) as containers:
        container = Container(image=sys.argv[2], arguments=("sleep", "60"))
        async with containers.volume(container.image), containers.run(container) as running:
            print(running.name, flush=True)
            await asyncio.sleep(60)

asyncio.run(main())
"""
    command = [sys.executable, "-c", program, engine_under_test.ADDRESS, image]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        name = process.stdout.readline().strip()
        os.kill(process.pid, signal.SIGKILL)
    names = json.dumps(engine.client.api.containers(all=True))
    assert name in names

    async def nothing(_: Containers) -> None:
        return

    within(nothing)
    assert name not in json.dumps(engine.client.api.containers(all=True))


def test_another_program_of_the_image_can_be_run(image: str) -> None:
    done = finished(Container(image=image, entrypoint=("sh", "-c"), arguments=("echo $0", "x")))
    assert done.lines == (b"x",)


def test_terminate_asks_and_the_container_may_answer(image: str) -> None:
    text = "trap 'echo asked; exit 5' TERM; echo begun; while :; do sleep 0.05; done"

    async def work(containers: Containers) -> tuple[list[bytes], int]:
        lines = []
        async with containers.run(script(image, text)) as running:
            async for line in running.lines():
                lines.append(line)
                if line == b"begun":
                    await running.terminate()
            return lines, (await running.ended()).exit_code

    assert within(work) == ([b"begun", b"asked"], 5)
