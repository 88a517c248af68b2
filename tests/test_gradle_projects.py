from __future__ import annotations

from pathlib import Path

import pytest
import repositories
from monorepos import settings
from workbench import Workbench, reasons

from build_config.checks.inspection import inspect
from build_config.gradle_projects import read_beside

CSV = "connectors/destination-csv"
LIBRARY = "connectors/bases/base-java"
BASICS = "libraries/basics"
JAVA = {
    f"{CSV}/Dockerfile": (
        "FROM base/java:1\nCOPY build/image /\n"
        "LABEL io.airbyte.name=acme/destination-csv\nLABEL io.airbyte.version=1.0.0\n"
    ),
    f"{CSV}/build.gradle": (
        "dependencies {\n    implementation project(':connectors:bases:base-java')\n"
        "    // implementation project(':libraries:gone')\n}\n"
    ),
    f"{CSV}/src/main/java/Csv.java": "class Csv {}\n",
    f"{LIBRARY}/build.gradle": "dependencies {\n    api(project(path: ':libraries:basics'))\n}\n",
    f"{LIBRARY}/src/main/java/Base.java": "class Base {}\n",
    f"{LIBRARY}/src/test/java/BaseTest.java": "class BaseTest {}\n",
    f"{LIBRARY}/README.md": "Base\n",
    f"{BASICS}/build.gradle.kts": 'dependencies { api(project(":connectors:bases:base-java")) }\n',
    f"{BASICS}/src/main/java/Basics.java": "class Basics {}\n",
    "libraries/other/Other.java": "class Other {}\n",
    "settings.gradle": "\n",
    "gradle/libs.versions.toml": "\n",
}


@pytest.fixture
def built(tmp_path: Path) -> Workbench:
    """One Java connector, up to date."""
    bench = Workbench.at(tmp_path, JAVA | {"gradlew": "#!/bin/sh\n"}, "base/java:1")
    (tmp_path / "gradlew").chmod(0o755)
    bench.all_good()
    return bench


def test_projects_are_followed_through_build_files_of_both_languages(tmp_path: Path) -> None:
    repositories.write(tmp_path, JAVA)
    assert read_beside(tmp_path, CSV).projects == (LIBRARY, BASICS)


@pytest.mark.parametrize(
    "text",
    [
        "exclude '**/*.tmp'\n{it}\nexclude '**/x'\n",
        'exclude("**/*.tmp")\n{it}\nexclude("**/x")\n',
        "maven {{ url 'https://maven.example' }}; {it}\n",
        "// it's text\n{it}\n",
        "/* 'no text */ {it}\n",
        "said = 'it\\'s /* '\n{it}\n// */\n",
        "said = '''it's /*'''\n{it}\n// */\n",
        "{it}\n/* without end " + "/* " * 100_000,
    ],
)
def test_what_looks_like_a_comment_in_a_text_hides_no_project(tmp_path: Path, text: str) -> None:
    it = "implementation project(':libraries:basics')"
    files = {f"{CSV}/build.gradle": text.format(it=it), f"{BASICS}/Basics.java": ""}
    repositories.write(tmp_path, files)
    assert read_beside(tmp_path, CSV).projects == (BASICS,)


@pytest.mark.parametrize(
    "comment", ["// {it}", "/* {it} */", "/* '\n{it}\n' */", "// '/* '\n// {it}"]
)
def test_what_is_in_a_comment_is_no_project(tmp_path: Path, comment: str) -> None:
    it = "implementation project(':libraries:basics')"
    files = {f"{CSV}/build.gradle": comment.format(it=it), f"{BASICS}/Basics.java": ""}
    repositories.write(tmp_path, files)
    assert read_beside(tmp_path, CSV).projects == ()


def test_no_project_is_followed_out_of_the_repository(tmp_path: Path) -> None:
    outside = "dependencies { api(project(':..:outside')); api(project(':connectors:..:..')) }\n"
    repositories.write(tmp_path, {"outside/x": "", f"root/{CSV}/build.gradle": outside})
    assert read_beside(tmp_path / "root", CSV).projects == ()


@pytest.mark.parametrize(
    ("path", "seen"),
    [
        (f"{LIBRARY}/src/main/java/Base.java", "../bases/base-java/src/main/java/Base.java"),
        (f"{LIBRARY}/src/main/java/New.java", "../bases/base-java/src/main/java/New.java"),
        (f"{BASICS}/src/main/java/Basics.java", "../../libraries/basics/src/main/java/Basics.java"),
        (f"{BASICS}/build.gradle.kts", "../../libraries/basics/build.gradle.kts"),
        ("settings.gradle", "../../settings.gradle"),
        ("build.gradle", "../../build.gradle"),
        ("gradle/libs.versions.toml", "../../gradle/libs.versions.toml"),
        (f"{LIBRARY}/src/test/java/BaseTest.java", None),
        (f"{LIBRARY}/README.md", None),
        ("libraries/other/Other.java", None),
    ],
)
def test_what_gradle_reads_elsewhere_is_a_source_of_the_image(
    built: Workbench, path: str, seen: str | None
) -> None:
    new = not (built.settings.root / path).exists()
    built.write({path: "// another\n"})
    why = reasons(built.plan()).get("build destination-csv", "up to date")
    assert why == (f"`{seen}` {'added' if new else 'changed'}" if seen else "up to date")


def test_what_is_gone_decides_as_well(tmp_path: Path) -> None:
    repositories.write(tmp_path, JAVA)
    reads = read_beside(tmp_path, CSV)
    assert reads.covers(f"{LIBRARY}/src/main/java/Gone.java")
    assert reads.covers("gradle.properties")
    assert reads.covers("buildSrc/src/main/groovy/plugin.groovy")
    assert not reads.covers(f"{LIBRARY}/src/test/java/GoneTest.java")
    assert not reads.covers("connectors/source-file/build.gradle")


@pytest.mark.parametrize("path", [f"{LIBRARY}/src/main/java/Base.java", "settings.gradle"])
def test_what_gradle_reads_elsewhere_asks_for_a_new_version(tmp_path: Path, path: str) -> None:
    repositories.new_repository(tmp_path, JAVA)
    repositories.write(tmp_path, {path: "// another\n"})
    found = [d for d in inspect(settings(tmp_path), since="main").defects if d.rule == "not-bumped"]
    assert [defect.connector for defect in found] == ["destination-csv"]
    assert f"{path.removeprefix('connectors/')}` changed" in found[0].message
