"""What is wrong with the jobs that the collecting one needs; `NEEDS` as runners spell it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from build_config.errors import UsageError
from build_config.needed_jobs import judge

SHARDS = frozenset({"run-bases-1 of 1", "run-connectors-1 of 2", "run-connectors-2 of 2"})


def matrix(*names: str) -> str:
    return json.dumps({"include": [{"name": name, "connectors": "a,b"} for name in names]})


def needs(results: dict[str, str], *, bases: str, connectors: str) -> str:
    """All jobs succeeded, but for `results`."""
    outputs = {"bases": bases, "connectors": connectors}
    jobs: dict[str, Any] = {
        "plan": {"result": "success", "outputs": outputs},
        "check": {"result": "success", "outputs": {}},
        "bases": {"result": "success", "outputs": {}},
        "connectors": {"result": "success", "outputs": None},  # act has no empty ones
    }
    for job, result in results.items():
        jobs[job]["result"] = result
    return json.dumps(jobs)


def told(results: dict[str, str], arrived: frozenset[str] = SHARDS) -> tuple[str, ...]:
    """Of a plan with a shard of bases and two of connectors."""
    return judge(
        needs(results, bases=matrix("1 of 1"), connectors=matrix("1 of 2", "2 of 2")), arrived
    )


def test_jobs_that_succeeded_with_all_their_records_are_fine() -> None:
    assert told({}) == ()


def test_jobs_that_had_nothing_to_do_are_fine() -> None:
    skipped = {"bases": "skipped", "connectors": "skipped"}
    assert judge(needs(skipped, bases=matrix(), connectors=matrix()), frozenset()) == ()


@pytest.mark.parametrize(
    ("results", "sentences"),
    [
        ({"check": "failure"}, ["the job `check` failed"]),
        ({"bases": "cancelled"}, ["the job `bases` was cancelled"]),
        (
            {"bases": "failure", "connectors": "skipped"},
            ["the job `bases` failed", "the job `connectors` was skipped"],
        ),
        ({"check": "skipped"}, ["the job `check` was skipped"]),
        ({"check": "odd"}, ["the job `check` ended as `odd`"]),
    ],
)
def test_what_did_not_succeed_is_told(results: dict[str, str], sentences: list[str]) -> None:
    assert list(told(results)) == sentences


def test_a_plan_that_failed_leaves_no_outputs_and_nothing_is_fine() -> None:
    results = {"plan": "failure", "bases": "skipped", "connectors": "skipped"}
    assert len(judge(needs(results, bases="", connectors=""), frozenset())) == 3


def test_a_shard_without_a_record_is_told() -> None:
    assert told({}, SHARDS - {"run-connectors-2 of 2"}) == (
        "the shard `2 of 2` of the job `connectors` left no record",
    )


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"a": 1}', '{"a": {"result": "success", "outputs": {"a": "x"}}}']
)
def test_what_tells_of_no_jobs_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="`NEEDS` does not tell of jobs"):
        judge(text, frozenset())
