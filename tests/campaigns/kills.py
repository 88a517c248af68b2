"""SIGKILL before and after every effect: a situation in, what was counted out.

A publication, with all processes of its group, dies at the N-th request, at the N-th git command or
in the midst of it, at the N-th operation on files, until it has none left. Whatever is there then
must be whole and allowed, nothing may be locked, and one more run must end as if nothing had been.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import fault_proxy
from allowed_states import assert_invariants
from cases import assert_finished, case_of, failing
from counting import Count
from fault_proxy import FaultProxy, Rule
from memory_registry import MemoryRegistry
from publications import digest
from repositories import git, new_repository
from situations import SITUATIONS, Situation

_GIT = r"""#!/bin/sh
# counts the commands; before, in the midst of, or after one of them everything dies
n=$(( $(cat "$KILLS/count" 2>/dev/null || echo 0) + 1 ))
echo $n > "$KILLS/count"
if [ "$n" != "$KILL_AT" ]; then exec {git} "$@"; fi
case $KILL_WHEN in
before) kill -KILL 0 ;;
amid) {git} "$@" & sleep $KILL_AFTER; kill -KILL 0 ;;
after) {git} "$@"; kill -KILL 0 ;;
esac
"""
WHEN = ("before", "amid", "after")


@dataclass(kw_only=True, slots=True)
class Victims:
    """Processes that publish, one after the other.

    Attributes:
        errors: what they say goes here.
    """

    orders: IO[str]
    news: IO[str]
    errors: Path
    pid: int = 0

    def start(self, order: Mapping[str, object]) -> None:
        """Begin one."""
        self.orders.write(json.dumps(order) + "\n")
        self.orders.flush()
        self.pid = int(self.news.readline())

    def end(self) -> int:
        """Its exit code, or minus the signal that killed it."""
        code = int(self.news.readline())
        # what it has started ends, too
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        return code

    def said(self) -> str:
        """The last line of what they said."""
        return (self.errors.read_text().splitlines() or [""])[-1]

    def kill(self) -> None:
        """Kill the one that runs, and all that it has started."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)


@contextmanager
def victims(folder: Path) -> Iterator[Victims]:
    """Where they come from; `bin` in the folder has a git that they use."""
    wrapper = folder / "bin" / "git"
    wrapper.parent.mkdir()
    wrapper.write_text(_GIT.replace("{git}", str(shutil.which("git"))))
    wrapper.chmod(0o755)
    here = Path(__file__).resolve().parent
    environment = {**os.environ, "PYTHONPATH": f"{here}:{here.parent}"}
    with (
        (folder / "errors").open("wb") as errors,
        subprocess.Popen(
            [sys.executable, str(here / "victim.py")],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        yield Victims(orders=process.stdin, news=process.stdout, errors=folder / "errors")
        process.stdin.close()


@dataclass(frozen=True, kw_only=True, slots=True)
class Yard:
    """Where people are killed."""

    folder: Path
    registry: MemoryRegistry
    proxy: FaultProxy
    victims: Victims

    def kill_at_requests(self, situation: str, *, answered: bool, step: int = 1) -> Count:
        """Before each request is handled, or after it and before its answer."""
        action = fault_proxy.after if answered else fault_proxy.before
        what = f"{'after' if answered else 'before'} request"

        def arm(number: int) -> dict[str, object]:
            self.proxy.forget(Rule(action=action(self.victims.kill), nth=number))
            return {}

        return self._loop(situation, what, arm, step)

    def kill_at_git(
        self, situation: str, when: str, *, step: int = 1, seconds: float = 0.002
    ) -> Count:
        """Before or after each git command, or amid it, so many seconds after its start."""

        def arm(number: int) -> dict[str, object]:
            counts = self.folder / uuid.uuid4().hex
            counts.mkdir()
            path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
            kill = {
                "KILLS": str(counts),
                "KILL_AT": str(number),
                "KILL_WHEN": when,
                "KILL_AFTER": str(seconds),
            }
            return {"environment": {"PATH": path, **kill}}

        return self._loop(situation, f"{when} git command", arm, step)

    def kill_at_files(self, situation: str, *, step: int = 1) -> Count:
        """Before each operation on files."""
        return self._loop(situation, "operation", lambda number: {"file": number}, step)

    def _loop(
        self, name: str, what: str, arm: Callable[[int], dict[str, object]], step: int
    ) -> Count:
        count = Count()
        for number in range(1, 1000, step):
            try:
                killed = self._one(SITUATIONS[name], name, arm(number))
            except AssertionError as error:
                count.failures.append(f"{what} {number}, {name}: {error}")
                killed = True
            if not killed:
                return count
            count.cases += 1
        raise AssertionError("there is always one more")

    def _one(self, situation: Situation, name: str, order: dict[str, object]) -> bool:
        """One kill, and the run after it; whether there was one to kill."""
        connector = f"source-{uuid.uuid4().hex}"
        root = new_repository(self.folder / connector, {})
        case = case_of(root, connector, host=self.registry.host)
        situation.arrange(case)
        self.victims.start(
            {
                "root": str(root),
                "name": connector,
                "situation": name,
                **order,
                "host": self.proxy.host,
                "registry": self.registry.host,
            }
        )
        code = self.victims.end()
        self.proxy.forget()
        assert code in {0, -signal.SIGKILL}, f"it ended with {code}"
        cut = assert_invariants(case, self.registry, situation.versions, lost=situation.lost)
        git(root, "fsck", "--no-dangling")
        error = asyncio.run(failing(case, situation, built="anew"))
        assert error is None, f"cannot go on: {error}"
        end = assert_invariants(case, self.registry, situation.versions)
        assert_finished(case, situation, end)
        if cut.tags.get(situation.version) or situation.fixed:
            first = digest(case.image(situation.version).manifest)
            assert end.tags[situation.version] == first
        shutil.rmtree(root)
        return code != 0
