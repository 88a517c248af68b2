"""The workflows for GitHub: all that they run is what a person can type, and nothing is loose."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
import yaml
from command_lines import refused
from yard import PROJECT

from development import LINTERS

FOLDER = PROJECT / ".github"
FILES = [*sorted((FOLDER / "workflows").iterdir()), PROJECT / "action.yml"]
WORKFLOWS = FILES[:-1]
INSTALLS = ("pip install -e '.[dev]'", 'pip install "$GITHUB_ACTION_PATH"')
_PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A line `run: …` of a file."""

    file: str
    command: str


@cache
def read(name: str) -> dict[str, Any]:
    """The file of that name, as YAML; `on` is what YAML calls True."""
    file = next(file for file in FILES if file.name == name)
    return dict(yaml.safe_load(file.read_text(encoding="utf-8")))


def jobs(name: str) -> dict[str, Any]:
    return dict(read(name).get("jobs", {}))


def steps(name: str) -> list[dict[str, Any]]:
    """Of all jobs, or of the action."""
    listed = [job.get("steps", []) for job in jobs(name).values()]
    return [*read(name).get("runs", {}).get("steps", []), *(s for some in listed for s in some)]


def lines() -> list[Line]:
    return [
        Line(file=file.name, command=command)
        for file in FILES
        for step in steps(file.name)
        for command in str(step.get("run", "")).splitlines()
    ]


@pytest.mark.parametrize("line", lines(), ids=lambda line: f"{line.file}: {line.command}")
def test_all_that_is_run_is_a_task_with_its_flags_or_an_installation(line: Line) -> None:
    if line.command in INSTALLS:
        return
    assert line.command.startswith("invoke ")
    assert not re.search(r"[;|&<>`]|\$[^A-Z]", line.command), "a shell would do more than this"
    assert refused(line.command) is None


def test_a_task_or_flag_that_does_not_exist_is_found() -> None:
    assert refused("invoke tset") is not None
    assert refused("invoke test --conector=x") is not None


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_nothing_from_outside_gets_into_a_script(file: Any) -> None:
    assert not [step for step in steps(file.name) if "${{" in str(step.get("run", ""))]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_actions_are_pinned_or_our_own(file: Any) -> None:
    text = file.read_text(encoding="utf-8")
    for used in re.findall(r"^\s*(?:- )?uses: (.*)$", text, re.MULTILINE):
        if used.startswith("$/"):
            assert (PROJECT / used.removeprefix("$/")).exists()
        else:
            assert _PINNED.fullmatch(used), used


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_rights_are_given_job_by_job_and_every_job_ends(file: Any) -> None:
    assert read(file.name)["permissions"] == {}
    for job in jobs(file.name).values():
        assert isinstance(job["permissions"], dict)
        assert "uses" in job or job["timeout-minutes"] <= 240


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_no_checkout_leaves_its_credentials(file: Any) -> None:
    found = [step for step in steps(file.name) if "actions/checkout@" in step.get("uses", "")]
    assert all(step["with"]["persist-credentials"] is False for step in found)


def test_secrets_and_rights_to_write_are_where_no_pull_request_is() -> None:
    for file in WORKFLOWS:
        events = read(file.name)[True]  # type: ignore[index]  # YAML's `on`
        if "pull_request" in events:
            text = file.read_text(encoding="utf-8")
            assert "secrets." not in text
            wherever = text.count("CACHE_WRITE")
            assert wherever == text.count("CACHE_WRITE: ${{ vars.PULL_REQUEST_CACHE != '' }}")
            rights = [right for job in jobs(file.name).values() for right in job["permissions"]]
            assert set(rights) == {"contents"}


def test_publishing_is_protected_and_never_cut_short() -> None:
    assert jobs("publish.yml")["publish"]["environment"] == "release"
    assert read("publish.yml")["concurrency"]["cancel-in-progress"] is False


def test_a_run_that_waits_is_replaced_by_none_that_does_less() -> None:
    # GitHub keeps one waiting run of a group, the newest
    assert read("publish.yml")["concurrency"]["group"] == "publish-${{ inputs.connectors || '*' }}"
    assert read("cache.yml")["concurrency"]["group"] == "cache-${{ github.sha }}"


@pytest.mark.parametrize(
    ("file", "job", "setting"),
    [
        ("publish.yml", "publish", "INVOKE_REGISTRY"),
        ("cache.yml", "share", "INVOKE_CACHE_REGISTRY"),
    ],
)
def test_the_login_is_for_where_images_are_pushed(file: str, job: str, setting: str) -> None:
    found = jobs(file)[job]
    (login,) = (step for step in found["steps"] if "docker/login-action@" in step.get("uses", ""))
    assert login["with"]["registry"] == found["env"][setting]


def test_one_job_knows_of_all_others() -> None:
    listed = jobs("connectors.yml")
    assert set(listed["collect"]["needs"]) == set(listed) - {"collect"}
    assert listed["collect"]["if"] == "always()"


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("github-workflows", WORKFLOWS),
        ("github-actions", [PROJECT / "action.yml"]),
        ("dependabot", [FOLDER / "dependabot.yml"]),
    ],
)
def test_files_are_as_their_schema_says(schema: str, files: list[Any]) -> None:
    program = (sys.executable, "-m", "check_jsonschema", f"--builtin-schema=vendor.{schema}")
    done = subprocess.run([*program, *files], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_zizmor_finds_nothing_however_pedantic() -> None:
    (linter,) = (linter for linter in LINTERS if linter.startswith("zizmor "))
    done = subprocess.run(
        shlex.split(linter), cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
