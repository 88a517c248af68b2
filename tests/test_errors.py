from __future__ import annotations

import pytest

from build_config.errors import (
    EngineUnavailableError,
    MachineError,
    RepositoryError,
    StepError,
    UsageError,
    YardError,
    one_of,
)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (YardError("x"), 1),
        (StepError("x"), 1),
        (MachineError("x"), 1),
        (UsageError("x"), 2),
        (RepositoryError(("x",)), 2),
        (EngineUnavailableError("x"), 4),
    ],
)
def test_every_class_has_the_exit_code_of_the_design(error: YardError, code: int) -> None:
    assert error.exit_code == code
    assert str(error) == "x"
    assert error.hint == ""


def test_a_broken_repository_says_all_its_defects() -> None:
    error = RepositoryError(("a:1: x", "b:2: y"), hint="mend both")
    assert error.defects == ("a:1: x", "b:2: y")
    assert str(error) == "a:1: x\nb:2: y"
    assert error.hint == "mend both"


def test_a_step_knows_the_place_of_its_failure() -> None:
    error = StepError("x", path="a/Dockerfile", line=3)
    assert (error.path, error.line) == ("a/Dockerfile", 3)


def test_a_value_that_a_flag_takes_passes() -> None:
    one_of("--format", "json", ("table", "json"))


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("jsno", "did you mean `json`? one of table, json"),
        ("xml", "one of table, json"),
        ("", "one of table, json"),
    ],
)
def test_a_value_that_it_does_not_take_is_refused_with_a_guess(value: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        one_of("--format", value, ("table", "json"))
    assert str(caught.value) == f"`--format={value}` is unknown"
    assert caught.value.hint == hint
