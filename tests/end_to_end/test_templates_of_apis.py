"""The templates of REST APIs: what they share is the same, and each way to log in is a good one."""

from __future__ import annotations

import json
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest
import requests
from test_templates import TEMPLATES, copied, run
from yard import Yard

NAMES = ("source-http-api", "source-declarative")
SHARED = "connector/integration_tests"


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Yard:
    """A repository with a connector of each template that sends an API key."""
    folder = tmp_path_factory.mktemp("apis")
    made = copied(folder / "repository", folder / "home")
    for template in NAMES:
        words = (
            f"--template={template}",
            f"--name=of-{template}",
            "--answer=authentication=api_key",
        )
        finished = made.invoke("generate", *words)
        assert finished.code == 0, str(finished)
    made.commit({})
    return made


@contextmanager
def serving(script: Path, folder: Path) -> Iterator[IO[str]]:
    """What a sample API says that runs for the length of a `with`."""
    with subprocess.Popen(
        [sys.executable, script, folder], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout
        finally:
            process.terminate()


def test_both_bring_the_same_sample_api() -> None:
    trees = [
        {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        for root in (TEMPLATES / name / SHARED for name in NAMES)
    ]
    assert trees[0] == trees[1] != {}


def test_check_and_ruff_have_nothing_to_say_of_an_api_key(yard: Yard) -> None:
    finished = yard.invoke("check", "--no-gradle")
    assert finished.code == 0, str(finished)
    run("ruff", "check", "--no-cache", "connectors", folder=yard.root)
    run("ruff", "format", "--no-cache", "--check", "connectors", folder=yard.root)


def test_a_second_run_of_the_tests_has_an_api_of_its_own_after_the_first(
    yard: Yard, tmp_path: Path
) -> None:
    """The configs have fixed names: two runs at once would read each other's."""
    (connector, *_) = sorted(yard.root.glob("connectors/source-of-*"))
    script, folder = connector / "integration_tests" / "sample_api.py", tmp_path / "acceptance"
    with serving(script, folder) as first:
        assert first.readline().startswith("ready")
        with serving(script, folder) as second:
            assert not select.select([second], [], [], 0.5)[0]
            assert answered(folder, "config") == [429, 500, 200]
            assert answered(folder, "wrong_key") == [401, 401, 401]
            first_config = (folder / "config.json").read_text()
    # the second one ends first, having waited in vain; a third one is alone
    assert not folder.exists()
    with serving(script, folder) as third:
        assert third.readline().startswith("ready")
        assert (folder / "config.json").read_text() != first_config


def answered(folder: Path, name: str) -> list[int]:
    """The statuses of three requests with a config of this name."""
    config = json.loads((folder / f"{name}.json").read_text())
    headers = {"X-API-Key": config["api_key"]}
    address = f"{config['api_url']}/tasks"
    return [requests.get(address, headers=headers, timeout=60).status_code for _ in range(3)]
