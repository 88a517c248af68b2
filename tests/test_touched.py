"""Which images do saved paths touch: tables over tiny repositories."""

from __future__ import annotations

import random
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
from monorepos import OURS, connectors, graph, settings, standing
from repositories import write

from build_config.errors import RepositoryError
from build_config.graph import Graph
from build_config.plan import Present, plan_build
from build_config.repository import load, read_sources
from build_config.touched import differing, is_noise, touched, touched_tests

JAVA = {
    "connectors/bases/base-java/Dockerfile": "FROM scratch\n",
    "connectors/bases/base-java/build.gradle": "plugins { id 'java-library' }\n",
    "connectors/source-java/Dockerfile": "FROM scratch\nCOPY build/distributions/x.tar /\n",
    "connectors/source-java/build.gradle": "api project(':connectors:bases:base-java')\n",
    "connectors/source-java/.dockerignore": "*\n!build\n",
    "connectors/source-plain/Dockerfile": "FROM scratch\n",
}
IGNORING = {
    **OURS,
    "connectors/source-a/.dockerignore": "*.md\ntests\ncache\n!cache/kept\n",
}


@pytest.mark.parametrize(
    "path",
    [
        ".git/index",
        ".yard/logs/run/build.log",
        "connectors/source-a/.gradle/7/fileHashes.bin",
        "connectors/source-a/__pycache__/main.cpython-311.pyc",
        "connectors/source-a/main.pyc",
        "connectors/source-a/main.py~",
        "connectors/source-a/.main.py.swp",
        "connectors/source-a/4913",
        "connectors/source-a/.#main.py",
        "connectors/source-a/main.py___jb_tmp___",
    ],
)
def test_what_nobody_wrote_is_noise(path: str) -> None:
    assert is_noise(path)


@pytest.mark.parametrize(
    "path",
    ["connectors/source-a/main.py", ".gitignore", "a/.github/x", "build/x", "a.py.tmp", "."],
)
def test_what_somebody_may_have_written_is_none(path: str) -> None:
    assert not is_noise(path)


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("connectors/source-a/main.py", {"source-a"}),
        ("connectors/source-a/gone.py", {"source-a"}),
        ("connectors/source-a/new/folder", {"source-a"}),
        ("connectors/source-a/README.md", set()),
        ("connectors/source-a/tests/test_main.py", set()),
        ("connectors/source-a/cache", {"source-a"}),
        ("connectors/source-a/cache/kept", {"source-a"}),
        ("connectors/source-a/cache/lost", set()),
        ("connectors/source-a/Dockerfile", {"source-a"}),
        ("connectors/source-a/.dockerignore", {"source-a"}),
        ("connectors/source-a/metadata.yaml", {"source-a"}),
        ("connectors/source-a", {"source-a"}),
        ("connectors", {"source-a", "destination-b", "base-python"}),
        ("connectors/bases/base-python/base.sh", {"base-python"}),
        ("connectors/source-abc/main.py", set()),
        ("docs/index.md", set()),
        ("main.py", set()),
    ],
)
def test_a_saved_file_touches_the_images_that_it_enters(
    tmp_path: Path, path: str, names: set[str]
) -> None:
    found = connectors(tmp_path, IGNORING)
    assert touched(tmp_path, found.values(), [path]) == names


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("connectors/source-java/src/main/java/Main.java", {"source-java"}),
        ("connectors/source-java/README.md", set()),
        ("connectors/source-java/build/distributions/x.tar", set()),
        ("connectors/source-java/build", set()),
        ("connectors/source-java/src/build/Tool.java", {"source-java"}),
        ("connectors/source-plain/build/x", {"source-plain"}),
        ("connectors/bases/base-java/src/main/java/Base.java", {"base-java", "source-java"}),
        ("connectors/bases/base-java/src/test/java/BaseTest.java", {"base-java"}),
        ("build.gradle", {"source-java"}),
        ("buildSrc/src/main/groovy/x.gradle", {"source-java"}),
        ("buildSrc/build/classes/x.class", set()),
        ("settings.gradle", {"source-java"}),
    ],
)
def test_what_gradle_reads_counts_and_what_it_writes_does_not(
    tmp_path: Path, path: str, names: set[str]
) -> None:
    found = connectors(tmp_path, JAVA)
    assert touched(tmp_path, found.values(), [path]) == names


def test_a_broken_ignore_file_touches_its_image_so_that_it_is_told(tmp_path: Path) -> None:
    found = connectors(tmp_path, {**OURS, "connectors/source-a/.dockerignore": "[z-a]\n"})
    assert touched(tmp_path, found.values(), ["connectors/source-a/x"]) == {"source-a"}


def test_a_test_that_never_enters_an_image_is_a_test_all_the_same(tmp_path: Path) -> None:
    found = connectors(tmp_path, IGNORING).values()
    assert touched_tests(found, ["connectors/source-a/tests/test_main.py"]) == {"source-a"}
    assert touched_tests(found, ["connectors/source-a/acceptance-test-config.yml"]) == {"source-a"}
    assert touched_tests(found, ["connectors/source-a/README.md", "tests/x"]) == frozenset()


