"""What GitHub says of the jobs that one needs in, and the records that arrived: what is wrong out.

A job that was skipped because there was nothing to do is fine, one that was skipped because
another failed is not, and GitHub calls both `skipped`. What the plan had for it tells them apart.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from build_config.errors import UsageError

VARIABLE = "NEEDS"
"""Of the environment: what the expression `toJSON(needs)` of a workflow gives.

`{job: {"result": "success|failure|cancelled|skipped", "outputs": {name: text} or null}}`
(docs.github.com/actions, "Contexts", "needs context").
"""
_ENDED = {"failure": "failed", "cancelled": "was cancelled", "skipped": "was skipped"}


def judge(text: str, arrived: Collection[str]) -> tuple[str, ...]:
    """A sentence for each job that failed, was cancelled or left out, and each lost record.

    Args:
        text: the value of `NEEDS`. An output that has a job's name is the matrix of that job.
        arrived: names of the artifacts: `run-<job>-<name of the cell>`.

    Raises:
        UsageError: it is something else.
    """
    try:
        needs = json.loads(text)
        results = {job: need["result"] for job, need in needs.items()}
        matrices = dict(_matrices(needs))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        hint = "in the workflow: `NEEDS: ${{ toJSON(needs) }}`"
        raise UsageError(f"`{VARIABLE}` does not tell of jobs", hint=hint) from error
    return tuple(
        sentence
        for job, result in results.items()
        for sentence in _troubles(job, result, matrices.get(job), arrived)
    )


def _matrices(needs: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """The names of the cells of each job that has cells."""
    for need in needs.values():
        for job, value in (need.get("outputs") or {}).items():
            if job in needs and value:
                yield job, [cell["name"] for cell in json.loads(value)["include"]]


def _troubles(
    job: str, result: str, cells: list[str] | None, arrived: Collection[str]
) -> Iterator[str]:
    if result == "skipped" and cells == []:
        return
    if result != "success":
        yield f"the job `{job}` {_ENDED.get(result, f'ended as `{result}`')}"
        return
    for cell in cells or ():
        if f"run-{job}-{cell}" not in arrived:
            yield f"the shard `{cell}` of the job `{job}` left no record"
