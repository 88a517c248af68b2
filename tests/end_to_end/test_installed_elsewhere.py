"""An empty repository and a wheel of ours: from the first connector to its publication."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import repositories
from docker_registry import docker_registry
from publishing_yard import PublishingYard
from wheel import TASKS, build_wheel
from yard import Finished, Yard

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [pytest.mark.engine, pytest.mark.long]

IGNORED = ".yard/\nsecrets/\n"
SETTINGS = """\
namespace: {namespace}
definitions: {{source: definitions/sources.yaml, destination: definitions/destinations.yaml}}
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a fresh environment that has our wheel and what that asks for."""
    folder = tmp_path_factory.mktemp("elsewhere")
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    interpreter = folder / "venv" / "bin" / "python"
    wheel = build_wheel(folder)
    subprocess.run([interpreter, "-m", "pip", "install", "--quiet", wheel], check=True)
    return interpreter


@pytest.fixture
def invoke(python: Path, yard: Yard) -> Callable[..., Finished]:
    """Run it as whoever works in the repository does; the settings are those of its files."""
    kept = {k: v for k, v in yard.environment().items() if not k.startswith("INVOKE_")}
    environment = {**kept, "INVOKE_PUBLISH_ALLOW_BOOTSTRAPPED_BASES": "1"}

    def run(*words: str) -> Finished:
        done = subprocess.run(
            [python, "-m", "invoke", *words],
            cwd=yard.root,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=280,
        )
        return Finished(code=done.returncode, out=done.stdout, err=done.stderr)

    return run


@pytest.mark.timeout(900)
def test_a_wheel_takes_an_empty_repository_from_generate_to_publish(
    invoke: Callable[..., Finished], yard: Yard
) -> None:
    yard.commit(
        {
            "tasks.py": TASKS,
            "invoke.yaml": SETTINGS.format(namespace=yard.namespace),
            ".gitignore": IGNORED,
        }
    )
    with docker_registry() as registry:
        host = registry.url.removeprefix("http://")
        generated = invoke("generate", "--template=source-python", "--name=foo")
        assert generated.code == 0, str(generated)
        assert not (yard.root / "build_config").exists()
        yard.commit({})
        for words in (("check",), ("build",), ("test",), ("publish", f"--registry={host}")):
            finished = invoke(*words)
            assert finished.code == 0, str(finished)
        house = PublishingYard(yard=yard, shell="", host=host)
        for name in ("base-python", "source-foo"):
            assert house.versions(name).keys() == {"0.1.0", "latest"}
        again = invoke("publish", f"--registry={host}")
        assert again.out.startswith("everything is published: 2 images"), str(again)
    assert repositories.git(yard.root, "status", "--short") == ""
