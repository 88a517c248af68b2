"""`invoke bump` on tiny repositories: who gets which version, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import raised
import repositories
import well_kept
from monorepos import AIRBYTE_2021, AIRBYTE_LAYOUT, settings

from build_config.bumping.targets import Known, Wish, decide
from build_config.checks.subject import read_subject
from build_config.errors import RepositoryError, YardError
from build_config.versions import Part

A = "connectors/source-a"


def of(name: str, version: str, base: str = "scratch") -> dict[str, str]:
    """A connector, or a base, that is only a Dockerfile."""
    folder = f"connectors/{'bases/' if name.startswith('base') else ''}{name}"
    image = f"LABEL io.airbyte.name=connectoryard/{name} io.airbyte.version={version}\n"
    return {f"{folder}/Dockerfile": f"FROM {base}\n{image}"}


STACK = (
    of("base-a", "0.1.0")
    | of("base-b", "0.2.0", "connectoryard/base-a:dev")
    | of("source-x", "1.0.0", "connectoryard/base-b:dev")
    | of("source-y", "2.0.0", "connectoryard/base-a:dev")
    | of("source-pinned", "3.0.0", "connectoryard/base-a:0.1.0")
)
"""A chain of bases, sources on them, and one that pins."""


def refused(root: Path, *connector: str, **flags: Any) -> YardError:
    """Why a bump is refused; nothing may have changed."""
    before = raised.contents(root)
    with pytest.raises(YardError) as caught:
        raised.raise_versions(root, *connector, **flags)
    assert raised.contents(root) == before
    assert caught.value.exit_code == 2
    return caught.value


def test_every_place_of_a_well_kept_connector(tmp_path: Path) -> None:
    files = well_kept.repository("source-a")
    page = "docs/integrations/sources/a.md"
    files[page] += "\n## Changelog\n\n| Version | Subject |\n|:--|:--|\n| 1.2.0 | New |\n"
    repositories.new_repository(tmp_path, files)
    said = raised.raise_versions(tmp_path, "source-a", part="minor", message="Reads more")
    assert said.summary == ["source-a 1.2.0 -> 1.3.0 (6 files)"]
    assert said.notes.splitlines() == ["next: invoke test --connector=source-a"]
    assert raised.version_rules(tmp_path) == []
    after = raised.contents(tmp_path)
    changed = {path for path, text in files.items() if after[path] != text.encode()}
    assert changed == {
        *(f"{A}/{n}" for n in ("Dockerfile", "metadata.yaml", "pyproject.toml", "CHANGELOG.md")),
        well_kept.definition("source-a"),
        page,
    }
    assert b"## Unreleased\n\n## 1.3.0 - 20" in after[f"{A}/CHANGELOG.md"]
    assert b"| 1.3.0 | Reads more |\n| 1.2.0 | New |\n" in after[page]


def test_the_diff_is_one_that_git_applies(tmp_path: Path) -> None:
    files = well_kept.repository("source-a")
    files[f"{A}/pyproject.toml"] = '[project]\r\nversion = "1.2.0"'
    repositories.new_repository(tmp_path, files)
    said = raised.raise_versions(tmp_path, "source-a", part="patch", dry_run=True)
    assert "nothing was written (--dry-run)" in said.notes
    assert raised.contents(tmp_path) == {path: text.encode() for path, text in files.items()}
    assert not list((tmp_path / ".yard").glob("bump.*"))
    (tmp_path / "bump.patch").write_bytes(said.out.encode())
    repositories.git(tmp_path, "apply", "bump.patch")
    (tmp_path / "bump.patch").unlink()
    applied = raised.contents(tmp_path)
    repositories.git(tmp_path, "checkout", "--", ".")
    raised.raise_versions(tmp_path, "source-a", part="patch")
    assert raised.contents(tmp_path) == applied


def test_the_same_version_again_is_nothing_to_do(tmp_path: Path) -> None:
    repositories.new_repository(tmp_path, well_kept.repository("source-a"))
    wish = {"version": "1.2.1", "message": "Reads more"}
    raised.raise_versions(tmp_path, "source-a", **wish)
    before = raised.contents(tmp_path)
    said = raised.raise_versions(tmp_path, "source-a", **wish)
    assert said.out == "source-a 1.2.1 already: nothing to do\n"
    assert said.notes == ""
    assert raised.contents(tmp_path) == before
    more = raised.raise_versions(tmp_path, "source-a", version="1.2.1", message="And writes")
    assert more.summary == ["source-a 1.2.1 already; its changelog gets the entry"]
    changed = {path for path, text in raised.contents(tmp_path).items() if text != before[path]}
    assert changed == {f"{A}/CHANGELOG.md"}


def test_a_prerelease_goes_on_and_ends_in_its_release(tmp_path: Path) -> None:
    repositories.new_repository(tmp_path, well_kept.repository("source-a"))
    for part, version in (
        ("prerelease", "1.2.1-rc.1"),
        ("prerelease", "1.2.1-rc.2"),
        ("patch", "1.2.1"),
    ):
        said = raised.raise_versions(tmp_path, "source-a", part=part)
        assert f"-> {version} (" in said.summary[0]
        assert raised.version_rules(tmp_path) == []


def test_each_is_raised_from_its_own_version(tmp_path: Path) -> None:
    repositories.new_repository(tmp_path, STACK)
    said = raised.raise_versions(tmp_path, "source-*", "base-b,source-x", part="minor")
    assert said.summary == [
        "base-b 0.2.0 -> 0.3.0 (1 file)",
        "source-pinned 3.0.0 -> 3.1.0 (1 file)",
        "source-x 1.0.0 -> 1.1.0 (1 file)",
        "source-y 2.0.0 -> 2.1.0 (1 file)",
    ]


def test_one_version_for_all_must_be_above_all(tmp_path: Path) -> None:
    repositories.new_repository(tmp_path, STACK)
    error = refused(tmp_path, "source-*", version="2.0.0")
    assert str(error) == "`2.0.0` is not above `3.0.0`, which `source-pinned` has"
    said = raised.raise_versions(tmp_path, "source-*", version="3.0.0")
    assert said.summary[0] == "source-pinned 3.0.0 already: nothing to do"
    assert said.summary[1:] == [
        "source-x 1.0.0 -> 3.0.0 (1 file)",
        "source-y 2.0.0 -> 3.0.0 (1 file)",
    ]


def test_what_stands_on_a_base_goes_along_once(tmp_path: Path) -> None:
    repositories.new_repository(tmp_path, STACK | {"connectors/source-x/CHANGELOG.md": "# Log\n"})
    said = raised.raise_versions(tmp_path, "base-a", part="minor", dependents=True, message="New")
    assert said.summary == [
        "base-a 0.1.0 -> 0.2.0 (1 file)",
        "base-b 0.2.0 -> 0.2.1 (1 file)",
        "source-x 1.0.0 -> 1.0.1 (2 files)",
        "source-y 2.0.0 -> 2.0.1 (1 file)",
    ]
    log = (tmp_path / "connectors/source-x/CHANGELOG.md").read_text()
    assert "- Built on `base-b` 0.2.1.\n" in log
    assert "nothing tells of the message, there is no changelog: `base-a`\n" in said.notes
    assert "`source-pinned` uses `connectoryard/base-a:0.1.0`, `base-a` is 0.2.0 now" in said.notes
    again = raised.raise_versions(tmp_path, "base-a", part="patch", dependents=True)
    assert again.summary == ["base-a 0.2.0 -> 0.2.1 (1 file)"]
    assert "`base-b`, `source-x`, `source-y`" in again.notes
    repositories.git(tmp_path, "commit", "--all", "--message=more")
    later = raised.raise_versions(tmp_path, "base-a", part="patch", dependents=True)
    assert len(later.summary) == 4


def test_without_git_what_stands_on_it_always_goes_along(tmp_path: Path) -> None:
    repositories.write(tmp_path, STACK)
    for _ in range(2):
        said = raised.raise_versions(tmp_path, "base-b", part="patch", dependents=True)
        assert [line.split()[0] for line in said.summary] == ["base-b", "source-x"]


def test_who_stands_on_it_and_does_not_go_along_is_named(tmp_path: Path) -> None:
    repositories.new_repository(tmp_path, STACK)
    said = raised.raise_versions(tmp_path, "base-b", part="patch")
    assert "`source-x` on top of that keeps its version; `--dependents` raises it" in said.notes


def test_a_published_version_is_a_floor(tmp_path: Path) -> None:
    repositories.new_repository(tmp_path, STACK)
    subject = read_subject(settings(tmp_path))
    names = ("base-a", "base-b", "source-x", "source-y")
    released = {"connectoryard/base-a": "0.1.1", "connectoryard/source-x": "0.9.0"}
    known = Known(published=released, committed=lambda _: dict.fromkeys(names, "9.0.0"))
    with pytest.raises(RepositoryError, match=r"not above `0\.1\.1`, which is published"):
        decide(subject, Wish(connector=["base-a"], part=Part.PATCH), known)
    bumps = decide(subject, Wish(connector=["base-a"], part=Part.MINOR, dependents=True), known)
    assert [(b.connector.name, b.version) for b in bumps] == [
        ("base-a", "0.2.0"),
        ("base-b", "0.2.1"),
        ("source-y", "2.0.1"),
    ]


def test_files_that_disagree_are_to_be_fixed_first(tmp_path: Path) -> None:
    files = well_kept.repository("source-a", "source-b")
    path = f"{A}/pyproject.toml"
    files[path] = files[path].replace("1.2.0", "1.1.0")
    repositories.new_repository(tmp_path, files)
    error = refused(tmp_path, "source-*", part="patch")
    assert str(error).startswith(f"{path}:3: `version` is `1.1.0`, `source-a` is `1.2.0`")
    assert error.hint == "invoke check --fix --no-gradle --connector=source-a"
    raised.raise_versions(tmp_path, "source-b", part="patch")


def test_a_changelog_that_is_ahead_is_not_buried(tmp_path: Path) -> None:
    files = well_kept.repository("source-a")
    files[f"{A}/CHANGELOG.md"] = "# Log\n\n## 1.3.0\n\n- By hand\n\n## 1.2.0\n"
    repositories.new_repository(tmp_path, files)
    assert "tells of `1.3.0`" in str(refused(tmp_path, "source-a", part="patch"))
    raised.raise_versions(tmp_path, "source-a", part="minor")
    assert raised.contents(tmp_path)[f"{A}/CHANGELOG.md"] == files[f"{A}/CHANGELOG.md"].encode()


@pytest.mark.parametrize(
    ("connector", "flags", "message", "hint"),
    [
        ([], {"part": "patch"}, "nothing says which connector is meant", "'*'"),
        ([" ,"], {"part": "patch"}, "nothing says which connector is meant", "'*'"),
        (["source-x"], {}, "neither `--part` nor `--version` is given", "--part=patch"),
        (["source-x"], {"part": "patch", "version": "1.2.3"}, "are both given", "--part=patch"),
        (["source-x"], {"part": "ptch"}, "`--part=ptch` is unknown", "`patch`"),
        (["source-x"], {"version": "v2.0.0"}, "is not a semantic version", "1.2.3"),
        (["source-x"], {"version": "1.2"}, "is not a semantic version", "1.2.3"),
        (["source-x"], {"version": "2.0.0+a"}, "cannot be the tag of an image", "+build"),
        (["source-x"], {"version": "0.9.0"}, "is not above `1.0.0`", "invoke list"),
        (["sourcex"], {"part": "patch"}, "there is no connector `sourcex`", "`source-x`"),
        (["nothing-*"], {"part": "patch"}, "matches nothing", "invoke list"),
    ],
)
def test_what_cannot_be_is_refused(
    tmp_path: Path, connector: list[str], flags: dict[str, str], message: str, hint: str
) -> None:
    repositories.new_repository(tmp_path, STACK)
    error = refused(tmp_path, *connector, **flags)
    assert message in str(error)
    assert hint in error.hint


@pytest.mark.parametrize(
    ("dockerfile", "message"),
    [
        ("FROM scratch\n", "`source-a` has no version"),
        ("FROM scratch\nLABEL io.airbyte.version=v1.2\n", "`v1.2`, which cannot be raised"),
        ("FROM scratch\nLABEL io.airbyte.version=1.2.3+a\n", "which cannot be raised"),
        ("FROM\n", "Dockerfile:1"),
    ],
)
def test_a_connector_without_a_sound_version_is_refused(
    tmp_path: Path, dockerfile: str, message: str
) -> None:
    repositories.new_repository(tmp_path, {f"{A}/Dockerfile": dockerfile} | STACK)
    assert message in str(refused(tmp_path, "source-a,source-x", part="patch"))
    raised.raise_versions(tmp_path, "source-x", part="patch")  # what others break is not in its way


def test_a_repository_of_2021(tmp_path: Path) -> None:
    definitions = (
        "- sourceDefinitionId: 1\n  dockerRepository: airbyte/source-stripe-singer\n"
        "  dockerImageTag: 0.2.2 # 0.2.2\n"
        "- sourceDefinitionId: 2\n  name: New\n  dockerRepository: airbyte/source-new\n"
        "  dockerImageTag: 2.0.0\n"
    )
    place = "airbyte-config/init/src/main/resources/seed/source_definitions.yaml"
    repositories.new_repository(tmp_path, {**AIRBYTE_2021, place: definitions})
    changes = {**AIRBYTE_LAYOUT, "definitions": {"source": place}}
    said = raised.raise_versions(
        tmp_path, "integration-base", part="patch", dependents=True, changes=changes
    )
    assert said.summary == [
        "base 0.1.0 -> 0.1.1 (1 file)",
        "base-java 0.1.2 -> 0.1.3 (1 file)",
        "base-python 0.1.2 -> 0.1.3 (1 file)",
        "base-singer 0.1.0 -> 0.1.1 (1 file)",
        "destination-postgres 0.3.0 -> 0.3.1 (1 file)",
        "source-stripe-singer 0.2.2 -> 0.2.3 (2 files)",
    ]
    assert "`source-pinned` uses `airbyte/integration-base-python:0.1.1`" in said.notes
    assert (tmp_path / place).read_text() == definitions.replace("0.2.2 #", "0.2.3 #")
    assert raised.version_rules(tmp_path, **changes) == []


def test_a_twin_shares_its_page(tmp_path: Path) -> None:
    files = well_kept.repository("source-a", "source-a-strict-encrypt")
    page = "docs/integrations/sources/a.md"
    files[page] = "# A\n\n## Changelog\n\n| Version | Subject |\n|:--|:--|\n| 1.2.0 | New |\n"
    repositories.new_repository(tmp_path, files)
    raised.raise_versions(tmp_path, "source-a*", part="patch", message="More")
    assert (tmp_path / page).read_text().count("| 1.2.1 | More |") == 1
    assert raised.version_rules(tmp_path) == []
