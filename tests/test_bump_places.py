"""Every place where a version lives, in every way of writing it: changed, and nothing beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
import raised
import repositories
from monorepos import settings

from build_config.errors import RepositoryError

FOLDER = "connectors/source-a"
LABELS = "LABEL io.airbyte.name=connectoryard/source-a io.airbyte.version=1.2.3\n"


def bumped(root: Path, files: dict[str, str], **changes: object) -> dict[str, str]:
    """The files that a patch changes in a connector of these files; git's line ends are ours."""
    files = {f"{FOLDER}/{name}": text for name, text in files.items()}
    files.setdefault(f"{FOLDER}/Dockerfile", f"FROM scratch\n{LABELS}")
    repositories.new_repository(root, files)
    before = raised.contents(root)
    raised.raise_versions(root, "source-a", part="patch", changes=changes)
    after = raised.contents(root)
    assert raised.version_rules(root, **changes) == []
    assert before.keys() == after.keys()
    return {
        path.removeprefix(f"{FOLDER}/"): after[path].decode()
        for path in before
        if before[path] != after[path]
    }


@pytest.mark.parametrize(
    "dockerfile",
    [
        "FROM scratch\nLABEL io.airbyte.version=«1.2.3»\n",
        'FROM scratch\nLABEL io.airbyte.version="«1.2.3»"',
        "FROM scratch\nlabel io.airbyte.version='«1.2.3»'\r\n",
        'FROM scratch\nLABEL "io.airbyte.version"="«1.2.3»" a="1.2.3"\n',
        "FROM scratch\nLABEL io.airbyte.version «1.2.3»\n",
        "\ufeffFROM scratch\nLABEL io.airbyte.version=«1.2.3»\n",
        "FROM scratch\nLABEL io.airbyte.name=a/b-1.2.3 io.airbyte.version=«1.2.3»\n",
        "FROM scratch\nLABEL io.airbyte.version=«1.2.3» io.airbyte.name=a/source-a x=1.2.3\n",
        (
            "FROM scratch\r\nLABEL a=1.2.3 \\\r\n  # 1.2.3 io.airbyte.version=1.2.3\r\n\r\n"
            "  io.airbyte.version=«1.2.3»\r\nENV X=1.2.3\r\n"
        ),
        "# escape=`\nFROM scratch\nLABEL a=b `\n io.airbyte.version=«1.2.3»\n",
        (
            "FROM python:1.2.3\nRUN <<E\nLABEL io.airbyte.version=1.2.3\nE\n"
            "LABEL io.airbyte.version=«1.2.3»\n"
        ),
        (
            "FROM scratch\n# LABEL io.airbyte.version=1.2.3\nLABEL io.airbyte.version=«1.2.3»\n"
            "COPY x-1.2.3.tar /1.2.3/\n"
        ),
        "FROM scratch\nLABEL io.airbyte.version=1.0.0\nLABEL io.airbyte.version=«1.2.3»\n",
        (
            "FROM scratch AS a\nLABEL io.airbyte.version=«1.2.3»\n"
            "FROM a AS test\nLABEL io.airbyte.version=«1.2.3»\nFROM a\n"
        ),
        "FROM scratch\nLABEL org.opencontainers.image.version=«1.2.3» io.airbyte.version=«1.2.3»\n",
        "FROM scratch\nARG VERSION=«1.2.3»\nLABEL io.airbyte.version=$VERSION\n",
        (
            'ARG VERSION="«1.2.3»"\nFROM scratch\nARG OTHER=1.2.3 VERSION\n'
            'LABEL io.airbyte.version="${VERSION}"\n'
        ),
        "FROM scratch\nARG A='«1.2.3»'\nENV VER=$A B=1.2.3\nLABEL io.airbyte.version=$VER\n",
        "FROM scratch\nENV VERSION «1.2.3»\nLABEL io.airbyte.version=${VERSION}\n",
        "FROM scratch\nARG VERSION\nLABEL io.airbyte.version=${VERSION:-«1.2.3»}\n",
    ],
)
def test_a_dockerfile_says_the_new_version_where_it_said_the_old(
    tmp_path: Path, dockerfile: str
) -> None:
    before = dockerfile.replace("«", "").replace("»", "")
    after = dockerfile.replace("«1.2.3»", "1.2.4")
    assert bumped(tmp_path, {"Dockerfile": before}) == {"Dockerfile": after}


