"""What all measurements share: the engine, temporary monorepos, and how our tasks are run."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import monorepo
from engine_socket import Engine

PROJECT = Path(__file__).resolve().parent.parent
# For the relay and the simulated builds of the tests: import this before them.
sys.path += [str(PROJECT / "tests"), str(PROJECT / "tests" / "end_to_end")]
LOCAL_TAG = "dev"


class CommandFailedError(Exception):
    """A command that is being measured did not succeed; the message is the end of its output."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Monorepo:
    """A monorepo on disk, and what is in it."""

    folder: Path
    images: tuple[monorepo.Image, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Bench:
    """Where and how to measure.

    Attributes:
        engine: that builds.
        folder: for temporary things.
        images: how many a monorepo has that is built from nothing.
        large: how many a large one has.
        huge: how many one has that shows how times grow.
        jobs: builds at a time, ours and others'.
        rounds: of quick things; slow ones get fewer.
    """

    engine: Engine
    folder: Path
    images: int
    large: int
    huge: int
    jobs: int
    rounds: int
    _known: dict[int, Monorepo] = field(default_factory=dict)

    def monorepo(self, count: int) -> Monorepo:
        """One whose content is always the same, so that an engine may have built it before."""
        if count not in self._known:
            self._known[count] = self._write(f"repository-{count}", count, salt="")
        return self._known[count]

    def fresh_monorepo(self, count: int) -> Monorepo:
        """One that no engine has seen: nothing of it is in a cache."""
        salt = uuid4().hex
        return self._write(f"repository-{salt}", count, salt=salt)

    def clean(self) -> None:
        """Take all images of monorepos off the engine."""
        names = f"{monorepo.NAMESPACE}/"
        self.engine.remove(self.engine.tags(names))
        self.engine.remove(self.engine.nameless("io.airbyte.name", names))

    def _write(self, name: str, count: int, *, salt: str) -> Monorepo:
        images = monorepo.plan(count, salt=salt)
        folder = self.folder / name
        monorepo.write(folder, images)
        return Monorepo(folder=folder, images=images)


def tag(image: monorepo.Image) -> str:
    """What the image is called on the engine."""
    return f"{image.repository}:{LOCAL_TAG}"


INVOKE = str(Path(sys.executable).with_name("invoke"))


def invoke(repository: Monorepo, *arguments: str, host: str | None = None) -> str:
    """Run a task on it, with the engine at `host` where one is given; give what it printed.

    Raises:
        CommandFailedError: it failed.
    """
    other = {"DOCKER_HOST": host} if host else {}
    return run((INVOKE, *arguments), PROJECT, environment(repository.folder) | other)


def environment(root: Path) -> dict[str, str]:
    """That of a task on the repository there: nobody's settings."""
    own = {name: value for name, value in usual().items() if not name.startswith("INVOKE_")}
    return own | {"INVOKE_ROOT": str(root)}


def usual() -> dict[str, str]:
    """That of any command: containers often forbid Python its byte code, which takes seconds."""
    return {n: value for n, value in os.environ.items() if n != "PYTHONDONTWRITEBYTECODE"}


def bare_interpreter(folder: Path) -> None:
    """Import what no task can do without, and end."""
    run((sys.executable, "-c", "import invoke"), folder)


def run(command: tuple[str, ...], folder: Path, environment: dict[str, str] | None = None) -> str:
    """Run a command in a folder; give what it printed.

    Raises:
        CommandFailedError: it failed.
    """
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment or usual(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        text=True,
    )
    if done.returncode:
        raise CommandFailedError(f"{' '.join(command)}: {done.stdout[-2000:]}")
    return done.stdout
