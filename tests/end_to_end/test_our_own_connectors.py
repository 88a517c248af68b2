"""`invoke test` on this repository: every connector against the real thing that it talks to."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

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