@pytest.mark.parametrize(
    ("dockerfile", "why"),
    [
        ("FROM scratch\nARG MINOR=2.3\nLABEL io.airbyte.version=1.$MINOR\n", "put together"),
        ('FROM scratch\nLABEL io.airbyte.version=1.2."3"\n', "put together"),
        ("FROM scratch\nLABEL io.airbyte.version=1.2\\\n.3\n", "put together"),
        ("FROM scratch\nARG GIVEN\nLABEL io.airbyte.version=$GIVEN\n", "put together"),
        (
            "ARG V=1.2.3\nFROM python:$V\nARG V\nLABEL io.airbyte.version=$V\n",
            "it would stand on something else",
        ),
    ],
)
def test_a_version_that_no_word_says_is_refused(tmp_path: Path, dockerfile: str, why: str) -> None:
    repositories.write(tmp_path, {f"{FOLDER}/Dockerfile": dockerfile})
    arguments = {"images": {"source-a": {"build_args": {"GIVEN": "1.2.3"}}}}
    with pytest.raises(RepositoryError, match=why) as caught:
        raised.raise_versions(tmp_path, "source-a", part="patch", changes=arguments)
    assert caught.value.hint
    assert raised.contents(tmp_path) == {f"{FOLDER}/Dockerfile": dockerfile.encode()}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("metadata.yaml", "data:\n  dockerImageTag: «1.2.3» # 1.2.3\n  x: 1.2.3\n"),
        ("metadata.yaml", "\ufeffdata: {x: '1.2.3', dockerImageTag: '«1.2.3»'}"),
        ("metadata.yaml", 'data:\r\n  "dockerImageTag":   "«1.2.3»"\r\n'),
        ("metadata.yaml", "data:\n  dockerImageTag: !!str «1.2.3»\n"),
        (
            "metadata.yaml",
            "data:\n  registries: {oss: {dockerImageTag: 1.2.3}}\n  dockerImageTag: «1.2.3»\n",
        ),
        ("pyproject.toml", '[project]\nversion = "«1.2.3»" # 1.2.3\n[tool.x]\nversion = "1.2.3"\n'),
        ("pyproject.toml", "[tool.poetry]\r\nname='x'\r\n  version='«1.2.3»'\r\n"),
        (
            "pyproject.toml",
            '[project]\nversion = "«1.2.3»"\n[tool.poetry]\nversion = "«1.2.3»"\nx = "1.2.3"',
        ),
        ("setup.py", "from setuptools import setup\nsetup(name='x-1.2.3', version='«1.2.3»')\n"),
        ("setup.py", "import setuptools as s\nV = X = '«1.2.3»'\ns.setup(version=V, x='1.2.3')\n"),
        ("setup.py", "# é\nsetup(a='é', version = \"«1.2.3»\", x={'version': '1.2.3'})"),
        ("setup.cfg", "[metadata]\nversion = «1.2.3»\n[other]\nversion = 1.2.3\n"),
        ("build.gradle", "plugins {\n  id 'x' version '1.2.3'\n}\nversion = '«1.2.3»'\n"),
        ("build.gradle", "\ufeffversion '«1.2.3»'\r\ndependencies { x 'a:b:1.2.3' }\r\n"),
        ("build.gradle.kts", 'version = "«1.2.3»"\n'),
        ("package.json", '{\n\t"a": {"version": "1.2.3"},\n\t"version": "«1.2.3»", "b": [1.2]}'),
    ],
)  # fmt: skip
def test_a_file_of_the_project_follows_and_nothing_else_in_it_changes(
    tmp_path: Path, name: str, text: str
) -> None:
    before = text.replace("«", "").replace("»", "")
    changed = bumped(tmp_path, {name: before})
    assert changed.pop("Dockerfile") == f"FROM scratch\n{LABELS}".replace("=1.2.3", "=1.2.4")
    assert changed == {name: text.replace("«1.2.3»", "1.2.4")}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("metadata.yaml", "data:\n  dockerImageTag: &tag 1.2.3\n  other: *tag\n"),
        ("metadata.yaml", "data:\n  dockerImageTag: >-\n    1.2.3\n"),
        ("metadata.yaml", 'data:\n  dockerImageTag: "1\\x2e2.3"\n'),
        ("pyproject.toml", '[tool.x]\na = """\n[project]\nversion = "1.2.3"\n"""\nb = [1,\n'),
    ],
)
def test_a_file_that_cannot_be_changed_alone_stops_all(
    tmp_path: Path, name: str, text: str
) -> None:
    files = {f"{FOLDER}/Dockerfile": f"FROM scratch\n{LABELS}", f"{FOLDER}/{name}": text}
    repositories.write(tmp_path, files)
    with pytest.raises(RepositoryError, match=name):
        raised.raise_versions(tmp_path, "source-a", part="patch")
    assert raised.contents(tmp_path) == {path: text.encode() for path, text in files.items()}


