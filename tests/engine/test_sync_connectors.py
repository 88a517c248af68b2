"""The connectors of this repository: every row arrives once, whatever is killed on the way.

`SYNC_KILLS=10` in the environment kills ten times; `SYNC_SEED` chooses the moments.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import engine_under_test
import pytest
from yard import PROJECT

from build_config.sandbox.owner import RUN_LABEL

if TYPE_CHECKING:
    from engine_under_test import Engine

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]

ROWS = 100_000
KILLS = int(os.environ.get("SYNC_KILLS", "3"))
SEED = int(os.environ.get("SYNC_SEED", "1"))
LONGEST_SECONDS = 8.0
"""A whole sync takes about as long; so a kill hits its start, its middle or its end."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """A file of rows on one side, a database on the other."""

    folder: Path
    environment: Mapping[str, str]

    @property
    def command(self) -> list[str]:
        """What a person would type."""
        return [
            *(sys.executable, "-m", "invoke", "sync"),
            *("--source=source-file", "--destination=destination-sqlite", "--network=none"),
            f"--source-config={self.folder}/source.json",
            f"--destination-config={self.folder}/destination.json",
            f"--source-mount={self.folder}/in:/in",
            f"--destination-mount={self.folder}/out:/out",
            f"--state={self.folder}/state.json",
            "--progress=json",
        ]

    def start(self) -> subprocess.Popen[str]:
        """In a process group of its own."""
        return subprocess.Popen(
            self.command,
            cwd=PROJECT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def finish(self) -> None:
        """Sync to the end, which must be a good one."""
        with self.start() as process:
            out, err = process.communicate()
        assert process.returncode == 0, f"{out}\n{err}"

    def rows(self) -> list[tuple[int, str, float]]:
        """What the destination has."""
        connection = sqlite3.connect(self.folder / "out" / "warehouse.sqlite")
        try:
            found = connection.execute("SELECT id, name, score FROM users ORDER BY id").fetchall()
        finally:
            connection.close()
        return found


def expected() -> list[tuple[int, str, float]]:
    return [(number, f"näme, {number}", number * 1.5) for number in range(ROWS)]


@pytest.fixture
def job(tmp_path: Path, engine: Engine) -> Job:
    """Nothing is synced yet; the images are built."""
    assert engine.client.ping()
    for name in ("in", "out"):
        (tmp_path / name).mkdir()
        (tmp_path / name).chmod(0o777)
    with (tmp_path / "in" / "users.csv").open("w", encoding="utf-8") as file:
        file.write("id,name,score\n")
        file.writelines(f'{number},"{name}",{score}\n' for number, name, score in expected())
    stream = {"name": "users", "location": "/in/users.csv", "format": {"format_type": "csv"}}
    (tmp_path / "source.json").write_text(json.dumps({"streams": [stream]}))
    (tmp_path / "destination.json").write_text(json.dumps({"path": "/out/warehouse.sqlite"}))
    for folder in (tmp_path, *tmp_path.parents):
        if folder.is_relative_to(Path("/tmp")) and folder != Path("/tmp"):  # noqa: S108 - pytest's
            folder.chmod(folder.stat().st_mode | 0o011)
    environment = {**os.environ, "INVOKE_ROOT": str(PROJECT)}
    environment["DOCKER_HOST"] = engine_under_test.ADDRESS
    build = [sys.executable, "-m", "invoke", "build"]
    wanted = "--connector=source-file,destination-sqlite"
    subprocess.run([*build, wanted], cwd=PROJECT, env=environment, check=True)
    return Job(folder=tmp_path, environment=environment)


def test_every_row_arrives_and_a_second_sync_moves_nothing(job: Job) -> None:
    job.finish()
    assert job.rows() == expected()
    with job.start() as process:
        out, _ = process.communicate()
    assert json.loads(out.splitlines()[-1])["records"] == 0
    assert job.rows() == expected()


@pytest.mark.long
def test_kills_at_random_moments_lose_and_double_nothing(job: Job, engine: Engine) -> None:
    chance = random.Random(SEED)  # noqa: S311 - repeatable, not secret
    for number in range(KILLS):
        seconds, victim = chance.uniform(0, LONGEST_SECONDS), chance.choice(("us", "a", "b"))
        with job.start() as process:
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                kill(process, victim, engine)
            out, err = process.communicate()
        assert process.returncode in {0, 1, -signal.SIGKILL}, f"kill {number}: {out}\n{err}"
    job.finish()
    assert job.rows() == expected()


def kill(process: subprocess.Popen[str], victim: str, engine: Engine) -> None:
    """Us without a warning, or one of the two containers behind our back."""
    if victim == "us":
        os.killpg(process.pid, signal.SIGKILL)
        return
    name = {"a": "source-file", "b": "destination-sqlite"}[victim]
    image = engine.id(f"connectoryard/{name}:dev")
    api = engine.client.api
    for row in api.containers(filters={"label": RUN_LABEL}):
        owner = row["Labels"].get("dev.connectoryard.process", "")
        if row["ImageID"] == image and owner.startswith(f"{process.pid} "):
            api.kill(row["Id"])
