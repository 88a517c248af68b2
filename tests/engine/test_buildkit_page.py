from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import tiny_build

pytestmark = pytest.mark.engine
ROOT = Path(__file__).parents[2]


def test_the_example_of_the_page_runs_as_it_is() -> None:
    page = (ROOT / "docs" / "buildkit-from-python.md").read_text()
    [example] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    environment = {**os.environ, "DOCKER_HOST": tiny_build.DOCKER_HOST}
    command = [sys.executable, "-W", "error", "-X", "dev", "-c", example]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, check=False)
    with tiny_build.engine() as client:
        client.images.remove("buildkit-example:dev")
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"VertexFinished" in done.stdout
    assert done.stdout.splitlines()[-1].startswith(b"sha256:")
