"""The promise of `invoke generate`: untouched, every template's connector passes everything.

Templates are found on disk, so a new one is held to it without a line here.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import engine_under_test
import pytest
import repositories
import yaml
from docker.errors import NotFound
from yard import PROJECT, Yard

if TYPE_CHECKING:
    from engine_under_test import Engine

TEMPLATES = PROJECT / "build_config" / "templates"
NAMESPACE = "connectoryard"  # that of the bases, which are those of this repository
LONGEST = 63

PROTOCOL = {"image", "spec", "connection"}
READING = {"discovery", "basic_read", "full_refresh", "incremental"}
CATEGORIES = {
    "source": {*PROTOCOL, *READING, "robustness"},
    "destination": {*PROTOCOL, "write", "robustness"},
}
LARGE = ("robustness", "a hundred megabytes of records need little memory")
"""What a source of a few sample records cannot show."""

UNIT = ("", "unit")
"""A manifest is no code: what runs it is tested with its base."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Template:
    """A built-in template, as its template.yaml says."""

    name: str
    kind: str
    language: str

    @property
    def may_skip(self) -> set[tuple[str, str]]:
        """Category and name of the cases that need not run; that of a step is empty."""
        large = {LARGE} if self.kind == "source" else set()
        return large | ({UNIT} if self.language == "declarative" else set())

    @property
    def connector(self) -> str:
        """What its connector is called here: `source-promised-http-api`."""
        return f"{self.kind}-promised-{self.name.removeprefix(f'{self.kind}-')}"

    @property
    def longest(self) -> str:
        """The same with as many letters as a name may have."""
        return f"{self.connector}-{'long' * LONGEST}"[:LONGEST]


def templates() -> list[Template]:
    """All that are built in."""
    files = sorted(TEMPLATES.glob("*/template.yaml"))
    said = {file.parent.name: yaml.safe_load(file.read_bytes()) for file in files}
    return [
        Template(name=name, kind=document["kind"], language=document["language"])
        for name, document in said.items()
    ]


def copied(root: Path, home: Path) -> Yard:
    """A repository with the bases and the settings of this one, and no connector."""
    listed = repositories.git(
        PROJECT, "ls-files", "--cached", "--others", "--exclude-standard", "-z"
    )
    for path in listed.split("\0"):
        is_wanted = path.startswith("connectors/bases/") or "/" not in path
        if is_wanted and (PROJECT / path).is_file():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / path, root / path)
    home.mkdir(exist_ok=True)
    yard = Yard(root=root, home=home, namespace=NAMESPACE, engine=engine_under_test.ADDRESS)
    yard.commit({})
    return yard


def generate(yard: Yard, template: Template, name: str, answers: Sequence[str] = ()) -> None:
    """Run `invoke generate` without a terminal, which must succeed."""
    flags = [f"--answer={answer}" for answer in answers]
    made = yard.invoke("generate", f"--template={template.name}", f"--name={name}", *flags)
    assert made.code == 0, str(made)


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Yard:
    """A repository with a connector of every template, committed."""
    folder = tmp_path_factory.mktemp("promise")
    made = copied(folder / "repository", folder / "home")
    for template in templates():
        generate(made, template, template.connector)
    made.commit({})
    return made


@pytest.fixture
def built(yard: Yard, engine: Engine) -> Iterator[Yard]:
    """The same; the images of its connectors go in the end, those of the bases stay."""
    yield yard
    for template in templates():
        for tag in ("dev", "dev-test"):
            try:
                engine.client.images.remove(f"{NAMESPACE}/{template.connector}:{tag}", force=True)
            except NotFound:
                continue


