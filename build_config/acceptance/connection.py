"""`check`: every config gives the status it should, and a config against the spec is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from build_config.acceptance import answers
from build_config.acceptance.case import CaseResult, Category, judged, skipped
from build_config.acceptance.config import Status
from build_config.acceptance.leaks import leaked
from build_config.acceptance.spec_rules import form_in
from build_config.wording import one_line

if TYPE_CHECKING:
    from build_config.acceptance.bench import Bench
    from build_config.acceptance.config import Test
    from build_config.acceptance.conversation import Answer

_REFUSED = "a config that the spec forbids is refused, not crashed on"
_NAMES = {
    Status.SUCCEED: "check says SUCCEEDED",
    Status.FAILED: "check says FAILED, why, and ends with exit code 0",
    Status.EXCEPTION: "check fails with a TRACE of type ERROR and an exit code",
}


async def judge(bench: Bench, test: Test) -> list[CaseResult]:
    """What `check` says of the test's config."""
    answer = await bench.check(test)
    seconds, details = answer.ending.seconds, answer.details
    spec = form_in((await bench.spec(test)).of("SPEC")) or {}
    config = bench.config(test)
    return [
        judged(
            Category.CONNECTION,
            _NAMES[test.status],
            _wrong(bench, test, answer),
            seconds=seconds,
            details=details,
        ),
        judged(
            Category.CONNECTION,
            "every line of check is a message",
            answers.not_messages(answer),
            details=details,
        ),
        judged(
            Category.CONNECTION,
            "no secret of the config is in the output of check",
            leaked(spec, config, answer),
        ),
        *([await _refused(bench, test, spec)] if test.status is Status.SUCCEED else []),
    ]


def _wrong(bench: Bench, test: Test, answer: Answer) -> Iterator[str]:
    if test.status is Status.EXCEPTION:
        yield from answers.no_fault_told(answer, bench.subject.settings.level)
        return
    yield from answers.not_exactly_one(answer, "CONNECTION_STATUS")
    wanted = "SUCCEEDED" if test.status is Status.SUCCEED else "FAILED"
    for status in answer.of("CONNECTION_STATUS"):
        message = one_line(status.get("message") or "")
        if status["status"] != wanted:
            yield f"the status is {status['status']}{f': {message}' if message else ''}"
        elif wanted == "FAILED" and not message:
            yield "the status is FAILED without a `message` that says why"
    if answer.counts["CONNECTION_STATUS"]:
        yield from answers.ended_badly(answer)


async def _refused(bench: Bench, test: Test, spec: Mapping[str, Any]) -> CaseResult:
    """FAILED with a message and exit code 0, or a TRACE of type ERROR with another exit code."""
    config = forbidden_config(spec, bench.config(test))
    if config is None:
        because = "the specification forbids nothing" if spec else "there is no valid specification"
        return skipped(Category.CONNECTION, _REFUSED, because)
    files = {"config.json": json.dumps(config).encode()}
    answer = await bench.ask(bench.container("check", test, files=files))
    return answer.judged(Category.CONNECTION, _REFUSED, _not_refused(bench, answer))


def _not_refused(bench: Bench, answer: Answer) -> Iterator[str]:
    statuses = answer.of("CONNECTION_STATUS")
    if not statuses:
        yield from answers.no_fault_told(answer, bench.subject.settings.level)
    for status in statuses:
        if status["status"] != "FAILED":
            yield f"the status is {status['status']}"
        elif not status.get("message"):
            yield "the status is FAILED without a `message` that says why"
    if statuses:
        yield from answers.ended_badly(answer)


def forbidden_config(spec: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any] | None:
    """The config without what is required, or an object for a scalar; None if all is allowed."""
    required = spec.get("required") or ()
    if required:
        return {name: value for name, value in config.items() if name not in required}
    for name, schema in (spec.get("properties") or {}).items():
        if isinstance(schema, dict) and schema.get("type") in ("string", "integer", "boolean"):
            return {**config, name: {"not": "this"}}
    return None
