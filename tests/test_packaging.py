"""A wheel of this project has all that another repository needs: tasks, templates, and bases."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from wheel import TASKS, build_wheel
from yard import PROJECT


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What pip would install."""
    folder = tmp_path_factory.mktemp("wheel")
    with zipfile.ZipFile(build_wheel(folder)) as archive:
        archive.extractall(folder / "installed")
    return folder / "installed"


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_wheel_has_all_templates_hidden_files_too(installed: Path) -> None:
    there = files(installed / "build_config" / "templates")
    ours = files(PROJECT / "build_config" / "templates")
    assert {path for path in ours if "__pycache__" not in path} <= there
    assert "shared/connector/.gitignore" in there


def test_a_wheel_has_the_bases_and_nothing_that_tools_left(installed: Path) -> None:
    there = files(installed / "build_config" / "templates" / "bases")
    assert {"base-python/Dockerfile", "base-python/.dockerignore", "settings.gradle"} <= there
    assert not [path for path in files(installed) if "_cache" in path or path.endswith(".pyc")]


def invoke(installed: Path, root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run it in a repository whose `tasks.py` is as the README has it."""
    (root / "tasks.py").write_text(TASKS)
    return subprocess.run(
        [sys.executable, "-m", "invoke", *words],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(installed), "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        check=False,
        capture_output=True,
        text=True,
    )


def test_another_repository_has_the_same_tasks(installed: Path, tmp_path: Path) -> None:
    ours = subprocess.run(
        [sys.executable, "-m", "invoke", "--list"], cwd=PROJECT, check=True, capture_output=True
    )
    assert invoke(installed, tmp_path, "--list").stdout == ours.stdout.decode()
    assert TASKS in (PROJECT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("template", ["source-python", "source-java"])
def test_an_empty_repository_gets_all_that_a_connector_stands_on(
    installed: Path, tmp_path: Path, template: str
) -> None:
    done = invoke(installed, tmp_path, "generate", f"--template={template}", "--name=foo")
    assert done.returncode == 0, done.stderr
    base = tmp_path / "connectors" / "bases" / template.replace("source", "base")
    assert (base / "Dockerfile").is_file()
    assert (tmp_path / "connectors" / "source-foo" / "Dockerfile").is_file()
    assert (tmp_path / "settings.gradle").exists() == (template == "source-java")
    if template == "source-java":
        assert (base / ".gitignore").read_text() == "build/\n"  # Gradle builds in there
    assert "source-foo" in invoke(installed, tmp_path, "list", "--format=names").stdout.split()
