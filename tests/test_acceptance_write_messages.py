from __future__ import annotations

import json
from typing import Any

import pytest

from build_config.acceptance.messages_to_write import Batch, Data, Echoes, Stream, Sync, blocks
from build_config.acceptance.sample_streams import MODES, batched, people_stream, person, samples
from build_config.connector_protocol.json_schema import compile_schema, faults
from build_config.connector_protocol.level import Level
from build_config.connector_protocol.messages import Fault, Reader
from build_config.connector_protocol.schemas import configured_catalog_schema

LEVELS = (Level.CURRENT, Level.YEAR_2021)


def state(stream: str, position: int, **more: Any) -> Data:
    described = {
        "stream_descriptor": {"name": stream},
        "stream_state": {"position": position},
    }
    return {"type": "STREAM", "stream": described, **more}


def told(*back: Data, level: Level = Level.CURRENT) -> list[str]:
    """What is wrong when 1 and 2 of `users`, and 1 of `orders` were sent, and these came back."""
    echoes = Echoes.of([state("users", 1), state("orders", 1), state("users", 2)])
    for one in back:
        echoes.hear(one)
    return list(echoes.problems(level))


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("number", [1, 2])
def test_what_is_sent_follows_the_protocol(level: Level, number: int) -> None:
    made = samples(MODES, "a1b2c3", level)
    sync = made.sync(number, made.streams)
    reader = Reader(level=level)
    read = [reader.read(line) for line in sync.lines()]
    assert [it for it in read if it is None or isinstance(it, Fault)] == []
    validator = compile_schema(configured_catalog_schema(level))
    assert faults(validator, json.loads(sync.catalog())) == ()


def test_the_same_is_sent_each_time_but_for_the_token() -> None:
    first, second = (samples(MODES, token, Level.CURRENT) for token in ("aaaaaa", "bbbbbb"))
    lines = [b"".join(made.sync(1, made.streams).lines()) for made in (first, second)]
    assert lines[0].replace(b"aaaaaa", b"bbbbbb") == lines[1]


def test_records_fit_their_schemas_except_for_surplus_fields() -> None:
    made = samples(MODES, "a1b2c3", Level.CURRENT)
    for kind, stream in made.kinds.items():
        validator = compile_schema({"type": "object", "properties": dict(stream.properties)})
        for records in made.records[kind]:
            assert [fault for data in records for fault in faults(validator, data)] == []
            if kind != "surplus":
                assert all(data.keys() <= stream.properties.keys() for data in records)


def test_batches_go_on_from_a_position_and_end_with_a_state() -> None:
    stream = people_stream("append", "people")
    found = batched(stream, [person(number) for number in range(7)], begin=2, step=2)
    assert [batch.position for batch in found] == [4, 6, 7]
    assert [data["id"] for batch in found for data in batch.records] == [2, 3, 4, 5, 6]
    assert batched(stream, [], step=2) == []


def test_states_of_2021_speak_of_all_streams() -> None:
    one, other = people_stream("append", "one"), people_stream("append", "other")
    batches = (
        Batch(stream=one, records=(), position=5),
        Batch(stream=other, records=(), position=3),
    )
    sync = Sync(streams=(one, other), batches=batches, level=Level.YEAR_2021)
    assert sync.states()[-1] == {"data": {"positions": {"one": 5, "other": 3}}}
    echoes = Echoes.of(sync.states())
    echoes.hear(sync.states()[-1])
    assert echoes.positions == {"one": 5, "other": 3}
    assert list(echoes.problems(Level.YEAR_2021)) == []


def test_states_may_come_back_in_another_order_of_streams_and_with_counts() -> None:
    back = [
        state("users", 1, destinationStats={"recordCount": 4.0}),
        state("users", 2),
        state("orders", 1),
    ]
    assert told(*back) == []


def test_a_namespace_of_null_is_none() -> None:
    described = state("orders", 1)
    described["stream"]["stream_descriptor"]["namespace"] = None
    assert told(state("users", 1), state("users", 2), described) == []


def test_a_state_that_is_missing_twice_there_late_or_invented_is_named() -> None:
    users, orders = [state("users", 1), state("users", 2)], state("orders", 1)
    (missing,) = told(*users)
    assert missing.startswith("`orders`: 1 of 1 states did not come back")
    (twice,) = told(*users, users[1], orders)
    assert twice.endswith("came back twice")
    (late,) = told(users[1], users[0], orders)
    assert late.endswith("came back after a later one")
    (invented,) = told(*users, orders, state("users", 99))
    assert invented.startswith("`users`: a state came back that was never sent")


def test_only_the_last_state_was_asked_for_in_2021() -> None:
    assert told(state("users", 2), state("orders", 1), level=Level.YEAR_2021) == []
    assert told(state("users", 1), state("orders", 1), level=Level.YEAR_2021) != []


def test_what_is_confirmed_is_what_came_back() -> None:
    echoes = Echoes.of([state("users", 1), state("users", 2)])
    assert echoes.positions == {}
    echoes.hear(state("users", 1))
    echoes.hear(state("users", 3))
    assert (echoes.positions, echoes.count) == ({"users": 1}, 2)


def test_blocks_are_the_same_bytes() -> None:
    lines = [b"x" * 100_000 + b"\n" for _ in range(10)]
    pieces = list(blocks(lines))
    assert b"".join(pieces) == b"".join(lines)
    assert len(pieces) < len(lines)


def test_generations_make_an_overwrite_of_platforms_of_2024() -> None:
    streams = tuple(Stream(name=mode, mode=mode, properties={}) for mode in MODES)
    document = json.loads(
        Sync(streams=streams, batches=(), level=Level.CURRENT, number=2).catalog()
    )
    found = {
        entry["destination_sync_mode"]: (entry["generation_id"], entry["minimum_generation_id"])
        for entry in document["streams"]
    }
    assert found == {"overwrite": (2, 2), "append": (0, 0), "append_dedup": (0, 0)}


@pytest.mark.parametrize("junk", [None, [], "text", 0, {"stream_descriptor": []}])
def test_an_odd_state_is_one_that_was_never_sent(junk: Any) -> None:
    (problem,) = told(
        state("users", 1), state("orders", 1), state("users", 2), {"stream": junk, "data": {}}
    )
    assert "a state came back that was never sent" in problem


def test_a_state_of_2021_may_come_back_with_the_type_that_it_got_later() -> None:
    sent = {"data": {"positions": {"users": 4}}}
    echoes = Echoes.of([sent])
    echoes.hear({"type": "LEGACY", "stream": None, **sent})
    assert list(echoes.problems(Level.CURRENT)) == []
    assert echoes.positions == {"users": 4}
