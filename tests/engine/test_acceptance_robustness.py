"""Connectors that take misfortune badly, each caught by the right case with the fault named."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import tiny_connectors
import tiny_destinations as tiny

from build_config.acceptance import robustness
from build_config.acceptance.case import CaseResult, Verdict
from build_config.connector import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine_under_test import Engine

    from build_config.acceptance.subject import Image

pytestmark = pytest.mark.engine

LARGE = "a hundred megabytes of records need little memory"
CLOSED = "it ends by itself when nobody reads its output any more"
TERMINATED = "it ends soon after SIGTERM"


@pytest.fixture(scope="module")
def image(engine: Engine, shell: str) -> Image:
    """Of any connector; its script is in the environment."""
    return tiny.build(engine, shell)


@pytest.fixture
def judged(image: Image, tmp_path: Path) -> Callable[..., dict[str, CaseResult]]:
    """The cases by name."""

    def run(text: str, kind: Kind = Kind.DESTINATION) -> dict[str, CaseResult]:
        cases = tiny.run(robustness.judge, image, tmp_path, text, kind=kind)
        return {case.name: case for case in cases}

    return run


def failures(cases: dict[str, CaseResult]) -> dict[str, str]:
    return {name: case.message for name, case in cases.items() if case.verdict is Verdict.FAILED}


def test_a_good_destination_passes_every_case(
    judged: Callable[..., dict[str, CaseResult]],
) -> None:
    cases = judged(tiny.script())
    assert failures(cases) == {}
    assert {case.verdict for case in cases.values()} == {Verdict.PASSED}
    assert len(cases) == 9


def test_a_source_that_reads_without_its_catalog_is_caught(
    judged: Callable[..., dict[str, CaseResult]],
) -> None:
    cases = judged(tiny_connectors.script(), Kind.SOURCE)
    assert failures(cases) == {
        "a catalog that does not exist is refused": (
            "ended with exit code 0 as if nothing were wrong"
        )
    }
    assert cases[LARGE].verdict is Verdict.SKIPPED
    assert cases[LARGE].message.startswith("the configured streams give no more than ")


def test_a_broken_config_that_is_taken_for_a_good_one_is_caught(
    judged: Callable[..., dict[str, CaseResult]],
) -> None:
    found = failures(judged(tiny.script(check="exit 0")))
    assert found == {
        "a config that does not exist is refused": (
            "ended with exit code 0 as if nothing were wrong"
        ),
        "a config that is broken JSON is refused": (
            "ended with exit code 0 as if nothing were wrong"
        ),
        "a config that is not an object is refused": (
            "ended with exit code 0 as if nothing were wrong"
        ),
    }


def test_a_stack_of_garbage_on_stdout_is_caught(
    judged: Callable[..., dict[str, CaseResult]],
) -> None:
    text = tiny.script().replace("refuse 'unknown command'", "say 'Traceback (most'; exit 1")
    found = failures(judged(text))
    assert set(found) == {"an unknown command is refused", "a call without a command is refused"}
    assert found["an unknown command is refused"] == (
        "stdout is for messages only: line 1: not JSON: `Traceback (most`"
    )


def test_more_memory_the_more_records_is_caught(
    judged: Callable[..., dict[str, CaseResult]],
) -> None:
    found = failures(judged(tiny.script(large='all=$(cat); more="$all$all"; say "$more"')))
    assert set(found) == {LARGE}
    assert "with 256 MiB of memory it " in found[LARGE]


@pytest.mark.long
def test_a_connector_that_stays_when_its_reader_leaves_is_caught(
    judged: Callable[..., dict[str, CaseResult]],
) -> None:
    stubborn = "trap '' PIPE; say \"$line\" 2>/dev/null || while :; do sleep 1; done"
    found = failures(judged(tiny.script(state=stubborn)))
    assert found == {
        CLOSED: "the reader left after the first line, and the connector took longer than 1 m 00 s"
    }


@pytest.mark.long
def test_a_connector_that_does_not_know_sigterm_is_caught(
    judged: Callable[..., dict[str, CaseResult]],
) -> None:
    found = failures(judged(tiny.script().replace("trap 'exit 143' TERM", "")))
    assert set(found) == {TERMINATED}
    assert found[TERMINATED].startswith("it was still there 10 s after SIGTERM")
