"""Destinations that are wrong in one way each, caught by the right case with the fault named."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import tiny_destinations as tiny

from build_config.acceptance import write
from build_config.acceptance.case import CaseResult, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine_under_test import Engine

    from build_config.acceptance.subject import Image

pytestmark = pytest.mark.engine

EARLY = "a state comes back only after its records are kept"
RESUMED = "a sync that is killed three times and resumed loses nothing"
DOUBLED = "a sync that is killed and resumed doubles nothing under append_dedup"


@pytest.fixture(scope="module")
def image(engine: Engine, shell: str) -> Image:
    """Of any destination; its script is in the environment."""
    return tiny.build(engine, shell)


@pytest.fixture
def judged(image: Image, tmp_path: Path) -> Callable[..., dict[str, CaseResult]]:
    """The cases by name."""

    def run(level: str = "current", **changes: str) -> dict[str, CaseResult]:
        text = tiny.script(**changes)
        cases = tiny.run(write.judge, image, tmp_path, text, level=level)
        return {case.name: case for case in cases}

    return run


def failures(cases: dict[str, CaseResult]) -> dict[str, str]:
    return {name: case.message for name, case in cases.items() if case.verdict is Verdict.FAILED}


def test_a_good_destination_passes_every_case(
    judged: Callable[..., dict[str, CaseResult]],
) -> None:
    cases = judged()
    assert failures(cases) == {}
    assert {case.verdict for case in cases.values()} == {Verdict.PASSED}
    assert "append adds to what is there" in cases


def test_a_good_destination_of_2021_passes_every_case(
    judged: Callable[..., dict[str, CaseResult]],
) -> None:
    assert failures(judged(level="2021")) == {}


def test_a_state_that_comes_back_before_its_records_are_kept_is_caught(
    judged: Callable[..., dict[str, CaseResult]],
) -> None:
    found = failures(
        judged(
            record="printf '%s\\n' \"$line\" >>/tmp/waiting",
            end="[ ! -f /tmp/waiting ] || cat /tmp/waiting >>/data/kept",
        )
    )
    assert "run 1: `killed_append_" in found[EARLY]
    assert 'the record with `id` 0, `region` "north" is not there' in found[EARLY]
    assert "append adds to what is there" not in found


def test_a_lost_record_is_named(judged: Callable[..., dict[str, CaseResult]]) -> None:
    found = failures(judged(record='case $line in *\'"id": 7,\'*) ;; *) keep "$line" ;; esac'))
    assert found["append adds to what is there"].startswith("after the first sync `people_append_")
    assert (
        '`id` 7, `region` "north" is there 0 times instead of 2 times'
        in found["append adds to what is there"]
    )
    assert "`id` 7 is there 0 times" in found["values of every type are kept"]


def test_a_changed_value_is_named(judged: Callable[..., dict[str, CaseResult]]) -> None:
    change = """
        case $line in *9007199254740993*)
          line=${line%%9007199254740993*}9007199254740992${line#*9007199254740993} ;;
        esac
        keep "$line" """
    found = failures(judged(record=change))
    assert set(found) == {"values of every type are kept"}
    assert (
        "`whole` is 9007199254740992, not 9007199254740993"
        in found["values of every type are kept"]
    )


def test_append_dedup_that_only_appends_is_caught(
    judged: Callable[..., dict[str, CaseResult]],
) -> None:
    found = failures(judged(modes='"append_dedup"'))
    kept = found["append_dedup keeps the newest record of each key"]
    assert '`id` 0, `region` "north" is there 2 times instead of once' in kept
    assert "is there" in found[DOUBLED]


def test_overwrite_that_only_appends_is_caught(
    judged: Callable[..., dict[str, CaseResult]],
) -> None:
    found = failures(judged(modes='"overwrite", "append"'))
    told = found["overwrite puts new records in the place of the old ones"]
    assert told.startswith("after the second sync `people_overwrite_")
    assert "append adds to what is there" not in found


def test_garbage_on_stdout_is_caught(judged: Callable[..., dict[str, CaseResult]]) -> None:
    found = failures(judged(end="say 'loaded everything'"))
    assert set(found) == {"it prints nothing but messages of a destination"}
    assert (
        "not JSON: `loaded everything`" in found["it prints nothing but messages of a destination"]
    )


def test_dying_of_an_unknown_field_is_told_from_all_else(
    judged: Callable[..., dict[str, CaseResult]],
) -> None:
    unknown = "case $line in *'\"unknown\"'*) refuse 'no column unknown' ;; esac; keep \"$line\""
    found = failures(judged(record=unknown))
    assert set(found) == {"a sync ends well", "a field that the schema does not know is no fault"}
    assert found["a field that the schema does not know is no fault"].endswith(
        "the first sync ended with exit code 1: no column unknown"
    )


def test_a_state_that_is_kept_back_is_caught(
    judged: Callable[..., dict[str, CaseResult]],
) -> None:
    lost = 'case $line in *\'"position": 100}\'*) ;; *) say "$line" ;; esac'
    found = failures(judged(state=lost))
    assert set(found) == {"every state comes back once, in order"}
    assert (
        "states did not come back, the first is" in found["every state comes back once, in order"]
    )


def test_a_garbled_line_that_is_kept_breaks_what_is_read_back(
    judged: Callable[..., dict[str, CaseResult]],
) -> None:
    found = failures(judged(record='keep "{${line#??}"'))
    assert set(found) == {"what was written can be read back"}
    assert "`read_back`: line 1: not JSON" in found["what was written can be read back"]
