"""Processes that are children: their lines, however long, and that nobody of them is left."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest

from build_config import child_process as module
from build_config.child_process import child_process, lines


async def said(*command: str, folder: Path) -> list[str]:
    """All that it says until it ends."""
    async with child_process(command, folder) as (process, output):
        heard = [line async for line in lines(output)]
        await process.wait()
    return heard


def is_alive(number: int) -> bool:
    """Whether there is such a process, zombies aside: nobody here is left to collect those."""
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def gone(number: int) -> bool:
    """Whether it is, within a moment: a signal takes one to arrive."""
    until = time.monotonic() + 60
    while is_alive(number) and time.monotonic() < until:
        time.sleep(0.01)
    return not is_alive(number)


def test_both_streams_are_heard_and_the_last_line_needs_no_end(tmp_path: Path) -> None:
    heard = asyncio.run(said("sh", "-c", "echo one; echo two >&2; printf three", folder=tmp_path))
    assert heard == ["one", "two", "three"]


def test_a_line_that_never_ends_comes_in_pieces(tmp_path: Path) -> None:
    heard = asyncio.run(
        said("sh", "-c", "head -c 300000 /dev/zero | tr '\\0' x; echo; echo end", folder=tmp_path)
    )
    assert heard[-1] == "end"
    assert "".join(heard[:-1]) == "x" * 300_000


def test_it_runs_in_its_folder_without_an_input(tmp_path: Path) -> None:
    assert asyncio.run(said("sh", "-c", "pwd; cat", folder=tmp_path)) == [
        os.path.realpath(tmp_path)
    ]


def test_there_is_no_such_program(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        asyncio.run(said("no-such-program", folder=tmp_path))


@pytest.mark.parametrize(
    "script",
    ["sleep 600 & echo $!; wait", "sleep 600 & echo $!"],
    ids=["while its parent waits", "when its parent is gone"],
)
def test_a_grandchild_does_not_outlive_the_block(script: str, tmp_path: Path) -> None:
    async def run() -> int:
        async with child_process(("sh", "-c", script), tmp_path) as (_, output):
            return int(await anext(lines(output)))

    assert gone(asyncio.run(run()))


def test_who_does_not_listen_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 0.2)

    async def run() -> int:
        script = "trap '' TERM; echo $$; while :; do sleep 0.1; done"
        async with child_process(("sh", "-c", script), tmp_path) as (_, output):
            return int(await anext(lines(output)))

    assert gone(asyncio.run(run()))


def test_who_tidies_up_may_say_much(tmp_path: Path) -> None:
    tidy = f"head -c 1000000 /dev/zero | tr '\\0' x; echo tidy > {tmp_path}/done; exit"

    async def run() -> None:
        script = f'trap "{tidy}" TERM; echo ready; while :; do sleep 0.1; done'
        async with child_process(("sh", "-c", script), tmp_path) as (_, output):
            await anext(lines(output))

    asyncio.run(run())
    assert (tmp_path / "done").read_text() == "tidy\n"
