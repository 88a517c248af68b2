"""What is found of Java and Gradle, judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from build_config.machine.findings import State
from build_config.machine.host import Host
from build_config.machine.toolchain import Java, gradle_version, judge_gradle, judge_java

if TYPE_CHECKING:
    from pathlib import Path

DEBIAN_ROOT = Host(root=True, apt=True, distribution=("debian",))


@pytest.fixture(autouse=True)
def _no_java_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)


@pytest.mark.parametrize(
    ("answer", "compiler", "state", "version"),
    [
        ('openjdk version "17.0.15" 2025-04-15', True, State.FINE, "17.0.15"),
        ('openjdk version "21" 2023-09-19', True, State.FINE, "21"),
        ('openjdk version "17.0.15" 2025-04-15', False, State.MISSING, "17.0.15"),
        ('java version "1.8.0_202"', True, State.BROKEN, "1.8.0_202"),
        ("Error: could not find libjava.so", True, State.BROKEN, ""),
        (None, True, State.BROKEN, ""),
    ],
)
def test_java_is_judged_by_its_version_and_its_compiler(
    answer: str | None,
    compiler: bool,  # noqa: FBT001 - a table's column
    state: State,
    version: str,
) -> None:
    java = Java(path="/usr/bin/java", answer=answer, compiler=compiler)
    finding = judge_java(java, host=DEBIAN_ROOT)
    assert (finding.state, finding.version) == (state, version)


@pytest.mark.parametrize(
    ("host", "remedy"),
    [
        (DEBIAN_ROOT, "`invoke setup` installs `default-jdk-headless`"),
        (Host(apt=True, distribution=("debian",)), "`sudo apt-get install default-jdk-headless`"),
        (Host(system="Darwin"), "https://adoptium.net"),
    ],
)
def test_a_missing_jdk_comes_with_a_remedy(host: Host, remedy: str) -> None:
    finding = judge_java(Java(), host=host)
    assert finding.state is State.MISSING
    assert remedy in finding.remedy


def test_a_wrong_java_home_is_named_for_installing_would_not_help(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("JAVA_HOME", "/opt/old")
    finding = judge_java(Java(path="/opt/old/bin/java"), host=DEBIAN_ROOT)
    assert (finding.state, finding.found) == (State.BROKEN, "`/opt/old/bin/java` does not run")
    assert "JAVA_HOME" in finding.remedy


def test_gradles_version_is_read_off_its_files(tmp_path: Path) -> None:
    program = tmp_path / "gradle" / "bin" / "gradle"
    program.parent.mkdir(parents=True)
    program.touch()
    library = tmp_path / "gradle" / "lib"
    library.mkdir()
    assert gradle_version(library) == ""
    for name in ("gradle-api-metadata.jar", "gradle-base-services-groovy-8.5.jar"):
        (library / name).touch()
    (library / "gradle-base-services-8.5.jar").touch()
    assert judge_gradle(str(program), host=Host()).version == "8.5"
    assert judge_gradle(None, host=DEBIAN_ROOT).remedy == "`invoke setup` installs `gradle`"
