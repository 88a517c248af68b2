"""Builds that the machine is against: no engine, one that dies, a full disk, a huge context."""

from __future__ import annotations

import dataclasses
import os
import shutil
import sys
import time
from typing import TYPE_CHECKING

import engine_under_test
import pytest
from relay import relay
from yard import NOBODY

if TYPE_CHECKING:
    from pathlib import Path

    from engine_under_test import Engine
    from yard import Yard

NOTHING = "FROM scratch\nCOPY Dockerfile /\n"
GIGABYTE = 1 << 30
MODEST = 200
"""MiB of memory that a build may take: several times what it needs, a fraction of a gigabyte."""


def test_without_an_engine_a_build_ends_with_what_to_do(repository: Yard) -> None:
    repository.commit({"connectors/source-a/Dockerfile": NOTHING})
    finished = repository.invoke("build")
    assert finished.code == 4, finished
    assert f"error: no Docker engine answers at {NOBODY}" in finished.err
    assert "hint: `invoke setup`" in finished.err
    assert not finished.out
    assert not (repository.root / ".yard/logs").exists()


def test_without_an_engine_a_dry_run_says_so_once(repository: Yard) -> None:
    repository.commit(
        {"connectors/source-a/Dockerfile": NOTHING, "connectors/source-b/Dockerfile": NOTHING}
    )
    finished = repository.invoke("build", "--dry-run", "--progress=json")
    assert finished.code == 0, finished
    assert finished.err.count("no Docker engine answers") == 1
    assert {row["reason"] for row in finished.json()} == {"unknown: no engine"}


def test_what_answers_and_is_no_engine_is_told_from_one(repository: Yard, tmp_path: Path) -> None:
    repository.commit({"connectors/source-a/Dockerfile": NOTHING})
    (tmp_path / "file").touch()
    finished = repository.invoke("build", environment={"DOCKER_HOST": f"unix://{tmp_path}/file"})
    assert finished.code == 4, finished
    assert "connection refused" in finished.err


@pytest.mark.engine
def test_an_engine_that_dies_in_mid_build_is_no_failure_of_the_image(
    yard: Yard, shell: str, engine: Engine, tmp_path: Path
) -> None:
    yard.commit(
        {
            "connectors/source-a/Dockerfile": (
                f"FROM {shell}\nRUN echo it has begun; sleep 60\nCOPY Dockerfile /\n"
            ),
            "connectors/source-b/Dockerfile": f"FROM {yard.image('source-a')}\n",
        }
    )
    with relay(tmp_path / "engine.sock", engine_under_test.ADDRESS) as dying:
        cut_off = dataclasses.replace(yard, engine=dying.address)
        with cut_off.started("build", "--progress=json") as running:
            running.wait_for('"it has begun"')
            dying.cut()
            begin = time.monotonic()
            finished = running.finish()
    assert time.monotonic() - begin < 45
    assert finished.code == 4, finished
    ended = next(e for e in finished.events() if e["event"] == "step_finished")
    assert ended["message"].startswith("the engine went away: ")
    assert "invoke setup" in ended["hint"]
    skipped = next(e for e in finished.events() if e["event"] == "step_skipped")
    assert skipped["because"] == "`build source-a` failed"
    assert not engine.has(yard.image("source-a"))
    assert "Traceback" not in finished.err


@pytest.mark.engine
def test_an_engine_that_dies_before_the_first_build_is_one_line(yard: Yard, tmp_path: Path) -> None:
    yard.commit({"connectors/source-a/Dockerfile": NOTHING})
    with relay(tmp_path / "engine.sock", engine_under_test.ADDRESS) as dying:
        dying.cut()
        finished = yard.invoke("build", environment={"DOCKER_HOST": dying.address})
    assert finished.code == 4, finished
    assert len(finished.err.splitlines()) == 2, finished


