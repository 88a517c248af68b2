from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from invoke.config import Config
from invoke.context import Context
from invoke.exceptions import Exit
from monorepos import OURS

from build_config import program
from build_config.errors import (
    EngineUnavailableError,
    RepositoryError,
    StepError,
    UsageError,
    YardError,
)
from build_config.settings import DEFAULTS, Settings
from build_config.streams import Streams

PROJECT = Path(__file__).resolve().parent.parent


def code_of(project: Path, command: program.Command) -> int:
    """The exit code of a command: 0 is a return, anything else is Invoke's Exit."""
    context = Context(Config(defaults={**DEFAULTS, "root": str(project)}))
    try:
        program.run(context, command)
    except Exit as ending:
        return int(ending.code)
    return 0


def raising(error: BaseException) -> program.Command:
    def command(_settings: Settings, _streams: Streams) -> int:
        raise error

    return command


@pytest.fixture(autouse=True)
def _typed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The words of this process are pytest's."""
    monkeypatch.setattr(sys, "argv", ["invoke", "build"])


def test_a_command_gets_the_settings_and_its_code_is_the_exit_code(tmp_path: Path) -> None:
    seen: list[Path] = []

    def command(settings: Settings, _streams: Streams) -> int:
        seen.append(settings.root)
        return len(seen) - 1

    assert [code_of(tmp_path, command), code_of(tmp_path, command)] == [0, 1]
    assert seen == [tmp_path, tmp_path]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (YardError("it broke", hint="mend it"), 1),
        (StepError("it broke", hint="mend it"), 1),
        (UsageError("it broke", hint="mend it"), 2),
        (RepositoryError(("it broke",), hint="mend it"), 2),
        (EngineUnavailableError("it broke", hint="mend it"), 4),
    ],
)
def test_a_users_error_is_one_line_and_a_hint_on_standard_error(
    tmp_path: Path, error: YardError, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert code_of(tmp_path, raising(error)) == code
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "error: it broke\nhint: mend it\n"


def test_an_error_without_a_hint_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code_of(tmp_path, raising(UsageError("no")))
    assert capsys.readouterr().err == "error: no\n"


def test_every_defect_of_a_repository_is_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert code_of(tmp_path, raising(RepositoryError(("a:1: x", "b:2: y")))) == 2
    assert capsys.readouterr().err == "error: a:1: x\nerror: b:2: y\n"


def test_an_interrupt_is_130(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert code_of(tmp_path, raising(KeyboardInterrupt())) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_a_bug_is_70_with_all_that_a_report_needs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert code_of(tmp_path, raising(ZeroDivisionError("oops"))) == 70
    said = capsys.readouterr().err
    assert "ZeroDivisionError: oops" in said
    assert "error: this is a bug of Connector Yard " in said
    assert "hint: please report it" in said


def test_settings_that_cannot_be_are_wrong_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert code_of(tmp_path / "absent", raising(AssertionError())) == 2
    assert "hint: set INVOKE_ROOT" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [["--connector"], ["--connector", "--force"], ["--stream", "--full-refresh"], ["-c", "a"]],
)
def test_a_repeatable_flag_without_a_value_does_not_mean_all(
    tmp_path: Path, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["invoke", "build", *words])
    assert code_of(tmp_path, raising(AssertionError())) == 2


@pytest.mark.parametrize("words", [["clean", "--dry"], ["--dry", "publish"], ["-R", "build"]])
def test_a_dry_run_that_would_be_none_is_refused(
    tmp_path: Path, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["invoke", *words])
    assert code_of(tmp_path, raising(AssertionError())) == 2


@pytest.mark.parametrize(
    "words", [["--runs="], ["--runs", ""], ["--registry="], ["--junit="], ["--output="]]
)
def test_an_empty_value_means_neither_the_default_nor_the_current_folder(
    tmp_path: Path,
    words: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["invoke", "report", *words])
    assert code_of(tmp_path, raising(AssertionError())) == 2
    flag = words[0].removesuffix("=")
    said = f"error: `{flag}` has no value\nhint: `{flag}=…`, or leave it out\n"
    assert capsys.readouterr().err == said


def test_a_value_after_the_flag_is_fine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["invoke", "build", "--connector", "a", "--connector=b"])
    assert code_of(tmp_path, lambda _settings, _streams: 0) == 0


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Of a process that works on a tiny repository of ours."""
    for path, text in OURS.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    kept = {k: v for k, v in os.environ.items() if not k.startswith("INVOKE_")}
    return {**kept, "HOME": str(tmp_path), "INVOKE_ROOT": str(tmp_path)}


def test_tasks_can_be_chained(environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "invoke", "list", "--format=names", "graph"],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "base-python", "destination-b", "source-a",
        "base-python", "├── destination-b", "└── source-a",
    ]  # fmt: skip


def printed_to(
    place: int, environment: dict[str, str], words: list[str]
) -> subprocess.CompletedProcess[str]:
    """A task whose output goes to this file descriptor."""
    return subprocess.run(
        [sys.executable, "-m", "invoke", *words],
        cwd=PROJECT,
        env=environment,
        stdout=place,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("words", [["list"], ["list", "--format=json"], ["graph"]])
def test_a_reader_that_goes_away_is_no_reason_to_complain(
    environment: dict[str, str], words: list[str]
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = printed_to(writer, environment, words)
    os.close(writer)
    assert done.stderr == ""
    assert done.returncode == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_no_bug_of_ours(environment: dict[str, str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = printed_to(full.fileno(), environment, ["list"])
    assert done.stderr.splitlines() == [
        "error: No space left on device", "hint: free some disk, and again",
    ]  # fmt: skip
    assert done.returncode == 1


@pytest.mark.parametrize("forbidden", [False, True])
def test_the_next_run_need_not_compile_us_unless_the_user_forbids_bytecode(
    environment: dict[str, str], tmp_path: Path, *, forbidden: bool
) -> None:
    caches = tmp_path / "caches"
    asked = {
        "PYTHONDONTWRITEBYTECODE": "1" if forbidden else "",
        "PYTHONPYCACHEPREFIX": str(caches),
    }
    subprocess.run(
        [sys.executable, "-m", "invoke", "list"],
        cwd=PROJECT,
        env=environment | asked,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    assert bool(list(caches.rglob("build_config/program.*.pyc"))) is not forbidden


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("namespace: [a\njobs: 2\n", 'invoke.yaml", line 2, column 5'),
        ("acme\n", "'str' object has no attribute 'items'"),
        ("layout: connectors\n", "Can't cleanly merge"),
    ],
)
def test_settings_that_invoke_cannot_read_are_one_line_and_wrong_usage(
    tmp_path: Path, environment: dict[str, str], text: str, said: str
) -> None:
    (tmp_path / "tasks.py").write_text((PROJECT / "tasks.py").read_text())
    (tmp_path / "invoke.yaml").write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "invoke", "list"],
        cwd=tmp_path,
        env=environment | {"PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )
    error, hint = done.stderr.splitlines()
    assert done.returncode == 2
    assert error.startswith("error: the settings cannot be read: ")
    assert said in error
    assert hint.startswith("hint: `invoke.yaml` has a line ")


def test_other_errors_before_a_task_begins_are_told_as_python_tells_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    error = ImportError("no such module")
    program.tell_of_settings(ImportError, error, None)
    assert capsys.readouterr().err == "ImportError: no such module\n"