def test_a_version_that_is_only_in_the_metadata(tmp_path: Path) -> None:
    files = {
        "Dockerfile": "FROM scratch\n# 1.2.3\n",
        "metadata.yaml": "data:\n  dockerRepository: a/source-a\n  dockerImageTag: 1.2.3\n",
    }
    changed = bumped(tmp_path, files)
    assert changed == {"metadata.yaml": files["metadata.yaml"].replace("1.2.3", "1.2.4")}


@pytest.mark.parametrize("suffix", ["yaml", "json"])
def test_definitions_as_one_list_as_in_2021(tmp_path: Path, suffix: str) -> None:
    entries = [
        f'{{"sourceDefinitionId": "{n}", "name": "1.2.3", "dockerRepository": "airbyte/source-{n}",'
        f' "dockerImageTag": "1.2.3"}}'
        for n in "abc"
    ]
    text = f"[{', '.join(entries)}]" if suffix == "json" else "".join(f"- {e}\r\n" for e in entries)
    changes = {"definitions": {"source": f"config/sources.{suffix}"}}
    files = {f"config/sources.{suffix}": text}
    for n in "abc":
        label = f"LABEL io.airbyte.version=1.2.3\nLABEL io.airbyte.name=airbyte/source-{n}\n"
        files[f"connectors/source-{n}/Dockerfile"] = f"FROM scratch\n{label}"
    repositories.new_repository(tmp_path, files)
    raised.raise_versions(tmp_path, "source-a,source-c", version="1.10.0", changes=changes)
    after = raised.contents(tmp_path)
    for n in "ac":
        old = f'source-{n}", "dockerImageTag": "1.2.3"'
        assert old in text
        text = text.replace(old, old.replace("1.2.3", "1.10.0"))
    assert after[f"config/sources.{suffix}"].decode() == text
    assert raised.version_rules(tmp_path, **changes) == []


def test_a_link_is_followed_and_stays_one_but_never_leads_out(tmp_path: Path) -> None:
    files = {f"root/{FOLDER}/Dockerfile": f"FROM scratch\n{LABELS}"}
    repositories.write(tmp_path, files | {"root/real.toml": '[project]\nversion = "1.2.3"\n'})
    root = tmp_path / "root"
    link = root / FOLDER / "pyproject.toml"
    link.symlink_to(root / "real.toml")
    raised.raise_versions(root, "source-a", part="minor")
    assert link.is_symlink()
    assert '"1.3.0"' in (root / "real.toml").read_text()
    (root / "real.toml").rename(tmp_path / "real.toml")
    link.unlink()
    link.symlink_to(tmp_path / "real.toml")
    with pytest.raises(RepositoryError, match=r"pyproject\.toml: a link out of the repository"):
        raised.raise_versions(root, "source-a", part="minor")
    assert settings(root).root == root.resolve()
