from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from build_config.acceptance.case import Problems
from build_config.acceptance.conversation import Answer
from build_config.acceptance.large_streams import _lines
from build_config.acceptance.messages_to_write import Batch, Stream, Sync
from build_config.acceptance.wrong_usage import _problems, without_catalog, wrong_calls
from build_config.connector_protocol.level import Level
from build_config.connector_protocol.messages import Fault, Message, Reader
from build_config.sandbox.ending import Ending


def answer(*said: tuple[str, Any], code: int = 0, fault: str = "", garbage: str = "") -> Answer:
    faults = Problems()
    faults.add_all([garbage] if garbage else [])
    return Answer(
        messages=tuple(Message(kind, payload, 1) for kind, payload in said),
        faults=faults,
        counts=Counter(),
        ending=Ending(
            exit_code=code,
            oom_killed=False,
            timed_out=bool(fault),
            flooded=False,
            line_too_long=False,
            killed=False,
            fault=fault,
            seconds=1.0,
            last_stderr=(),
            last_stdout=(),
        ),
    )


ERROR = ("TRACE", {"type": "ERROR", "emitted_at": 1, "error": {"message": "no such file"}})
FAILED = ("CONNECTION_STATUS", {"status": "FAILED", "message": "no such file"})
SUCCEEDED = ("CONNECTION_STATUS", {"status": "SUCCEEDED"})


@pytest.mark.parametrize(
    "refusal",
    [answer(code=1), answer(FAILED), answer(ERROR), answer(ERROR, code=2)],
)
def test_an_exit_code_a_failed_status_or_a_trace_is_a_refusal(refusal: Answer) -> None:
    assert list(_problems(refusal, Level.CURRENT)) == []


def test_a_trace_told_nobody_anything_in_2021() -> None:
    assert list(_problems(answer(ERROR), Level.YEAR_2021)) != []
    assert list(_problems(answer(code=1), Level.YEAR_2021)) == []


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (answer(), "ended with exit code 0 as if nothing were wrong"),
        (answer(SUCCEEDED), "ended with exit code 0 and said SUCCEEDED"),
        (answer(SUCCEEDED, code=1), "ended with exit code 1 and said SUCCEEDED"),
        (answer(fault="took longer than 30 s"), "took longer than 30 s"),
        (
            answer(code=1, garbage="line 1: not JSON: `usage:`"),
            "stdout is for messages only: line 1: not JSON: `usage:`",
        ),
    ],
)
def test_what_is_no_refusal_is_told(wrong: Answer, told: str) -> None:
    assert list(_problems(wrong, Level.CURRENT)) == [told]


def test_every_wrong_call_has_a_name_of_its_own() -> None:
    calls = [*wrong_calls(), without_catalog("read", b"{}")]
    assert len({call.name for call in calls}) == len(calls) == 6


def test_the_large_stream_is_a_hundred_megabytes_of_messages_and_a_state_behind_them() -> None:
    stream = Stream(name="large", mode="append", properties={})
    batch = Batch(stream=stream, records=(), position=100_000)
    sync = Sync(streams=(stream,), batches=(batch,), level=Level.CURRENT)
    reader, size, seen = Reader(level=Level.CURRENT), 0, list[str]()
    for number, line in enumerate(_lines(sync, stream)):
        size += len(line)
        if number % 20_000 == 1 or b'"RECORD"' not in line:
            message = reader.read(line)
            assert isinstance(message, Message), str(message if isinstance(message, Fault) else "")
            seen.append(message.type)
    assert 100_000_000 < size < 110_000_000
    assert seen == ["TRACE", *["RECORD"] * 5, "STATE", "TRACE"]
    assert json.loads(sync.catalog())["streams"][0]["stream"]["name"] == "large"
