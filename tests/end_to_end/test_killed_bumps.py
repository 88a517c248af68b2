"""`invoke bump` as a process: killed wherever it changes something, and with 500 connectors."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import raised
import well_kept
from yard import PROJECT

if TYPE_CHECKING:
    from yard import Yard

WORDS = ("bump", "--connector=source-*", "--part=patch", "--message=More")

KILLED = """
import os, sys
left, number = int(sys.argv.pop(1)), int(sys.argv.pop(1))
def count(event, arguments):
    global left
    changes = event in ("os.rename", "os.remove")
    if changes and any(str(a).startswith(os.environ["INVOKE_ROOT"]) for a in arguments):
        left -= 1
        if left == -1:
            os.kill(os.getpid(), number)
sys.addaudithook(count)
from invoke.main import program
program.run(["invoke", *sys.argv[1:]])
"""
"""Gets a signal before the n-th file that it renames or removes."""


def killed_at(yard: Yard, number: int, *words: str, by: signal.Signals = signal.SIGKILL) -> bool:
    """Run `invoke` until its n-th change on disk; whether there were as many."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(number), str(by.value), *words],
        cwd=PROJECT,
        env=yard.environment(),
        capture_output=True,
        check=False,
        timeout=240,
    )
    assert done.returncode in {0, -by, 128 + by}, done.stderr.decode()
    return done.returncode != 0


def test_a_kill_at_any_change_on_disk_is_undone_by_the_next_bump(repository: Yard) -> None:
    repository.commit(well_kept.repository("source-a"))
    assert repository.invoke("list").code == 0  # what saves time is kept before anything counts
    before = raised.contents(repository.root)
    number = 0
    while killed_at(repository, number, *WORDS):
        cut = raised.contents(repository.root)
        undone = repository.invoke("bump")  # wrong usage: it only cleans up
        assert undone.code == 2
        assert ("an interrupted bump was undone" in undone.err) == (number > 0)
        assert raised.contents(repository.root) == before, sorted(cut.keys() ^ before.keys())
        number += 1
    assert number == 7  # the record, five files, and the record's end
    after = raised.contents(repository.root)
    assert {path for path in after if after[path] != before[path]} == {
        well_kept.definition("source-a"),
        *(
            f"connectors/source-a/{name}"
            for name in ("Dockerfile", "metadata.yaml", "pyproject.toml", "CHANGELOG.md")
        ),
    }
    assert raised.version_rules(repository.root) == []


def test_who_presses_ctrl_c_finds_everything_as_it_was_at_once(repository: Yard) -> None:
    repository.commit(well_kept.repository("source-a"))
    before = raised.contents(repository.root)
    number = 0
    while killed_at(repository, number, *WORDS, by=signal.SIGINT):
        assert raised.contents(repository.root) == before
        assert not (repository.root / ".yard/bump.json").exists()
        number += 1
    assert number > 0


def test_a_kill_while_cleaning_up_is_cleaned_up_too(repository: Yard) -> None:
    repository.commit(well_kept.repository("source-a"))
    before = raised.contents(repository.root)
    assert killed_at(repository, 4, *WORDS)  # three files are new
    for number in range(3):
        assert killed_at(repository, number, *WORDS)
    dry = repository.invoke(*WORDS, "--dry-run")
    assert dry.code == 2
    assert "a bump was interrupted, and is not undone yet" in dry.err
    done = repository.invoke(*WORDS)
    assert done.code == 0, done
    assert "an interrupted bump was undone" in done.err
    assert "source-a 1.2.0 -> 1.2.1 (5 files)" in done.out
    assert before.keys() == raised.contents(repository.root).keys()
    assert raised.version_rules(repository.root) == []


def test_five_hundred_connectors_take_a_few_seconds(repository: Yard) -> None:
    repository.commit(well_kept.repository(*(f"source-{number}" for number in range(500))))
    begin = time.monotonic()
    done = repository.invoke("bump", "--connector=*", "--part=patch", "--message=More")
    took = time.monotonic() - begin
    assert done.code == 0, done.err
    assert done.out.count(" -> 1.2.1 (5 files)") == 500
    assert took < 60, took
    assert raised.version_rules(repository.root) == []
