from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from build_config.buildkit import wire
from build_config.buildkit.messages import (
    MOMENT,
    BytesMessage,
    Detail,
    RpcStatus,
    SolveRequest,
    SolveResponse,
    StatusResponse,
    Vertex,
    VertexLog,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True, slots=True)
class Everything:
    """A field of every kind."""

    number: int = field(default=0, metadata=wire.INT64.at(1))
    text: str = field(default="", metadata=wire.TEXT.at(2))
    flag: bool = field(default=False, metadata=wire.BOOL.at(3))
    words: tuple[str, ...] = field(default=(), metadata=wire.TEXT.repeated(4))
    pairs: Mapping[str, str] = field(default_factory=dict, metadata=wire.text_map(5))
    moment: float | None = field(default=None, metadata=MOMENT.at(6))


@pytest.mark.parametrize(
    ("number", "encoded"),
    [
        (0, "00"),
        (1, "01"),
        (127, "7f"),
        (128, "8001"),
        (150, "9601"),  # the example of the protobuf documentation
        (2**63 - 1, "ffffffffffffffff7f"),
        (-1, "ffffffffffffffffff01"),
        (-2, "feffffffffffffffff01"),  # as well
    ],
)
def test_numbers_are_varints(number: int, encoded: str) -> None:
    assert wire.encode_varint(number).hex() == encoded
    record = wire.decode(Everything, b"\x08" + bytes.fromhex(encoded))
    assert record.number == number


def test_the_examples_of_the_protobuf_documentation() -> None:
    assert wire.encode(Everything(number=150)).hex() == "089601"
    assert wire.encode(Everything(text="testing")).hex() == "120774657374696e67"


@pytest.mark.parametrize(
    "record",
    [
        Everything(),
        Everything(
            number=-5, text="grün", flag=True, words=("a", "", "b"), pairs={"k": "", "": "v"}
        ),
        Everything(moment=1_700_000_000.25),
    ],
)
def test_what_is_written_is_read_back(record: Everything) -> None:
    assert wire.decode(Everything, wire.encode(record)) == record


def test_defaults_are_not_written() -> None:
    assert wire.encode(Everything()) == b""


def test_the_last_of_a_repeated_single_field_wins() -> None:
    assert wire.decode(Everything, bytes.fromhex("08010802")).number == 2


def test_unknown_fields_of_every_wire_type_are_skipped() -> None:
    unknown = "a00601" + "a106" + "00" * 8 + "a20603616263" + "a506" + "00" * 4
    data = bytes.fromhex(unknown + "089601" + unknown)
    assert wire.decode(Everything, data) == Everything(number=150)


@pytest.mark.parametrize(
    "data",
    ["08", "08ff", "1207", "120774", "08" + "ff" * 10 + "01", "0b", "a106000000"],
    ids=["no value", "cut number", "no text", "cut text", "endless", "group", "cut fixed"],
)
def test_broken_bytes_are_refused(data: str) -> None:
    with pytest.raises(wire.MalformedMessageError):
        wire.decode(Everything, bytes.fromhex(data))


def test_text_that_is_not_utf8_is_still_read() -> None:
    assert wire.decode(Everything, b"\x12\x02a\xff").text == "a\ufffd"


def test_the_numbers_of_solve_are_those_of_control_proto() -> None:
    request = SolveRequest(
        ref="r",
        exporter="moby",
        exporter_attributes={"name": "n"},
        session="s",
        frontend="dockerfile.v0",
        frontend_attributes={"target": "t"},
        internal=True,
    )
    fields = list(wire.split(wire.encode(request)))
    assert [number for number, _ in fields] == [1, 3, 4, 5, 6, 7, 11]
    assert fields[2][1] == b"\x0a\x04name\x12\x01n"


def test_what_docker_20_10_answered_to_a_solve() -> None:
    answer = bytes.fromhex("0a1f0a15636f6e7461696e6572696d6167652e6469676573741206736861323536")
    response = wire.decode(SolveResponse, answer)
    assert response.exporter_response == {"containerimage.digest": "sha256"}


def test_a_status_as_the_engine_streams_it() -> None:
    vertex = Vertex(digest="sha256:1", name="RUN x", cached=True, started=1.5, completed=2)
    status = StatusResponse(
        vertexes=(vertex,), logs=(VertexLog(vertex="sha256:1", stream=2, chunk=b"\xff\n"),)
    )
    assert wire.decode(StatusResponse, wire.encode(status)) == status
    assert wire.encode(BytesMessage(data=b"\0")) == b"\x0a\x01\0"


def test_the_details_of_a_failed_call() -> None:
    status = RpcStatus(code=2, text="no", details=(Detail(type_url="x.Source+json", value=b"{}"),))
    assert wire.decode(RpcStatus, wire.encode(status)) == status