@pytest.mark.long
@pytest.mark.engine
@pytest.mark.timeout(600)
def test_a_context_of_a_gigabyte_shows_progress_and_takes_little_memory(
    yard: Yard, engine: Engine
) -> None:
    yard.write({"connectors/source-a/Dockerfile": NOTHING})
    with (yard.root / "connectors/source-a/huge").open("wb") as file:
        file.truncate(GIGABYTE)
    before = frozenset(entry["ID"] for entry in engine.build_cache())
    try:
        finished = yard.invoke("build", "--progress=json", by=measuring(yard))
    finally:
        engine.drop_cache(above=GIGABYTE // 2, since=before)
    assert finished.code == 0, finished.err
    sent = [
        event["current"]
        for event in finished.events()
        if event["event"] == "step_progress" and event["activity"] == "sending the context"
    ]
    assert len(sent) >= 10
    assert sent == sorted(sent)
    assert sent[-1] >= GIGABYTE
    assert int((yard.home / "memory").read_text()) < MODEST * 1024


def measuring(yard: Yard) -> tuple[str, ...]:
    """A command that runs another, and writes down the most memory that it had, in KiB."""
    peak = "resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss"
    unit = "// 1024" if sys.platform == "darwin" else ""
    program = (
        "import pathlib, resource, subprocess, sys; code = subprocess.call(sys.argv[2:]); "
        f"pathlib.Path(sys.argv[1]).write_text(str({peak} {unit})); sys.exit(code)"
    )
    return (sys.executable, "-c", program, str(yard.home / "memory"))


@pytest.mark.engine
def test_a_disk_that_is_full_costs_the_logs_and_not_the_build(yard: Yard, engine: Engine) -> None:
    yard.commit(
        {"connectors/source-a/Dockerfile": NOTHING, "connectors/source-b/Dockerfile": NOTHING}
    )
    finished = yard.invoke("build", "--progress=json", by=on_a_full_disk(yard))
    assert finished.code == 0, finished
    assert finished.err.count("no more logs of this run: No space left on device") == 1
    assert len(finished.err.splitlines()) == 1, finished
    assert finished.events()[-1]["totals"]["done"] == 2
    assert engine.has(yard.image("source-a"))
    assert "everything is up to date: 2 images" in yard.invoke("build").out


def on_a_full_disk(yard: Yard) -> tuple[str, ...]:
    """A command that runs another, for which `.yard` is a disk of its own without any room."""
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("a full disk needs `unshare` (package util-linux) and a Linux kernel")
    state = yard.root / ".yard"
    state.mkdir()
    mount = (
        'mount -t tmpfs -o size=4k none "$0" && '
        '{ dd if=/dev/zero of="$0/filler" bs=4k count=1 2>/dev/null; exec "$@"; }'
    )
    as_root = () if os.geteuid() == 0 else ("--map-root-user",)
    return (unshare, *as_root, "--mount", "sh", "-c", mount, str(state))


@pytest.mark.engine
def test_a_state_folder_that_cannot_be_made_costs_the_logs_and_not_the_build(yard: Yard) -> None:
    yard.commit({"connectors/source-a/Dockerfile": NOTHING, ".yard": "a file\n"})
    finished = yard.invoke("build")
    assert finished.code == 0, finished
    assert finished.err.count("no more logs of this run: ") == 1
    assert "everything is up to date: 1 image" in yard.invoke("build").out


@pytest.mark.engine
def test_a_file_that_cannot_be_sent_any_more_is_named(yard: Yard, shell: str) -> None:
    """It is there when the plan is made, and gone when its image's turn comes."""
    yard.commit(
        {
            "connectors/bases/base-a/Dockerfile": f"FROM {shell}\nRUN echo it has begun; sleep 2\n",
            "connectors/source-b/Dockerfile": f"FROM {yard.image('base-a')}\nCOPY b /\n",
            "connectors/source-b/b": "1",
        }
    )
    with yard.started("build", "--progress=json") as running:
        running.wait_for('"it has begun"')
        (yard.root / "connectors/source-b/b").unlink()
        finished = running.finish()
    assert finished.code == 1, finished
    ended = [e for e in finished.events() if e["event"] == "step_finished"]
    assert "`connectors/source-b/b` changed while it was sent" in ended[-1]["message"]


def test_the_reader_that_goes_away_ends_the_program_quietly(repository: Yard) -> None:
    repository.commit({f"connectors/source-{n}/Dockerfile": NOTHING for n in range(200)})
    with repository.started("list", "--format=json") as running:
        assert running.process.stdout is not None
        running.process.stdout.close()
        running.process.wait(timeout=120)
        assert running.process.stderr is not None
        assert "Traceback" not in running.process.stderr.read()
