"""Which images do saved paths touch: tables over tiny repositories."""

from __future__ import annotations

from pathlib import Path

import pytest
from monorepos import OURS, connectors, graph, standing

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
