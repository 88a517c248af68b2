"""What runs beside the acceptance tests, and what is said of one that does not."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from fakes import Told

from build_config.acceptance.service import beside
from build_config.errors import StepError


def run(*command: str, root: Path, seconds: float = 30.0, meanwhile: float = 0.0) -> Told:
    """Have the service run beside nothing at all, for so many seconds; what was told."""
    told = Told()

    async def nothing() -> None:
        async with beside(command, root, told, seconds=seconds):
            told.line("(the tests)")
            await asyncio.sleep(meanwhile)

    asyncio.run(nothing())
    return told


def failure(*command: str, root: Path, seconds: float = 30.0) -> str:
    """The message of a service that did not come up."""
    with pytest.raises(StepError) as caught:
        run(*command, root=root, seconds=seconds)
    assert "x-service" in caught.value.hint
    return str(caught.value)


def test_no_command_is_no_service(tmp_path: Path) -> None:
    assert run(root=tmp_path).lines == ["(the tests)"]


def test_the_tests_begin_when_it_is_ready(tmp_path: Path) -> None:
    told = run("sh", "-c", "echo warming up; echo ready to go; sleep 600", root=tmp_path)
    assert told.lines == ["warming up", "ready to go", "(the tests)"]


def test_it_runs_in_the_root_and_python_is_ours(tmp_path: Path) -> None:
    (tmp_path / "service.py").write_text("import build_config\nprint('ready')\n")
    assert run("python", "service.py", root=tmp_path).lines[0] == "ready"


def test_one_that_cannot_be_started(tmp_path: Path) -> None:
    expected = "`no-such-program` cannot be started: No such file or directory"
    assert failure("no-such-program", root=tmp_path) == expected


def test_one_that_ends_says_why(tmp_path: Path) -> None:
    said = failure("sh", "-c", "echo no disk; exit 3", root=tmp_path)
    assert said.endswith("ended before it was ready: no disk")
    assert failure("true", root=tmp_path).endswith("it said nothing")


def test_one_that_is_never_ready(tmp_path: Path) -> None:
    script = "echo still warming up; sleep 600"
    said = failure("sh", "-c", script, root=tmp_path, seconds=0.5)
    assert said.endswith("was not ready after 0 s: still warming up")


def test_a_flood_in_one_line_is_no_obstacle(tmp_path: Path) -> None:
    script = "head -c 300000 /dev/zero | tr '\\0' x; echo; echo ready; sleep 600"
    assert run("sh", "-c", script, root=tmp_path).lines[-2:] == ["ready", "(the tests)"]


def test_one_that_ends_too_early_is_told_of(tmp_path: Path) -> None:
    told = run("sh", "-c", "echo ready", root=tmp_path, meanwhile=0.5)
    assert told.lines[-1] == "`sh -c echo ready` ended before the tests did"


def test_an_error_of_the_tests_is_not_the_services(tmp_path: Path) -> None:
    async def fail() -> None:
        async with beside(("sh", "-c", "echo ready; sleep 600"), tmp_path, Told()):
            raise OSError(28, "the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        asyncio.run(fail())
