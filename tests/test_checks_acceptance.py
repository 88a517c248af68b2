"""`checks.acceptance`: a config that was read before is judged as if it were read again."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
import repositories
from monorepos import settings

import build_config
from build_config.checks import acceptance
from build_config.checks.acceptance import REMEMBERED
from build_config.checks.subject import read_subject

CONFIG = "connectors/source-a/acceptance-test-config.yml"
FINE = (
    "connector_image: a/source-a:dev\nacceptance_tests: {spec: {tests: [{spec_path: spec.json}]}}\n"
)
FILES = {
    "connectors/source-a/Dockerfile": "FROM scratch\nLABEL io.airbyte.name=a/source-a\n",
    CONFIG: FINE,
}


def told(root: Path) -> list[str]:
    return [str(defect) for defect in acceptance.check(read_subject(settings(root)))]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository whose config was read and remembered."""
    repositories.write(tmp_path, FILES)
    assert told(tmp_path) == []
    assert (tmp_path / ".yard" / REMEMBERED).is_file()
    return tmp_path


@pytest.mark.parametrize(
    "content",
    [
        FINE,
        FINE.replace("source-a", "source-b"),
        FINE.replace("spec_path", "spek_path"),
        FINE.replace("connector_image: a/source-a:dev\n", ""),
        "",
        "- a list\n",
    ],
    ids=["fine", "another image", "a wrong key", "no image", "empty", "a list"],
)
def test_what_is_remembered_changes_nothing_of_what_is_told(root: Path, content: str) -> None:
    (root / CONFIG).write_text(content, encoding="utf-8")
    first, again = told(root), told(root)
    (root / ".yard" / REMEMBERED).unlink(missing_ok=True)
    assert first == again == told(root)


def test_bytes_that_are_no_text_are_not_taken_for_a_text_that_looks_the_same(root: Path) -> None:
    (root / CONFIG).write_text(f"# \ufffd\n{FINE}", encoding="utf-8")
    assert told(root) == []
    (root / CONFIG).write_bytes(b"# \xff\n" + FINE.encode())
    assert told(root) == [f"{CONFIG}: not UTF-8 text (byte 2)"]


def test_a_file_that_is_gone_is_gone(root: Path) -> None:
    (root / CONFIG).unlink()
    assert told(root) == []


def test_a_fifo_is_not_waited_for(root: Path) -> None:
    (root / CONFIG).unlink()
    os.mkfifo(root / CONFIG)
    assert told(root) == [f"{CONFIG}: not a file"]


@pytest.mark.parametrize("damage", [b"", b"seal\n{}", b"\xff"])
def test_what_is_damaged_is_not_believed(root: Path, damage: bytes) -> None:
    (root / ".yard" / REMEMBERED).write_bytes(damage)
    (root / CONFIG).write_text(FINE.replace("spec_path", "spek_path"), encoding="utf-8")
    assert "unknown key" in " ".join(told(root))


def test_all_code_that_judges_a_config_is_in_the_name() -> None:
    named = set(acceptance._WORKED_OUT_BY)
    silent = {"errors", "wording", "image", "dockerfile"}  # words, and what connectors are
    for name in named - {"checks/acceptance"}:
        file = Path(build_config.__path__[0]) / f"{name}.py"
        text = file.read_text(encoding="utf-8")
        imports = re.findall(r"^from build_config\.([\w.]+)", text, re.MULTILINE)
        assert {module.replace(".", "/") for module in imports} <= named | silent
