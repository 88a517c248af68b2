"""Whatever the spacing, the order and the cut: the fast way says what a JSON parser says."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from build_config.sync.messages import Message
from build_config.sync.sorting import Sorter
from build_config.sync.traffic import Traffic

CATALOG = {
    "streams": [
        {"stream": {"name": "users"}},
        {"stream": {"name": 'é"x\\'}},
        {"stream": {"name": "twice", "namespace": "a"}},
        {"stream": {"name": "twice", "namespace": "b"}},
        {"stream": {"name": "alone", "namespace": "a"}},
    ]
}


class Heard:
    """A sorter with all that it told."""

    def __init__(self) -> None:
        self.traffic = Traffic.of(CATALOG)
        self.states: list[Message] = []
        self.log: list[str] = []
        self.sorter = Sorter(traffic=self.traffic, on_state=self.states.append, log=self.log.append)

    def counts(self) -> dict[tuple[str | None, str], int]:
        """Records of the streams that had any."""
        return {key: s.records for key, s in self.traffic.streams.items() if s.records}


def record(stream: str, namespace: str | None = None, **data: Any) -> dict[str, Any]:
    body: dict[str, Any] = {"stream": stream, "data": data, "emitted_at": 1}
    return {"type": "RECORD", "record": {**body, **({"namespace": namespace} if namespace else {})}}


def shuffled(value: Any, chance: random.Random) -> Any:
    """The same object with its members in another order."""
    if not isinstance(value, dict):
        return value
    names = list(value)
    if chance.random() < 0.5:
        chance.shuffle(names)
    return {name: shuffled(value[name], chance) for name in names}


def lines(chance: random.Random) -> Iterator[bytes]:
    separators = [(",", ":"), (", ", ": "), (" ,", " :")]
    for number in range(300):
        trap = 'x", "type":"STATE", {"type":"RECORD","record":{"stream":"users"'
        message = chance.choice(
            [
                record("users", id=number),
                record("users", id=number, text=trap),
                record('é"x\\', id=number),
                record("twice", chance.choice("ab"), id=number),
                record("alone", "a", id=number),
                record("unknown", id=number),
                {"type": "STATE", "state": {"type": "STREAM", "data": number}},
                {"type": "LOG", "log": {"level": "INFO", "message": '{"type":"RECORD"'}},
                {"type": "TRACE", "trace": {"type": "ESTIMATE"}},
            ]
        )
        text = json.dumps(
            shuffled(message, chance),
            separators=chance.choice(separators),
            ensure_ascii=chance.random() < 0.5,
        )
        yield text.encode()
        if chance.random() < 0.1:
            yield chance.choice([b"", b"  ", b"garbage", b"[1]", b'{"type":"WHAT"}', b'{"a":1}'])


@pytest.mark.parametrize("seed", range(60))
def test_sorting_says_what_a_parser_says(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    sent = list(lines(chance))
    if seed % 3 == 0:  # long runs of one kind take the fastest way
        sent = sorted(sent, key=lambda line: line[:40])
    heard, passed, rest = Heard(), b"", sent
    while rest:
        count = chance.randrange(1, 60)
        passed += heard.sorter.sort(b"".join(line + b"\n" for line in rest[:count]))
        rest = rest[count:]
    wanted, counts, strange = [], dict[tuple[str | None, str], int](), 0
    for line in sent:
        try:
            message = json.loads(line)
            kind = message["type"]
        except (ValueError, KeyError, TypeError):
            kind = None
        if kind in {"RECORD", "STATE", "TRACE"}:
            wanted.append(line)
        if kind == "RECORD":
            key = (message["record"].get("namespace"), message["record"]["stream"])
            counts[key] = counts.get(key, 0) + 1
        strange += kind in {None, "WHAT"} and bool(line.strip())
    assert passed == b"".join(line + b"\n" for line in wanted)
    assert heard.counts() == counts
    assert heard.traffic.strange_lines == strange
    assert len(heard.states) == sum(b'"STATE"' in x and b"RECORD" not in x for x in wanted)


def test_bytes_are_those_of_the_lines() -> None:
    heard = Heard()
    block = b"".join(json.dumps(record("users", id=n)).encode() + b"\n" for n in range(1000))
    for _ in range(3):
        assert heard.sorter.sort(block) is block
    stream = heard.traffic.streams[None, "users"]
    assert (stream.records, stream.bytes) == (3000, 3 * len(block))


def test_a_last_line_without_an_end_gets_one() -> None:
    line = json.dumps(record("users", id=1)).encode()
    assert Heard().sorter.sort(line) == line + b"\n"


def test_a_record_that_was_cut_off_is_not_passed_on() -> None:
    heard = Heard()
    good = json.dumps(record("users", id=1)).encode() + b"\n"
    assert heard.sorter.sort(good + good[:-5] + b"\n" + good) == good + good
    assert heard.traffic.strange_lines == 1
    assert heard.log == [f"not a message: {good[:-5].decode()}"]


def test_a_log_is_told_and_stays_here() -> None:
    heard = Heard()
    line = json.dumps({"type": "LOG", "log": {"level": "WARN", "message": "slow"}}).encode()
    assert heard.sorter.sort(line + b"\n") == b""
    assert heard.log == ["WARN slow"]


def test_statuses_estimates_and_errors_are_noted() -> None:
    heard = Heard()
    described = {"stream_descriptor": {"name": "users"}, "status": "COMPLETE"}
    estimate = {"name": "users", "type": "STREAM", "row_estimate": 7}
    traces = [
        {"type": "STREAM_STATUS", "stream_status": described},
        {"type": "ESTIMATE", "estimate": estimate},
        {"type": "ERROR", "error": {"message": "it broke"}},
    ]
    for trace in traces:
        heard.sorter.sort(json.dumps({"type": "TRACE", "trace": trace}).encode() + b"\n")
    stream = heard.traffic.streams[None, "users"]
    assert (stream.status, stream.expected) == ("COMPLETE", 7)
    assert heard.traffic.errors["source"] == ["it broke"]
