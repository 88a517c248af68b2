from __future__ import annotations

from pathlib import Path

import repositories
from monorepos import images

from build_config.checks.gradle_output import read_failures

TEST = "connectors/destination-csv/src/test/java/org/yard/RowTest.java"

COMPILER = """\
> Task :connectors:destination-csv:compileJava FAILED
{root}/connectors/destination-csv/src/main/java/Main.java:3: warning: [removal] old
{root}/connectors/destination-csv/src/main/java/Main.java:7: error: ';' expected
    int a
         ^
1 error

FAILURE: Build failed with an exception.

* What went wrong:
Execution failed for task ':connectors:destination-csv:compileJava'.
> Compilation failed; see the compiler error output for details.

* Try:
> Run with --info
"""

TESTS = """\
> Task :connectors:destination-csv:test FAILED

RowTest > quotes commas FAILED
    org.opentest4j.AssertionFailedError: expected: <1> but was: <2> at RowTest.java:12
        Caused by: java.lang.Error at Other.java:1

RowTest > is quick() FAILED
    java.util.concurrent.TimeoutException

2 tests completed, 2 failed

* What went wrong:
Execution failed for task ':connectors:destination-csv:test'.
> There were failing tests. See the report at: file:///x/index.html
"""

SCRIPT = """\
FAILURE: Build failed with an exception.

* Where:
Build file '{root}/connectors/destination-csv/build.gradle' line: 5

* What went wrong:
A problem occurred evaluating project ':connectors:destination-csv'.
> Could not find method impl() for arguments

* Try:
"""

OTHER = """\
* What went wrong:
Execution failed for task ':connectors:destination-csv:checkstyleMain'.
> Checkstyle rule violations were found.
"""


FULL = """\
> Task :connectors:destination-csv:test FAILED

RowTest > quotes commas FAILED
    org.opentest4j.AssertionFailedError: expected: <1
    > but was: <2>

        at org.junit.jupiter.api.AssertionUtils.fail(AssertionUtils.java:55)
        at app//org.yard.RowTest.quotes(RowTest.java:12)
        at java.base/java.lang.reflect.Method.invoke(Method.java:568)

RowTest > far away FAILED
    java.lang.Error
        at Other.run(Other.java:1)
"""


def failures(root: Path, output: str) -> list[tuple[str, str, int | None, str]]:
    repositories.write(root, {TEST: ""})
    there = images(root, {"destination-csv": "FROM scratch\n"})
    lines = output.format(root=root).splitlines()
    made = tuple(read_failures(lines, root, tuple(there.values()), "./gradlew"))
    assert {defect.rule for defect in made} <= {"gradle"}
    assert all(not defect.cure or defect.cure.startswith("`./gradlew :") for defect in made)
    return [(defect.connector, defect.path, defect.line, defect.message) for defect in made]


def test_an_error_of_the_compiler_has_file_and_line(tmp_path: Path) -> None:
    assert failures(tmp_path, COMPILER) == [
        (
            "destination-csv", "connectors/destination-csv/src/main/java/Main.java", 7,
            "';' expected",
        )
    ]  # fmt: skip


def test_gradle_4_prints_behind_the_name_of_the_task(tmp_path: Path) -> None:
    task, _, errors = COMPILER.partition(" FAILED\n")
    error = errors[errors.index("\n") + 1 :]
    output = f"{task.removeprefix('> Task ')}{error}"
    assert failures(tmp_path, output) == failures(tmp_path, COMPILER)


def test_a_failed_test_is_named_with_the_line_that_failed(tmp_path: Path) -> None:
    assert failures(tmp_path, TESTS) == [
        (
            "destination-csv", TEST, 12, ("RowTest > quotes commas failed: "
            "org.opentest4j.AssertionFailedError: expected: <1> but was: <2>"),
        ),
        (
            "destination-csv", "", None, ("RowTest > is quick() failed: "
            "java.util.concurrent.TimeoutException"),
        ),
    ]  # fmt: skip


def test_a_failed_test_with_its_whole_stack_is_named_with_the_line_in_our_sources(
    tmp_path: Path,
) -> None:
    assert failures(tmp_path, FULL) == [
        (
            "destination-csv", TEST, 12, ("RowTest > quotes commas failed: "
            "org.opentest4j.AssertionFailedError: expected: <1"),
        ),
        ("destination-csv", "", None, "RowTest > far away failed: java.lang.Error"),
    ]  # fmt: skip


def test_two_unknown_symbols_of_one_line_are_two_failures(tmp_path: Path) -> None:
    error = "{root}/connectors/destination-csv/A.java:3: error: cannot find symbol\n  x(y);\n  ^\n"
    output = f"{error}  symbol:   method x()\n  location: class A\n{error}  symbol: variable y\n"
    assert [message for *_, message in failures(tmp_path, output)] == [
        "cannot find symbol: method x()",
        "cannot find symbol: variable y",
    ]


def test_a_broken_build_script_is_named_with_its_line(tmp_path: Path) -> None:
    assert failures(tmp_path, SCRIPT) == [
        (
            "destination-csv", "connectors/destination-csv/build.gradle", 5,
            ("A problem occurred evaluating project ':connectors:destination-csv'. "
            "Could not find method impl() for arguments"),
        )
    ]  # fmt: skip


def test_whatever_else_went_wrong_is_told_in_one_line(tmp_path: Path) -> None:
    assert failures(tmp_path, OTHER) == [
        (
            "destination-csv", "", None,
            ("Execution failed for task ':connectors:destination-csv:checkstyleMain'. "
            "Checkstyle rule violations were found."),
        )
    ]  # fmt: skip


def test_all_failures_of_one_run_are_told(tmp_path: Path) -> None:
    assert len(failures(tmp_path, COMPILER + TESTS + SCRIPT + OTHER)) == 5


def test_kotlin_and_groovy_have_their_own_ways(tmp_path: Path) -> None:
    output = (
        "e: file://{root}/connectors/destination-csv/A.kt:3:5 Unresolved reference\n"
        "e: {root}/connectors/destination-csv/B.kt: (4, 6): Expecting an expression\n"
        "{root}/connectors/destination-csv/C.groovy: 9: unexpected token @ line 9, column 1.\n"
    )
    assert [(path[-8:], line) for _, path, line, _ in failures(tmp_path, output)] == [
        ("csv/A.kt", 3), ("csv/B.kt", 4), ("C.groovy", 9),
    ]  # fmt: skip


def test_a_build_that_passed_has_no_failures(tmp_path: Path) -> None:
    assert failures(tmp_path, "> Task :a:compileJava\n\nBUILD SUCCESSFUL in 3s\n") == []
