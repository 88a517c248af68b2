"""What builds Java connectors: the programs on this machine in, findings out, or packages in."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from build_config.machine import packages
from build_config.machine.findings import Finding, State
from build_config.machine.host import find_program
from build_config.machine.process import capture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from build_config.machine.findings import Progress
    from build_config.machine.host import Host

JDK = "JDK"
GRADLE = "Gradle"
OLDEST_JAVA = 17
PACKAGES = {JDK: "default-jdk-headless", GRADLE: "gradle"}

_JAVA_VERSION = re.compile(r'version "(?P<whole>(?:1\.)?(?P<major>\d+)[^"]*)"')
_GRADLE_JAR = re.compile(r"gradle-(?:core|base-services)-(?P<version>\d[\w.]*?)\.jar")


@dataclass(frozen=True, kw_only=True, slots=True)
class Java:
    """What `java -version` says.

    Attributes:
        path: of `java`; empty when there is none.
        answer: its output; None when it does not run.
        compiler: `javac` is there, so it is a JDK and no mere runtime.
    """

    path: str = ""
    answer: str | None = None
    compiler: bool = False


def look(*, gradle_wrapper: bool, host: Host) -> tuple[Finding, ...]:
    """Say how it stands with the JDK and, unless the repository brings `./gradlew`, Gradle."""
    jdk = judge_java(find_java(), host=host)
    return (jdk,) if gradle_wrapper else (jdk, judge_gradle(find_program("gradle"), host=host))


def install(findings: tuple[Finding, ...], *, host: Host) -> Iterator[Progress]:
    """Install Debian's packages for what is missing; nothing where that is not ours to do."""
    missing = tuple(found.subject for found in findings if found.state is not State.FINE)
    if missing and host.installs_packages:
        names = tuple(PACKAGES[subject] for subject in missing)
        yield from packages.install(names, host=host, subject=missing[0])


def find_java() -> Java:
    """Ask the Java that Gradle would use: JAVA_HOME, then the PATH."""
    home = os.environ.get("JAVA_HOME")
    path = str(Path(home, "bin", "java")) if home else find_program("java")
    if path is None or not Path(path).exists():
        return Java(path=path if home and path else "")
    compiler = Path(path).with_name("javac").exists()
    return Java(path=path, answer=capture((path, "-version")), compiler=compiler)


def judge_java(java: Java, *, host: Host) -> Finding:
    """Turn what was found into a row of the table; pure."""
    match = _JAVA_VERSION.search(java.answer or "")
    version = match["whole"] if match else ""
    if match and java.compiler and int(match["major"]) >= OLDEST_JAVA:
        return Finding(subject=JDK, state=State.FINE, found=java.path, version=version)
    reason, state = _java_defect(java, version)
    remedy = _how_to_install(JDK, host)
    if os.environ.get("JAVA_HOME"):
        remedy = "correct `JAVA_HOME`, or `unset JAVA_HOME`"
    return Finding(subject=JDK, state=state, found=reason, version=version, remedy=remedy)


def _java_defect(java: Java, version: str) -> tuple[str, State]:
    if java.answer is None:
        broken = f"`{java.path}` does not run"
        return (broken, State.BROKEN) if java.path else ("not installed", State.MISSING)
    if not java.compiler:
        return f"`{java.path}` is a runtime without a compiler", State.MISSING
    if not version:
        return f"`{java.path}` does not say its version", State.BROKEN
    return f"older than Java {OLDEST_JAVA}", State.BROKEN


def judge_gradle(path: str | None, *, host: Host) -> Finding:
    """Turn a path into a row; the version is read off Gradle's files, for it starts slowly."""
    if path is None:
        remedy = _how_to_install(GRADLE, host)
        return Finding(subject=GRADLE, state=State.MISSING, found="not installed", remedy=remedy)
    version = gradle_version(Path(path).resolve().parents[1] / "lib")
    return Finding(subject=GRADLE, state=State.FINE, found=path, version=version)


def gradle_version(library: Path) -> str:
    """Return the version in the name of one of Gradle's own archives; empty when unknown."""
    matches = (_GRADLE_JAR.fullmatch(path.name) for path in sorted(library.glob("gradle-*.jar")))
    return next((match["version"] for match in matches if match), "")


def _how_to_install(subject: str, host: Host) -> str:
    if host.installs_packages:
        return f"`invoke setup` installs `{PACKAGES[subject]}`"
    if host.apt:
        return f"`sudo apt-get install {PACKAGES[subject]}`"
    site = {JDK: "https://adoptium.net/installation/", GRADLE: "https://gradle.org/install/"}
    return f"install it: {site[subject]}"
