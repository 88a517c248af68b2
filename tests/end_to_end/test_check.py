"""`invoke check` as a user has it: what it prints, what it changes, what it exits with."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING

import pytest
import well_kept

if TYPE_CHECKING:
    from yard import Yard

JAVA = "connectors/destination-csv"
MAIN = f"{JAVA}/src/main/java/Main.java"
PASSING = 'echo "$@" > arguments; echo ":build"; echo "BUILD SUCCESSFUL in 1s"'
FAILING = """\
echo "> Task :connectors:destination-csv:compileJava FAILED"
echo "$PWD/connectors/destination-csv/src/main/java/Main.java:3: error: ';' expected"
echo "* What went wrong:"
echo "Execution failed for task ':connectors:destination-csv:compileJava'."
echo "> Compilation failed; see the compiler error output for details."
exit 1
"""


@pytest.fixture
def clean(repository: Yard) -> Yard:
    """Two connectors and their base, with nothing wrong."""
    repository.commit(well_kept.repository("source-a", "destination-csv"))
    return repository


def add_java(yard: Yard, gradlew: str) -> None:
    """Make one of the connectors a Java one that is built by this script."""
    yard.commit(
        {
            "settings.gradle": "include ':connectors:destination-csv'\n",
            f"{JAVA}/build.gradle": "plugins { id 'java' }\n",
            MAIN: "class Main {}\n",
            "gradlew": f"#!/bin/sh\n{gradlew}\n",
        }
    )
    (yard.root / "gradlew").chmod(0o755)


def test_a_clean_repository_passes(clean: Yard) -> None:
    finished = clean.invoke("check")
    assert finished.code == 0, finished
    assert finished.out.startswith("no defects: 3 images in ")
    assert "skipped: gradle: there is no `settings.gradle`" in finished.err
    assert clean.invoke("check", "--no-gradle", "--format=json").json() == []


def test_defects_are_told_with_place_and_cure_and_the_code_is_1(clean: Yard) -> None:
    page = clean.root / "docs/integrations/sources/a.md"
    page.unlink()
    clean.write({"connectors/source-b/Dockerfile": "FORM scratch\n"})
    finished = clean.invoke("check")
    assert finished.code == 1, finished
    assert "source-a\n  build_config/definitions/STANDARD_SOURCE_DEFINITION/source-a.yaml:5: " in (
        finished.out
    )
    assert "connectors/source-b/Dockerfile:1: dockerfile-syntax" in finished.out
    assert "      cure: write `docs/integrations/sources/a.md`" in finished.out
    assert finished.out.splitlines()[-1].startswith("2 defects in ")


def test_json_is_the_only_thing_on_standard_output(clean: Yard) -> None:
    (clean.root / "docs/integrations/sources/a.md").unlink()
    finished = clean.invoke("check", "--format=json")
    assert finished.code == 1
    assert finished.json() == [
        {
            "connector": "source-a",
            "rule": "docs-page",
            "message": "its page `docs/integrations/sources/a.md` is not there",
            "path": well_kept.definition("source-a"),
            "line": 5,
        }
    ]
    log = json.loads(clean.invoke("check", "--format=sarif").out)
    assert log["runs"][0]["results"][0]["ruleId"] == "docs-page"
    told = clean.invoke("check", "--format=github").out
    assert told.startswith(f"::error file={well_kept.definition('source-a')},line=5,title=")


def test_a_connector_that_is_broken_can_be_chosen(clean: Yard) -> None:
    clean.write({"connectors/source-b/Dockerfile": "FORM scratch\n"})
    (clean.root / "docs/integrations/sources/a.md").unlink()
    rows = clean.invoke("check", "--connector=source-b", "--format=json").json()
    assert [row["connector"] for row in rows] == ["source-b"]
    rows = clean.invoke("check", "--connector=source-*", "--format=json").json()
    assert [row["connector"] for row in rows] == ["source-a", "source-b"]
    other = clean.invoke("check", "--connector=destination-csv")
    assert other.code == 0
    assert other.out.startswith("no defects: 1 image in ")


@pytest.mark.parametrize(
    ("flag", "said"),
    [
        ("--connector=source-aa", "did you mean `source-a`?"),
        ("--format=jsn", "did you mean `json`?"),
        ("--changed-since=nowhere", "`--changed-since=nowhere`"),
    ],
)
def test_wrong_usage_is_another_code(clean: Yard, flag: str, said: str) -> None:
    finished = clean.invoke("check", flag)
    assert finished.code == 2, finished
    assert said in finished.err


def test_fix_says_what_it_changed_and_is_done_after_once(clean: Yard) -> None:
    path = "connectors/source-a/metadata.yaml"
    text = (clean.root / path).read_text()
    clean.write({path: text.replace("1.2.0", "1.1.0"), ".gitignore": ""})
    finished = clean.invoke("check", "--fix")
    assert finished.code == 0, finished
    assert f"fixed: {path}:7: `dockerImageTag` is `1.1.0`" in finished.err
    assert "fixed: .gitignore: " in finished.err
    assert (clean.root / path).read_text() == text
    assert "nothing here can be fixed by a program" in clean.invoke("check", "--fix").err


def test_exceptions_come_from_the_settings(clean: Yard) -> None:
    (clean.root / "docs/integrations/sources/a.md").unlink()
    clean.settings(
        "check:\n  ignore:\n    - {rule: docs-page, connector: source-a, reason: in May}\n"
    )
    finished = clean.invoke("check")
    assert finished.code == 0, finished
    assert finished.out.startswith("no defects: 3 images, 1 excepted in the settings in ")
    clean.settings("check:\n  ignore:\n    - {rule: docs-page, conector: source-a}\n")
    finished = clean.invoke("check")
    assert finished.code == 2
    assert "did you mean `check.ignore[0].connector`?" in finished.err


def test_what_changed_without_a_new_version_is_found(clean: Yard) -> None:
    clean.commit({"connectors/source-a/main.py": "print(2)\n"})
    assert clean.invoke("check").code == 0
    (row,) = clean.invoke("check", "--changed-since=HEAD~1", "--format=json").json()
    assert (row["connector"], row["rule"]) == ("source-a", "not-bumped")


def test_gradle_builds_all_once(clean: Yard) -> None:
    add_java(clean, PASSING)
    finished = clean.invoke("check")
    assert finished.code == 0, finished
    assert "gradle: started (builds `destination-csv`)" in finished.out
    assert (clean.root / "arguments").read_text() == "--console=plain build --continue\n"


def test_gradle_builds_only_what_is_chosen_and_only_when_asked(clean: Yard) -> None:
    add_java(clean, PASSING)
    for flags in (("--connector=source-a",), ("--no-gradle",)):
        assert clean.invoke("check", *flags).code == 0
        assert not (clean.root / "arguments").exists()
    assert clean.invoke("check", "--connector=destination-csv").code == 0
    assert ":connectors:destination-csv:build" in (clean.root / "arguments").read_text()


def test_what_gradle_finds_is_a_defect_like_any_other(clean: Yard) -> None:
    add_java(clean, FAILING)
    finished = clean.invoke("check", "--format=json")
    assert finished.code == 1, finished
    assert finished.json() == [
        {
            "connector": "destination-csv",
            "rule": "gradle",
            "message": "';' expected",
            "path": MAIN,
            "line": 3,
        }
    ]


def test_a_gradle_that_says_nothing_is_a_defect_too(clean: Yard) -> None:
    add_java(clean, "exit 3")
    (row,) = clean.invoke("check", "--format=json").json()
    assert row["message"] == "`./gradlew` ended with exit code 3"


def test_a_wrapper_that_cannot_be_started_is_a_defect_and_no_bug(clean: Yard) -> None:
    add_java(clean, PASSING)
    wrapper = clean.root / "gradlew"
    wrapper.write_bytes(b"#!/bin/sh\r\n")
    assert "`./gradlew` cannot be started: No such file or directory" in clean.invoke("check").out
    wrapper.chmod(0o644)
    finished = clean.invoke("check")
    assert "`./gradlew` cannot be started: Permission denied" in finished.out
    assert "cure: it has to be executable (`chmod +x`)" in finished.out


def test_gradle_can_be_interrupted(clean: Yard) -> None:
    add_java(clean, "echo started; exec sleep 60")
    with clean.started("check") as running:
        running.wait_for("gradle: started")
        running.interrupt(signal.SIGINT)
        finished = running.finish()
    assert finished.code == 130, finished