def test_what_is_new_moved_or_says_something_else_differs(tmp_path: Path) -> None:
    before = graph(tmp_path / "1", {"base-a": standing(), "source-b": standing("base-a")})
    same = graph(tmp_path / "2", {"base-a": standing(), "source-b": standing("base-a")})
    more = graph(
        tmp_path / "3",
        {"base-a": standing(), "source-b": standing("base-a"), "source-c": standing("base-a")},
    )
    assert differing(before, same) == frozenset()
    assert differing(before, more) == {"source-c"}
    assert differing(more, before) == frozenset()
    moved = graph(tmp_path / "4", {"base-a": standing(), "source-b": standing()})
    assert differing(before, moved) == {"source-b"}


# What random edits choose from, the last of each seldom; None removes.
EDITS: tuple[tuple[str, tuple[str | None, ...]], ...] = (
    ("connectors/bases/base-a/Dockerfile", ("FROM scratch\n", "FROM scratch\nCOPY . /\n")),
    ("connectors/bases/base-a/x", ("1", "2", None)),
    ("connectors/bases/base-java/src/main/A.java", ("1", "2", None)),
    ("connectors/bases/base-java/src/test/T.java", ("1", "2", None)),
    ("connectors/bases/base-java/build/libs/a.jar", ("1", "2", None)),
    ("connectors/source-a/Dockerfile", (standing("base-a"), standing(), "FROMM\n")),
    ("connectors/source-a/.dockerignore", ("*.md\n", "cache\n!cache/kept\n", None, "[z-a]\n")),
    ("connectors/source-a/README.md", ("1", "2", None)),
    ("connectors/source-a/cache/kept", ("1", "2", None)),
    ("connectors/source-a/cache/lost", ("1", "2", None)),
    ("connectors/source-a/metadata.yaml", ("data: {dockerImageTag: 1}\n", None, "[\n")),
    ("connectors/source-b/Dockerfile", (standing("source-a"), None, standing("base-a"))),
    (
        "connectors/source-java/Dockerfile",
        ("FROM scratch\nCOPY build/x /\n", "FROM scratch\nCOPY build/y /\n"),
    ),
    ("connectors/source-java/.dockerignore", ("*\n!build\n", "*\n!build\n!README.md\n", None)),
    ("connectors/source-z/Dockerfile", (standing(), "FROM scratch\nCOPY x /\n")),
    ("connectors/source-z/.dockerignore", ("*\n", "*\n!x\n")),
    ("connectors/source-z/x", ("1", "2", None)),
    ("connectors/source-java/Main.java", ("1", "2", None)),
    ("connectors/source-java/README.md", ("1", "2", None)),
    ("connectors/source-java/build/distributions/x.tar", ("1", "2", None)),
    ("build.gradle", ("1", "2", None)),
    ("gradle/versions.toml", ("1", "2", None)),
    ("docs/index.md", ("1", "2", None)),
)


@pytest.mark.parametrize("seed", range(4))
def test_nothing_changes_that_was_not_touched(tmp_path: Path, seed: int) -> None:
    """Random edits, broken states among them: fingerprints before and after are the judge."""
    dice = random.Random(seed)  # noqa: S311 - no secret
    write(tmp_path, {**JAVA, **{path: texts[0] or "" for path, texts in EDITS}})
    graph, before = fingerprints(tmp_path)
    saved: set[str] = set()
    sound = 0
    for _ in range(60):
        for path, texts in dice.choices(EDITS, k=dice.randint(1, 3)):
            saved |= {path}
            edit(tmp_path, path, dice.choice(texts if dice.random() < 0.1 else texts[:2]))
        try:
            now, after = fingerprints(tmp_path)
        except RepositoryError:
            continue  # waited out: what was saved meanwhile still counts
        sound += 1
        own = touched(tmp_path, now.connectors.values(), saved) | differing(graph, now)
        changed = {name for name in after if after[name] != before.get(name)}
        assert changed <= now.with_dependents(own), saved
        graph, before, saved = now, after, set()
    assert sound >= 20


def edit(root: Path, path: str, text: str | None) -> None:
    if text is not None:
        write(root, {path: text})
        return
    (root / path).unlink(missing_ok=True)
    if path.endswith("source-b/Dockerfile"):
        shutil.rmtree((root / path).parent, ignore_errors=True)


def fingerprints(root: Path) -> tuple[Graph, Mapping[str, str]]:
    made = load(settings(root))
    sources = read_sources(root, made.connectors, None)
    plan = plan_build(
        made.graph, frozenset(made.graph.connectors), Present(images={}, sources=sources)
    )
    return made.graph, {name: inputs.fingerprint for name, inputs in plan.inputs.items()}
