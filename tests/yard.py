"""A tiny repository and the words after `invoke` in; what a user would see, and find, out."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import repositories

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).resolve().parent.parent
NOBODY = "unix:///nonexistent/engine.sock"
"""An address at which no engine answers."""

# What changes the answers of the programs under test; a test that wants one sets it itself.
_FOREIGN = ("INVOKE_", "DOCKER_", "GITHUB_", "GIT_", "BUILDKIT_", "PYTEST_")


@dataclass(frozen=True, kw_only=True, slots=True)
class Finished:
    """How a run of `invoke` ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """What it printed, as one JSON document."""
        return json.loads(self.out)

    def events(self) -> list[dict[str, Any]]:
        """What it printed, as one JSON object per line."""
        return [json.loads(line) for line in self.out.splitlines()]

    def __str__(self) -> str:
        """For the message of an assertion that does not hold."""
        return f"exit code {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Yard:
    """A repository below a temporary directory, on which `invoke` runs as a process of its own.

    Attributes:
        root: of the repository.
        home: home directory of whoever runs `invoke`: nothing of the real one has a say.
        namespace: first part of its image names, unique in the world.
        engine: the DOCKER_HOST that `invoke` gets.
        layout: where connectors and bases are.
    """

    root: Path
    home: Path
    namespace: str
    engine: str
    layout: Mapping[str, str] = field(
        default_factory=lambda: {"connectors": "connectors", "bases": "connectors/bases"}
    )

    def image(self, name: str) -> str:
        """The reference under which `invoke build` leaves the image of the directory `name`."""
        return f"{self.namespace}/{name}:dev"

    def write(self, files: Mapping[str, str]) -> None:
        """Write files, by path below the root."""
        repositories.write(self.root, dict(files))

    def commit(self, files: Mapping[str, str]) -> None:
        """Write files and commit all there is; makes it a git repository."""
        self.write(files)
        if not (self.root / ".git").exists():
            repositories.new_repository(self.root, {})
        repositories.git(self.root, "add", "--all")
        repositories.git(self.root, "commit", "--quiet", "--allow-empty", "--message=more")

    def settings(self, text: str) -> None:
        """Write `~/.invoke.yaml`."""
        self.home.mkdir(exist_ok=True)
        (self.home / ".invoke.yaml").write_text(text)

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """Everything that the process gets to know."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(_FOREIGN)}
        return {
            **kept,
            "HOME": str(self.home),
            "COLUMNS": "200",
            "DOCKER_HOST": self.engine,
            "INVOKE_ROOT": str(self.root),
            "INVOKE_NAMESPACE": self.namespace,
            **{f"INVOKE_LAYOUT_{key.upper()}": path for key, path in self.layout.items()},
            **(extra or {}),
        }

    def invoke(
        self,
        *words: str,
        environment: Mapping[str, str] | None = None,
        within: float = 240,
        by: tuple[str, ...] = (),
    ) -> Finished:
        """Run `invoke` with these words to its end.

        Args:
            words: the task and its flags.
            environment: in addition, or instead.
            within: seconds after which it has hung.
            by: a command to run it with, such as `setpriv`.
        """
        done = subprocess.run(
            [*by, sys.executable, "-m", "invoke", *words],
            cwd=PROJECT,
            env=self.environment(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=within,
        )
        return Finished(code=done.returncode, out=done.stdout.decode(), err=done.stderr.decode())

    def build(self, *words: str) -> list[str]:
        """Run `invoke build`, which must succeed; the images that it built, as they ended."""
        finished = self.invoke("build", "--progress=json", *words)
        if finished.code != 0:
            raise AssertionError(str(finished))
        return [
            event["key"].removeprefix("build ")
            for event in finished.events()
            if event["event"] == "step_finished" and event["outcome"] == "done"
        ]

    def plan(self, *words: str) -> dict[str, tuple[str, str]]:
        """Action and reason by name, in build order."""
        finished = self.invoke("build", "--dry-run", "--progress=json", *words)
        if finished.code != 0:
            raise AssertionError(str(finished))
        return {row["name"]: (row["action"], row["reason"]) for row in finished.json()}

    @contextmanager
    def started(self, *words: str) -> Iterator[Running]:
        """Start `invoke` in a process group of its own, as a shell does; killed at the end."""
        process = subprocess.Popen(
            [sys.executable, "-m", "invoke", *words],
            cwd=PROJECT,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        with process:
            try:
                yield Running(process=process)
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)


@dataclass(frozen=True, kw_only=True, slots=True)
class Running:
    """An `invoke` that has not ended yet."""

    process: subprocess.Popen[str]
    read: list[str] = field(default_factory=list)
    noted: list[str] = field(default_factory=list)

    def wait_for(self, text: str) -> str:
        """Read its output up to a line that contains `text`; the line."""
        return _read_up_to(text, self.process.stdout, self.read)

    def wait_for_note(self, text: str) -> str:
        """The same on standard error."""
        return _read_up_to(text, self.process.stderr, self.noted)

    def interrupt(self, number: signal.Signals = signal.SIGINT) -> None:
        """Do what Ctrl-C does: a signal to the whole process group."""
        os.killpg(self.process.pid, number)

    def finish(self, within: float = 120) -> Finished:
        """Wait for its end."""
        out, err = self.process.communicate(timeout=within)
        said, noted = "".join(self.read) + out, "".join(self.noted) + err
        return Finished(code=self.process.returncode, out=said, err=noted)


def _read_up_to(text: str, stream: IO[str] | None, read: list[str]) -> str:
    if stream is None:
        raise AssertionError("its output is piped")
    for line in stream:
        read.append(line)
        if text in line:
            return line
    raise AssertionError(f"it ended without `{text}`: {''.join(read)}")
