"""What changed since a commit: by example, and against brute force on random histories."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest
from invoke.config import Config
from repositories import git, new_repository, write

from build_config import settings as settings_module
from build_config.affected import affected, affected_tests, read_since
from build_config.discovery import discover
from build_config.plan import Present, plan_build
from build_config.repository import Repository, load, read_sources
from build_config.settings import DEFAULTS, Settings
from build_config.source_inputs import source_inputs

HISTORIES = 200
BASE = "FROM python:3.11\nLABEL io.airbyte.name=yard/base-a io.airbyte.version=1.0.0\nCOPY . .\n"
ON_BASE = "FROM yard/base-a:dev\nLABEL io.airbyte.version=1.0.0\nCOPY . .\n"
ALONE = "FROM python:3.11\nCOPY . .\n"
START = {
    "connectors/bases/base-a/Dockerfile": BASE,
    "connectors/bases/base-a/lib.py": "1",
    "connectors/source-b/Dockerfile": ON_BASE,
    "connectors/source-b/main.py": "1",
    "connectors/source-b/docs.md": "1",
    "connectors/source-b/.dockerignore": "*.md\n",
    "connectors/source-c/Dockerfile": ALONE,
    "connectors/source-c/main.py": "1",
    "connectors/source-c/metadata.yaml": "data: {dockerImageTag: 1.0.0}\n",
    "connectors/source-c/.dockerignore": "metadata.yaml\nnotes\n",
    "connectors/destination-d/Dockerfile": ON_BASE,
    "connectors/destination-d/run": "1",
    "invoke.yaml": "images: {source-c: {build_args: {FLAVOUR: plain}}}\n",
    ".gitignore": "*.log\n",
}


def settings_of(root: Path) -> Settings:
    config = Config(defaults=DEFAULTS, project_location=root, lazy=True)
    config.load_project()
    return settings_module.read(config, root)


def fingerprints(root: Path) -> dict[str, str]:
    """Of what is on disk, with nothing of git: every file is read."""
    settings = settings_of(root)
    repository = load(settings)
    sources = read_sources(root, repository.connectors, None)
    names = frozenset(c.name for c in repository.connectors)
    plan = plan_build(repository.graph, names, Present(images=None, sources=sources))
    return {name: inputs.fingerprint for name, inputs in source_inputs(plan.builds).items()}


def changed(root: Path, ref: str) -> frozenset[str]:
    settings = settings_of(root)
    repository: Repository = load(settings)
    own = affected(settings, repository.connectors, read_since(root, ref))
    return repository.graph.with_dependents(own)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    new_repository(tmp_path, START)
    git(tmp_path, "tag", "start")
    return tmp_path


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, set()),
        ({"README.md": "new"}, set()),
        ({"connectors/source-b/docs.md": "2"}, set()),
        ({"connectors/source-b/main.py": "2"}, {"source-b"}),
        ({"connectors/source-b/new.py": "2"}, {"source-b"}),
        ({"connectors/source-b/some.log": "2"}, set()),
        ({"connectors/source-b/.dockerignore": ""}, {"source-b"}),
        ({"connectors/source-b/.dockerignore": "*.md\n# why\n"}, {"source-b"}),
        ({"connectors/source-c/metadata.yaml": "data: {dockerImageTag: 1.1.0}\n"}, {"source-c"}),
        ({"connectors/bases/base-a/lib.py": "2"}, {"base-a", "source-b", "destination-d"}),
        ({"invoke.yaml": "images: {source-c: {build_args: {FLAVOUR: odd}}}\n"}, {"source-c"}),
        ({"invoke.yaml": f"# a word\n{START['invoke.yaml']}"}, set()),
    ],
)
@pytest.mark.parametrize("committed", [True, False])
def test_images_are_affected_by_what_enters_them(
    root: Path, files: dict[str, str], expected: set[str], *, committed: bool
) -> None:
    write(root, files)
    if committed:
        git(root, "add", "--all")
        git(root, "commit", "--quiet", "--allow-empty", "--message=more")
    assert changed(root, "start") == expected


@pytest.mark.parametrize("name", ["invoke.yml", "invoke.json"])
def test_settings_count_whatever_their_file_is_called(root: Path, name: str) -> None:
    (root / "invoke.yaml").unlink()
    write(root, {name: '{"images": {"source-c": {"build_args": {"FLAVOUR": "plain"}}}}'})
    assert changed(root, "start") == set()
    write(root, {name: '{"images": {"source-c": {"build_args": {"FLAVOUR": "odd"}}}}'})
    assert changed(root, "start") == {"source-c"}


def test_a_mode_counts(root: Path) -> None:
    (root / "connectors/destination-d/run").chmod(0o755)
    assert changed(root, "start") == {"destination-d"}


def test_a_new_connector_counts(root: Path) -> None:
    write(root, {"connectors/source-new/Dockerfile": ALONE})
    assert changed(root, "start") == {"source-new"}


def test_a_file_that_moved_changes_both_sides(root: Path) -> None:
    git(root, "mv", "connectors/source-b/main.py", "connectors/destination-d/main.py")
    assert changed(root, "start") == {"source-b", "destination-d"}


@pytest.mark.parametrize("place", ["connectors/source-s", "connectors/source-b/vendor"])
@pytest.mark.parametrize("name", ["main.py", "new.py"])
def test_what_is_new_in_a_submodule_counts_committed_or_not(
    root: Path, place: str, name: str
) -> None:
    other = new_repository(root.parent / f"{root.name}-other", {"Dockerfile": ALONE, "main.py": ""})
    git(root, "submodule", "--quiet", "add", str(other), place)
    git(root, "commit", "--quiet", "--message=submodule")
    git(root, "tag", "--force", "start")
    assert changed(root, "start") == set()
    write(root / place, {name: "2"})
    expected = {place.split("/")[1]}
    assert changed(root, "start") == expected
    git(root / place, "add", "--all")
    git(root / place, "commit", "--quiet", "--message=more")
    git(root, "commit", "--quiet", "--all", "--message=more")
    assert changed(root, "start") == expected
    repository = discover(settings_of(root))
    assert affected_tests(repository.connectors, read_since(root, "start")) == expected


def test_a_repository_in_the_repository_counts(root: Path) -> None:
    new_repository(root / "connectors/source-new", {"Dockerfile": ALONE})
    assert changed(root, "start") == {"source-new"}


def test_what_others_changed_meanwhile_does_not_count(root: Path) -> None:
    git(root, "switch", "--quiet", "--create=theirs")
    write(root, {"connectors/source-b/main.py": "theirs"})
    git(root, "commit", "--quiet", "--all", "--message=theirs")
    git(root, "switch", "--quiet", "--detach", "start")
    write(root, {"connectors/source-c/main.py": "ours"})
    assert changed(root, "theirs") == {"source-c"}


def test_tests_that_changed_are_run(root: Path) -> None:
    write(root, {"connectors/source-b/docs.md": "2", "connectors/source-c/notes/t.py": "2"})
    repository = discover(settings_of(root))
    assert affected_tests(repository.connectors, read_since(root, "start")) == {"source-c"}


def mutate(root: Path, dice: random.Random) -> None:
    """One step of a history: any file that is there, or one that is new, gone, moved, hidden."""
    folders = [p for p in sorted((root / "connectors").glob("*")) if p.name != "bases"]
    folders += sorted((root / "connectors" / "bases").glob("*"))
    folder = dice.choice(folders)
    files = [f for f in sorted(folder.rglob("*")) if f.is_file() and f.name != "Dockerfile"]
    match dice.randrange(8):
        case 0 if files:
            dice.choice(files).unlink()
        case 1 if files:
            moved = dice.choice(files)
            target = dice.choice(folders) / f"moved-{dice.randrange(3)}"
            if not target.exists():
                shutil.move(moved, target)
        case 2:
            (folder / ".dockerignore").write_text(dice.choice(("*.md\n", "*.py\n", "", "*\n!a\n")))
        case 3:
            (folder / dice.choice("ab")).chmod(0o755) if (folder / "a").exists() and (
                folder / "b"
            ).exists() else (folder / dice.choice("ab")).write_text("x")
        case 4:
            with (folder / "Dockerfile").open("a") as file:
                file.write(f"ENV A={dice.randrange(3)}\n")
        case 5:
            text = dice.choice(("plain", "odd"))
            (root / "invoke.yaml").write_text(
                f"images: {{source-c: {{build_args: {{FLAVOUR: {text}}}}}}}\n"
            )
        case _:
            name = dice.choice(("main.py", "docs.md", "lib.py", "new/deep.py", "x.log", "a"))
            write(folder, {name: str(dice.randrange(3))})


def tidy(root: Path) -> None:
    """A metadata.yaml that moved elsewhere is no metadata: what it says must stay legal."""
    for file in root.glob("connectors/**/metadata.yaml"):
        file.write_text("data: {dockerImageTag: 1.0.0}\n")


@pytest.mark.parametrize("seed", range(HISTORIES))
def test_what_is_affected_is_what_rebuilding_everything_would_tell(
    tmp_path: Path, seed: int
) -> None:
    dice = random.Random(seed)  # noqa: S311 - to be repeated
    root = new_repository(tmp_path, START)
    for _ in range(dice.randrange(3)):
        mutate(root, dice)
    tidy(root)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--allow-empty", "--message=start")
    clone = tmp_path / ".." / f"{tmp_path.name}-then"
    git(tmp_path, "clone", "--quiet", "--local", str(root), str(clone))
    before = fingerprints(clone)
    git(root, "tag", "start")
    for _ in range(dice.randrange(1, 5)):
        mutate(root, dice)
        if dice.random() < 0.5:
            git(root, "add", "--all")
            git(root, "commit", "--quiet", "--allow-empty", "--message=step")
    tidy(root)
    for file in root.rglob("*.log"):  # git never sees it: neither does a clone
        file.unlink()
    after = fingerprints(root)
    differs = {name for name in after if after[name] != before.get(name)}
    assert changed(root, "start") == differs
