"""The workflows for GitHub, run as they are, on a scratch repository with a real registry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import repositories
import requests
from act import Act, Acted
from docker_registry import docker_registry
from publishing_yard import SAYS, PublishingYard
from yard import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

    from yard import Yard

pytestmark = pytest.mark.engine

PLAN, CHECK, COLLECT = "connectors/Plan", "connectors/Check", "connectors/Connectors"
SHARD = "connectors/Connectors 1 of 1"


SCRATCH_CODE = """\
[project]
name = "scratch"
version = "1"
optional-dependencies.dev = []

[tool.setuptools]
py-modules = ["test_code"]

[tool.ruff]
extend-exclude = ["tasks.py", "development.py"]

[tool.mypy]
files = ["test_code.py"]

[tool.pytest.ini_options]
markers = ["engine"]
"""
CODE = """\
import pytest


@pytest.mark.engine
def test_with_an_engine() -> None:
    pass


"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scratch:
    """A repository with a base and two sources, one on the base, and who merges into it."""

    house: PublishingYard
    act: Act

    def pull_request(self, *changes: dict[str, str]) -> Acted:
        """Open one with these changes, and let its workflow run."""
        self.house.commit(*changes)
        payload = {"pull_request": {"number": 7, "base": {"ref": "main"}, "head": {"ref": "work"}}}
        return self.act.run("pull_request", "connectors.yml", payload)

    def changed(self, name: str, version: str, **others: str) -> dict[str, str]:
        """Files of a source that does the same in another way."""
        return self.house.connector(name, version, says=f"{SAYS}; :", **others)

    def runs(self) -> set[str]:
        """The artifacts of the last run."""
        return {folder.name for folder in self.act.kept("artifacts").iterdir()}

    def merge(self) -> Acted:
        """Merge what there is, and let what follows run."""
        repositories.git(self.house.yard.root, "push", "--quiet", "origin", "HEAD:main")
        repositories.git(self.house.yard.root, "fetch", "--quiet", "origin")
        return self.act.run("push", "publish.yml", {"ref": "refs/heads/main"})


def shown(name: str, result: str) -> str:
    """How a row of the page of a run begins."""
    return f"<tr><td><code>{name}</code><td>{result}<td>"


@pytest.fixture
def scratch(yard: Yard, shell: str, tmp_path: Path) -> Iterator[Scratch]:
    with docker_registry() as registry:
        host = registry.url.removeprefix("http://")
        house = PublishingYard(yard=yard, shell=shell, host=host)
        act = Act(
            root=yard.root,
            folder=tmp_path / "runner",
            environment=yard.environment(),
            variables={
                "REGISTRY": host,
                "CACHE_REGISTRY": f"{host}/cache",
                "PULL_REQUEST_CACHE": f"{host}/pull-requests",
            },
        )
        act.install()
        house.commit(
            {"tasks.py": (PROJECT / "tasks.py").read_text()},
            {"invoke.yaml": f"namespace: {yard.namespace}\n"},
            house.base("base-a"),
            house.connector("source-b", on="base-a"),
            house.connector("source-c"),
        )
        repositories.git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", "origin")
        repositories.git(yard.root, "remote", "add", "origin", str(tmp_path / "origin"))
        repositories.git(yard.root, "push", "--quiet", "origin", "main")
        repositories.git(yard.root, "fetch", "--quiet", "origin")
        yield Scratch(house=house, act=act)


def test_a_pull_request_of_one_connector_is_tested_and_then_published_with_the_catalog(
    scratch: Scratch,
) -> None:
    proposed = scratch.pull_request(scratch.changed("source-c", "0.1.1"))
    assert proposed.code == 0, str(proposed)
    assert set(proposed.jobs()) == {PLAN, CHECK, SHARD, COLLECT}
    assert shown("source-c", "✅ done") in proposed.summary()
    assert "runners" not in proposed.summary()
    assert scratch.runs() == {"run-connectors-1 of 1", "timeline"}
    merged = scratch.merge()
    assert merged.code == 0, str(merged)
    assert set(merged.jobs().values()) == {"success"}
    assert all(shown(name, "✅ done") in merged.summary() for name in ("base-a", "source-c"))
    assert scratch.house.versions("source-c").keys() == {"0.1.1", "latest"}
    listed = json.loads(scratch.act.kept("pages", "registry.json").read_text())
    assert [source["dockerImageTag"] for source in listed["sources"]] == ["0.1.0", "0.1.1"]


@pytest.mark.long
@pytest.mark.parametrize("change", [{}, {"README.md": "Read me.\n"}])
def test_a_pull_request_that_concerns_no_image_starts_no_shard_and_passes(
    scratch: Scratch, change: dict[str, str]
) -> None:
    proposed = scratch.pull_request(change)
    assert proposed.code == 0, str(proposed)
    assert proposed.jobs() == dict.fromkeys((PLAN, CHECK, COLLECT), "success")


