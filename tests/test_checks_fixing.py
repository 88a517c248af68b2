from __future__ import annotations

import stat
from pathlib import Path

import pytest
import repositories
import well_kept
from monorepos import settings

from build_config.checks.fixing import fix
from build_config.checks.inspection import inspect
from build_config.defect import Defect, Edit

METADATA = "connectors/source-a/metadata.yaml"
DEFINITION = well_kept.definition("source-a")


def put_right(root: Path) -> list[str]:
    """What `--fix` changes; gives the rules of what it put right."""
    made = inspect(settings(root))
    return [defect.rule for defect in fix(root, made.defects)]


def with_older_versions() -> dict[str, str]:
    files = well_kept.repository("source-a")
    for path in (METADATA, DEFINITION, "connectors/source-a/pyproject.toml"):
        files[path] = files[path].replace("1.2.0", "1.1.0")
    return files


def test_versions_follow_the_label_and_nothing_else_is_touched(tmp_path: Path) -> None:
    files = with_older_versions()
    files[METADATA] = files[METADATA].replace("\n", "\r\n") + "# 1.1.0 was before\r\n"
    repositories.new_repository(tmp_path, files)
    assert put_right(tmp_path) == ["version-agrees"] * 3
    for path, text in files.items():
        after = (tmp_path / path).read_bytes().decode()
        head, _, tail = text.partition("1.1.0")
        assert after == (f"{head}1.2.0{tail}" if tail else text)
    assert put_right(tmp_path) == []
    assert inspect(settings(tmp_path)).defects == ()


def test_a_file_keeps_its_mode_and_a_link_stays_one(tmp_path: Path) -> None:
    repositories.new_repository(tmp_path, with_older_versions())
    (tmp_path / METADATA).chmod(0o640)
    definition = tmp_path / DEFINITION
    definition.rename(tmp_path / "elsewhere.yaml")
    definition.symlink_to(tmp_path / "elsewhere.yaml")
    put_right(tmp_path)
    assert stat.S_IMODE((tmp_path / METADATA).stat().st_mode) == 0o640
    assert definition.is_symlink()
    assert '"1.2.0"' in definition.read_text()
    assert not list(definition.parent.glob(".*"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, "secrets/\n"),
        ("", "secrets/\n"),
        ("build/\n", "build/\nsecrets/\n"),
        ("build/", "build/\nsecrets/\n"),
        ("build/\r\n", "build/\r\nsecrets/\r\n"),
    ],
)
def test_a_missing_ignore_rule_is_added_once(
    tmp_path: Path, before: str | None, after: str
) -> None:
    files = well_kept.repository("source-a", "source-b")
    del files[".gitignore"]
    repositories.new_repository(
        tmp_path, files | ({} if before is None else {".gitignore": before})
    )
    assert put_right(tmp_path) == ["secrets-git-ignored"] * 2
    assert (tmp_path / ".gitignore").read_bytes().decode() == after
    assert inspect(settings(tmp_path)).defects == ()


def test_a_rule_that_another_one_takes_back_is_not_added_again(tmp_path: Path) -> None:
    files = well_kept.repository("source-a")
    repositories.new_repository(tmp_path, files | {".gitignore": "secrets/\n!secrets/\n"})
    (only,) = inspect(settings(tmp_path)).defects
    assert (only.rule, only.fixable) == ("secrets-git-ignored", False)


def test_a_secrets_folder_further_down_is_kept_out_of_images(tmp_path: Path) -> None:
    files = well_kept.repository("source-a")
    files["connectors/source-a/.dockerignore"] = "*\n!tests\n!main.py\n"
    files["connectors/source-a/tests/secrets/.gitkeep"] = ""
    repositories.new_repository(tmp_path, files)
    assert put_right(tmp_path) == ["secrets-docker-ignored"]
    assert inspect(settings(tmp_path)).defects == ()


def test_a_version_that_is_none_is_not_copied(tmp_path: Path) -> None:
    files = well_kept.repository("source-a")
    path = "connectors/source-a/Dockerfile"
    files[path] = files[path].replace("version=1.2.0", "version=v1.2")
    repositories.new_repository(tmp_path, files)
    assert put_right(tmp_path) == []


def test_a_file_that_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    edit = Edit(path="a.yaml", line=1, old="1.0", new="2.0")
    defect = Defect(rule="version-agrees", message="", edit=edit)
    for text in ("", "other\n1.0\n"):
        (tmp_path / "a.yaml").write_text(text)
        assert fix(tmp_path, [defect]) == ()
        assert (tmp_path / "a.yaml").read_text() == text