def run(*words: str, folder: Path) -> None:
    """Run a tool of Python, which must have nothing to say."""
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def lint_shell(root: Path) -> None:
    """Run shellcheck over all scripts of connectors, of which there are some."""
    program = shutil.which("shellcheck", path=str(Path(sys.executable).parent))
    assert program, "pip install -e '.[dev]' brings it"
    scripts = sorted(root.glob("connectors/**/*.sh"))
    assert scripts
    done = subprocess.run(
        [program, "--external-sources", *scripts], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_template_is_listed(yard: Yard) -> None:
    listed = yard.invoke("generate", "--list").out
    assert templates()
    for template in templates():
        assert f"\n{template.name} " in listed


def test_check_and_the_linters_have_nothing_to_say(yard: Yard, tmp_path: Path) -> None:
    """Hadolint is a rule of `check`; ruff has the settings of the repository."""
    finished = yard.invoke("check", "--no-gradle")
    assert finished.code == 0, str(finished)
    run("ruff", "check", "--no-cache", "connectors", folder=yard.root)
    run("ruff", "format", "--no-cache", "--check", "connectors", folder=yard.root)
    lint_shell(yard.root)
    for project in sorted(yard.root.glob("connectors/*-promised-*/pyproject.toml")):
        text = project.read_text()
        if "airbyte_cdk" in text and importlib.util.find_spec("airbyte_cdk") is None:
            continue  # it is in the image: the tools of this repository do without
        package = project.parent.name.replace("-", "_")
        cache = f"--cache-dir={tmp_path}"
        run("mypy", cache, "--config-file=pyproject.toml", package, folder=project.parent)


def test_the_longest_name_breaks_no_line(tmp_path: Path) -> None:
    long = copied(tmp_path / "repository", tmp_path / "home")
    for template in templates():
        generate(long, template, template.longest)
    finished = long.invoke("check", "--no-gradle")
    assert finished.code == 0, str(finished)
    run("ruff", "check", "--no-cache", "connectors", folder=long.root)
    run("ruff", "format", "--no-cache", "--check", "connectors", folder=long.root)


def test_what_a_connector_must_have_is_there(yard: Yard) -> None:
    ids = set()
    for template in templates():
        name, folder = template.connector, yard.root / "connectors" / template.connector
        for file in ("Dockerfile", ".dockerignore", "README.md", "metadata.yaml", "CHANGELOG.md"):
            assert (folder / file).is_file(), f"{name}: {file}"
        assert "\n- [ ] " in (folder / "CHECKLIST.md").read_text(), name
        assert f"invoke test --connector={name}" in (folder / "README.md").read_text()
        page = f"docs/integrations/{template.kind}s/{name.removeprefix(f'{template.kind}-')}.md"
        assert (yard.root / page).is_file(), page
        kind = template.kind.upper()
        place = f"build_config/definitions/STANDARD_{kind}_DEFINITION/{name}.yaml"
        definition = yaml.safe_load((yard.root / place).read_text())
        ids.add(definition[f"{template.kind}DefinitionId"])
        language = next(row["language"] for row in listed(yard) if row["name"] == name)
        assert language == template.language, name
    assert len(ids) == len(templates())


def listed(yard: Yard) -> list[dict[str, str]]:
    """What `invoke list` tells."""
    rows: list[dict[str, str]] = yard.invoke("list", "--format=json").json()
    return rows


def test_every_file_that_a_checklist_names_is_there_or_is_to_be_made(yard: Yard) -> None:
    """Each box names a file; secrets and requirements come later."""
    for template in templates():
        folder = yard.root / "connectors" / template.connector
        for line in (folder / "CHECKLIST.md").read_text().splitlines():
            if line.startswith("- [ ] `"):
                path = line.split("`")[1]
                later = path.startswith("secrets/") or path == "requirements.txt"
                places = (folder / path, yard.root / path)
                assert later or any(place.exists() for place in places), f"{template.name}: {path}"


def test_the_same_answers_give_the_same_bytes(yard: Yard, tmp_path: Path) -> None:
    again = copied(tmp_path / "repository", tmp_path / "home")
    for template in templates():
        record = json.loads(
            (yard.root / "connectors" / template.connector / ".generated.json").read_text()
        )
        assert {"definition_id", "date"} <= record["answers"].keys()
        answers = [f"{k}={v}" for k, v in record["answers"].items() if k != "name"]
        generate(again, template, template.connector, answers)
    again.commit({})
    for tree in ("HEAD:connectors", "HEAD:build_config", "HEAD:docs"):
        hashes = [repositories.git(it.root, "rev-parse", tree) for it in (yard, again)]
        assert hashes[0] == hashes[1], repositories.git(
            yard.root,
            "diff",
            "--no-index",
            str(yard.root / tree[5:]),
            str(again.root / tree[5:]),
            fails=True,
        )


def test_an_update_right_after_has_nothing_to_do(yard: Yard) -> None:
    updated = yard.invoke("generate", "--update")
    assert updated.code == 0, str(updated)
    for template in templates():
        said = f"{template.connector}: up to date with the template `{template.name}`"
        assert said in updated.err.splitlines()
    assert repositories.git(yard.root, "status", "--porcelain") == ""


@pytest.mark.engine
@pytest.mark.timeout(900)
def test_untouched_every_connector_builds_and_passes_all_its_tests(
    built: Yard, engine: Engine, tmp_path: Path
) -> None:
    for template in templates():
        secret = built.root / "connectors" / template.connector / "secrets" / "config.json"
        secret.parent.mkdir(exist_ok=True)
        secret.write_text('{"password": "hidden"}')
    junit = tmp_path / "junit.xml"
    finished = built.invoke(
        "test", "--connector=*-promised-*", "--progress=plain", f"--junit={junit}", within=800
    )
    assert finished.code == 0, str(finished)
    suites = {suite.get("name"): suite for suite in ET.parse(junit).getroot()}  # noqa: S314 - ours
    for template in templates():
        judge(template, suites[template.connector])
        files = engine.files(f"{NAMESPACE}/{template.connector}:dev")
        assert not [path for path in files if "/secrets/" in path or "generated.json" in path]
    assert repositories.git(built.root, "status", "--porcelain") == ""


def judge(template: Template, suite: ET.Element) -> None:
    """Every kind of test ran, none failed, and none was skipped that needs not be."""
    assert not suite.findall("testcase/failure"), template
    cases = {
        ((case.get("classname") or "").partition(".")[2], case.get("name") or ""): case
        for case in suite.findall("testcase")
    }
    assert ("", "build") in cases, template
    assert UNIT in cases, template
    assert {category for category, _ in cases} - {""} == CATEGORIES[template.kind], template
    skipped = {key for key, case in cases.items() if case.find("skipped") is not None}
    assert skipped <= template.may_skip, template


@pytest.mark.engine
@pytest.mark.timeout(600)
def test_check_with_gradle_has_nothing_to_say(yard: Yard) -> None:
    finished = yard.invoke("check", within=500)
    assert finished.code == 0, str(finished)
    assert repositories.git(yard.root, "status", "--porcelain") == ""
