"""A repository and an event in, what GitHub's jobs would do, and show, out; `act` is the runner.

The workflows are those of this project. Actions that would have to be fetched are replaced by
those in `end_to_end/actions/`; the jobs run as processes of this machine, each in its own copy of
the repository.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yard import PROJECT

STAND_INS = PROJECT / "tests" / "end_to_end" / "actions"
WORKFLOWS = PROJECT / ".github" / "workflows"
_PIN = re.compile(r"([\w-]+)/([\w-]+)(?:/[\w/-]+)?@([0-9a-f]{40})")


@dataclass(frozen=True, kw_only=True, slots=True)
class Acted:
    """A run of workflows.

    Attributes:
        lines: what the runner told of it, as it does with `--json`.
    """

    code: int
    lines: tuple[dict[str, Any], ...]

    def jobs(self) -> dict[str, str]:
        """Result by name, without the number that a job of a matrix has."""
        ended = [line for line in self.lines if "jobResult" in line]
        return {_name(line): str(line["jobResult"]) for line in ended}

    def output(self) -> str:
        """What the jobs printed."""
        return "".join(str(line["msg"]) for line in self.lines if line.get("raw_output"))

    def annotations(self) -> list[str]:
        """What GitHub shows beside a file, or on the page of the run."""
        return [str(line["raw"]).strip() for line in self.lines if line.get("command") == "error"]

    def summary(self) -> str:
        """The page of the run."""
        told = [line for line in self.lines if line.get("command") == "summary"]
        return "\n".join(str(line["content"]) for line in told)

    def __str__(self) -> str:
        """For the message of an assertion that does not hold."""
        told = [f"[{_name(line)}] {str(line.get('msg')).rstrip()}" for line in self.lines]
        return "\n".join([f"exit code {self.code}", *told])


@dataclass(frozen=True, kw_only=True, slots=True)
class Act:
    """A runner for one repository.

    Attributes:
        root: of the repository.
        folder: for all that it keeps: copies, artifacts, caches.
        environment: of it, and but for our settings, which the repository has, of its jobs.
        variables: of the repository, as its settings have them.
    """

    root: Path
    folder: Path
    environment: Mapping[str, str]
    variables: Mapping[str, str]

    def install(self, *names: str) -> None:
        """Put these workflows into the repository, or all; act does not know `$/`."""
        target = self.root / ".github" / "workflows"
        target.mkdir(parents=True, exist_ok=True)
        for file in [WORKFLOWS / name for name in names] or WORKFLOWS.iterdir():
            (target / file.name).write_text(file.read_text().replace("uses: $/", "uses: ./"))
        shutil.copy(STAND_INS / "install" / "action.yml", self.root / "action.yml")

    def run(self, event: str, workflow: str, payload: Mapping[str, Any], *words: str) -> Acted:
        """Run what a workflow does on an event.

        Args:
            event: such as `pull_request`.
            workflow: name of its file.
            payload: of the event.
            words: further flags for act.
        """
        shutil.rmtree(self.kept("artifacts"), ignore_errors=True)
        self.folder.mkdir(exist_ok=True)
        file = self.folder / "event.json"
        file.write_text(json.dumps(payload))
        done = subprocess.run(
            [
                *("act", event, "--json", f"--eventpath={file}", "--no-cache-server"),
                f"--workflows={self.root / '.github' / 'workflows' / workflow}",
                f"--action-cache-path={self.folder / 'act'}",
                *("--platform", "ubuntu-latest=-self-hosted"),
                *(f"--local-repository={pin}={where}" for pin, where in _stand_ins().items()),
                *(f"--var={name}={value}" for name, value in self.variables.items()),
                *(f"--env={name}={value}" for name, value in self._for_jobs().items()),
                *words,
            ],
            cwd=self.root,
            env={k: v for k, v in self.environment.items() if not k.startswith("INVOKE_")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=280,
        )
        lines = (json.loads(line) for line in done.stdout.splitlines() if line.startswith("{"))
        return Acted(code=done.returncode, lines=tuple(lines))

    def kept(self, *parts: str) -> Path:
        """Where the stand-ins keep things: artifacts, cache, pages."""
        return self.folder.joinpath("kept", *parts)

    def _for_jobs(self) -> dict[str, str]:
        # In the path first, as an installed package is: a repository may have a `build_config` too.
        return {
            "STAND_INS": str(self.kept()),
            "PYTHONPATH": str(PROJECT),
            **{name: self.environment[name] for name in ("HOME", "DOCKER_HOST")},
        }


def _stand_ins() -> dict[str, Path]:
    """`owner/name@commit` -> folder, of all that the workflows use and act itself does not know."""
    found = {}
    for file in WORKFLOWS.iterdir():
        for owner, name, commit in _PIN.findall(file.read_text()):
            if (STAND_INS / name).is_dir():
                found[f"{owner}/{name}@{commit}"] = STAND_INS / name
    return found


def _name(line: Mapping[str, Any]) -> str:
    return re.sub(r"(-\d+)?\s*$", "", str(line.get("job", "")))