@pytest.mark.long
def test_a_base_comes_before_what_stands_on_it_in_shards_by_past_durations(
    scratch: Scratch,
) -> None:
    slow = {f"build {name}": 90 for name in ("base-a", "source-b", "source-d")}
    repositories.write(
        scratch.act.kept("cache"), {"durations-1": json.dumps({"format": 1, "seconds": slow})}
    )
    proposed = scratch.pull_request(
        scratch.house.base("base-a", "0.1.1", says="echo"),
        scratch.changed("source-b", "0.1.1", on="base-a"),
        scratch.changed("source-d", "0.1.0", on="base-a"),
    )
    assert proposed.code == 0, str(proposed)
    first, *shards, last = list(proposed.jobs())[2:]
    assert (first, sorted(shards), last) == (
        "connectors/Bases 1 of 1",
        ["connectors/Connectors 1 of 2", "connectors/Connectors 2 of 2"],
        COLLECT,
    )
    records = {"run-bases-1 of 1", "run-connectors-1 of 2", "run-connectors-2 of 2"}
    assert scratch.runs() == {*records, "timeline"}


@pytest.mark.long
def test_what_is_merged_is_built_once_for_everybody(scratch: Scratch) -> None:
    before = repositories.git(scratch.house.yard.root, "rev-parse", "HEAD").strip()
    scratch.house.commit(scratch.changed("source-b", "0.1.1", on="base-a"))
    shared = scratch.act.run("push", "cache.yml", {"ref": "refs/heads/main", "before": before})
    assert shared.jobs() == {"cache/Share": "success"}, str(shared)
    catalog = requests.get(f"http://{scratch.house.host}/v2/_catalog", timeout=60).json()
    assert catalog["repositories"] == ["cache/base-a", "cache/source-b"]


@pytest.mark.long
def test_a_connector_that_does_not_build_is_annotated_at_its_line_and_fails_the_last_job(
    scratch: Scratch,
) -> None:
    broken = scratch.changed("source-c", "0.1.1", more="COPY missing /\n")
    proposed = scratch.pull_request(broken, scratch.changed("source-b", "0.1.1", on="base-a"))
    assert proposed.code == 1, str(proposed)
    assert proposed.jobs()[COLLECT] == "failure"
    build, job = proposed.annotations()
    assert "file=connectors/source-c/Dockerfile,line=7," in build
    assert job == "::error::the job `connectors` failed"
    assert shown("source-c", "❌ failed (build)") in proposed.summary()
    assert shown("source-b", "✅ done") in proposed.summary()


@pytest.mark.long
def test_a_version_that_is_published_with_other_content_is_told_before_and_after_the_merge(
    scratch: Scratch,
) -> None:
    published = scratch.merge()
    assert published.code == 0, str(published)
    before = scratch.house.versions("source-c")
    proposed = scratch.pull_request(scratch.changed("source-c", "0.1.0"))
    assert proposed.jobs()[CHECK] == proposed.jobs()[COLLECT] == "failure", str(proposed)
    assert "connectors/source-c" in "".join(proposed.annotations())
    merged = scratch.merge()
    assert merged.jobs()["publish/Publish"] == "failure"
    assert "with other content: `program` changed" in merged.output()
    assert scratch.house.versions("source-c") == before


@pytest.mark.long
def test_who_publishes_by_hand_publishes_what_is_named(scratch: Scratch) -> None:
    named = {"ref": "refs/heads/main", "inputs": {"connectors": "source-c,source-x*"}}
    refused = scratch.act.run("workflow_dispatch", "publish.yml", named)
    assert refused.jobs()["publish/Publish"] == "failure", str(refused)
    assert "source-x*" in refused.output()
    named["inputs"] = {"connectors": "source-c"}
    published = scratch.act.run("workflow_dispatch", "publish.yml", named)
    assert published.code == 0, str(published)
    assert scratch.house.versions("source-c").keys() == {"0.1.0", "latest"}
    assert not scratch.house.versions("source-b")


@pytest.mark.long
@pytest.mark.parametrize(("assertion", "result"), [("True", "success"), ("False", "failure")])
def test_ci_runs_linters_and_tests_of_the_code(
    yard: Yard, tmp_path: Path, assertion: str, result: str
) -> None:
    # Nothing is installed on who runs this; and, as pip reads it, `0` is without isolation.
    environment = {**yard.environment(), "PIP_DRY_RUN": "1", "PIP_NO_BUILD_ISOLATION": "0"}
    act = Act(root=yard.root, folder=tmp_path / "runner", environment=environment, variables={})
    act.install("ci.yml")
    files = ("tasks.py", "development.py", ".ci/run")
    yard.commit({name: (PROJECT / name).read_text() for name in files})
    yard.commit(
        {
            "pyproject.toml": SCRATCH_CODE,
            "connectors/.gitkeep": "",
            "test_code.py": CODE + f"def test_it() -> None:\n    assert {assertion}\n",
        }
    )
    pushed = act.run("push", "ci.yml", {"ref": "refs/heads/main"}, "--matrix=python:3.11")
    # to act, all jobs of a matrix failed when one did
    assert pushed.jobs()["ci/Linters and types"] == "success", str(pushed)
    assert pushed.jobs()["ci/Python 3.11, not engine"] == result, str(pushed)
    assert len(pushed.jobs()) == 3
