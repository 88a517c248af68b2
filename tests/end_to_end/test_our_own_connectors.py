"""This repository: every connector is tested, and all of it published, by the tasks themselves."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
import repositories
from debian_packages import install
from docker_registry import docker_registry

if TYPE_CHECKING:
    from engine_under_test import Engine

PROJECT = Path(__file__).resolve().parents[2]
CONNECTORS = {path.name for path in (PROJECT / "connectors").iterdir() if path.name != "bases"}


@pytest.mark.engine
@pytest.mark.timeout(900)
def test_every_connector_passes_its_tests(tmp_path: Path, engine: Engine) -> None:
    """Servers are installed and started beside the tests, as `x-service` says.

    What passed is on record for the very image: publishing asks for it.
    """
    junit = tmp_path / "junit.xml"
    command = (sys.executable, "-m", "invoke", "test", "--progress=plain", f"--junit={junit}")
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    suites = {suite.get("name"): suite for suite in ET.parse(junit).getroot()}  # noqa: S314 - ours
    assert suites.keys() >= CONNECTORS
    for name in CONNECTORS:
        cases = suites[name].findall("testcase")
        assert len(cases) >= 20, name
        assert not suites[name].findall("testcase/failure"), name
        image = engine.id(f"connectoryard/{name}:dev").removeprefix("sha256:")
        record = json.loads((PROJECT / ".yard" / "tests" / f"{image}.json").read_text())
        assert record["tests"]["acceptance"]["passed"], name


def copied(root: Path) -> Path:
    """The sources as they lie here, in a repository of their own; tests that passed stay passed."""
    listed = repositories.git(
        PROJECT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"
    )
    for path in filter(None, listed.split("\0")):
        if (PROJECT / path).is_file():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / path, root / path)
    repositories.new_repository(root, {})
    shutil.copytree(PROJECT / ".yard" / "tests", root / ".yard" / "tests")
    return root


def invoke(root: Path, host: str, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "INVOKE_REGISTRY": host,
        "INVOKE_PUBLISH_ALLOW_BOOTSTRAPPED_BASES": "1",
        "XDG_STATE_HOME": str(root.parent / "state"),
        "COLUMNS": "200",
    }
    command = [sys.executable, "-m", "invoke", *words]
    return subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, check=False
    )


def seen_by_skopeo(host: str, repository: str, tag: str) -> dict[str, Any]:
    """What an independent client sees of an image."""
    install("skopeo", is_there=lambda: bool(shutil.which("skopeo")), left_out_by="not published")
    command = ["skopeo", "inspect", "--tls-verify=false", f"docker://{host}/{repository}:{tag}"]
    seen = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    document: dict[str, Any] = json.loads(seen)
    return document


@pytest.mark.engine
@pytest.mark.timeout(1800)
def test_all_of_it_is_published_then_nothing_then_a_base_and_what_stands_on_it(
    tmp_path: Path,
) -> None:
    root = copied(tmp_path / "repository")
    with docker_registry() as registry:
        host = registry.url.removeprefix("http://")
        first = invoke(root, host, "publish", "--progress=plain")
        assert first.returncode == 0, first.stdout + first.stderr
        again = invoke(root, host, "publish")
        assert again.returncode == 0, again.stdout + again.stderr
        assert again.stdout.startswith("everything is published: ")
        bumped = invoke(
            root, host, "bump", "--connector=base-declarative", "--part=minor", "--dependents"
        )
        assert bumped.returncode == 0, bumped.stdout + bumped.stderr
        repositories.git(root, "commit", "--quiet", "--all", "--message=bump")
        third = invoke(root, host, "publish", "--progress=plain")
        assert third.returncode == 0, third.stdout + third.stderr
        assert "published 2, " in third.stdout
        written = invoke(root, host, "catalog", f"--output={tmp_path / 'catalog'}")
        assert written.returncode == 0, written.stdout + written.stderr
        catalog = json.loads((tmp_path / "catalog" / "registry.json").read_text())
        entries = [*catalog["sources"], *catalog["destinations"]]
        assert {entry["dockerRepository"].rpartition("/")[2] for entry in entries} == CONNECTORS
        for entry in entries:
            path = entry["dockerRepository"].removeprefix(f"{host}/")
            for tag in (entry["dockerImageTag"], "latest"):
                seen = seen_by_skopeo(host, path, tag)
                assert seen["Digest"] == entry["dockerImageDigest"], path
            assert seen["Labels"]["io.airbyte.version"] == entry["dockerImageTag"]
