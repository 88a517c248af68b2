from __future__ import annotations

import json

import pytest
from grpclib.const import Status
from grpclib.exceptions import GRPCError

from build_config.buildkit.client import unheard
from build_config.buildkit.diagnosis import clean, diagnose
from build_config.buildkit.messages import Detail, StatusResponse, Vertex
from build_config.buildkit.progress import Narrator

SOURCE = "github.com/moby/buildkit/errdefs.Source+json"


def silent() -> Narrator:
    return Narrator(unheard)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (
            "executor failed running [sh]: exit code: 3",
            "executor failed running [sh]: exit code: 3",
        ),
        (
            "failed to solve with frontend dockerfile.v0: rpc error: code = NotFound desc = none",
            "none",
        ),
        ("rpc error: code = Unknown desc = failed to solve: no", "no"),
        (
            "failed to compute cache key: failed to calculate checksum of ref a-b::c: not found",
            "not found",
        ),
    ],
)
def test_a_message_loses_its_noise(said: str, meant: str) -> None:
    assert clean(said) == meant


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("dockerfile parse error line 3: unknown instruction: FOO", 3),  # 20.10
        ("dockerfile parse error on line 3: unknown instruction: FOO", 3),  # 23.0 and later
        ("process did not complete successfully: exit code: 12", None),
    ],
)
def test_the_line_is_in_the_message(message: str, line: int | None) -> None:
    assert diagnose(GRPCError(Status.UNKNOWN, message), silent()).line == line


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ({"info": {}, "ranges": [{"start": {"line": 7}, "end": {"line": 9}}]}, 7),
        ({"info": {}, "ranges": []}, None),
        ({"info": {}}, None),
        ([], None),
    ],
)
def test_the_line_is_in_the_details(value: object, line: int | None) -> None:
    details = (
        Detail(type_url="github.com/moby/buildkit/stack.Stack+json", value=b"{}"),
        Detail(type_url=SOURCE, value=json.dumps(value).encode()),
        Detail(type_url=SOURCE, value=b"no json"),
    )
    assert diagnose(GRPCError(Status.UNKNOWN, "no", details), silent()).line == line


def test_the_exit_code_and_the_step_are_known() -> None:
    narrator = silent()
    failed = Vertex(digest="1", name="[2/3] RUN make", started=1.0, completed=2.0, error="no")
    narrator.hear(StatusResponse(vertexes=(failed,)))
    error = diagnose(GRPCError(Status.UNKNOWN, "exit code: 137"), narrator)
    assert (error.exit_code, error.vertex, error.log_tail) == (137, "[2/3] RUN make", ())


def test_a_call_that_failed_without_words_still_says_something() -> None:
    assert str(diagnose(GRPCError(Status.RESOURCE_EXHAUSTED), silent())) == "resource_exhausted"
