"""Multiplexed streams, cut anywhere: what comes out is what went in."""

from __future__ import annotations

import random
import struct

import pytest

from build_config.sandbox.output import Frames, Tail, WholeLines


def frame(stream: int, payload: bytes) -> bytes:
    return struct.pack(">BxxxL", stream, len(payload)) + payload


def cut(data: bytes, chance: random.Random) -> list[bytes]:
    """The data in pieces of random lengths, single bytes among them."""
    pieces = []
    while data:
        length = chance.choice((1, 2, 7, 8, 9, 100, len(data)))
        pieces.append(data[:length])
        data = data[length:]
    return pieces


@pytest.mark.parametrize("seed", range(50))
def test_frames_cut_anywhere_give_both_streams(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    sent = [(chance.choice((1, 2)), chance.randbytes(chance.randrange(300))) for _ in range(20)]
    data = b"".join(frame(stream, payload) for stream, payload in sent)
    frames, heard = Frames(), {1: b"", 2: b""}
    for piece in cut(data, chance):
        stdout, stderr = frames.feed(piece)
        heard[1] += b"".join(stdout)
        heard[2] += b"".join(stderr)
    for number in (1, 2):
        assert heard[number] == b"".join(payload for stream, payload in sent if stream == number)


@pytest.mark.parametrize("seed", range(50))
def test_blocks_end_where_lines_end_and_nothing_is_lost(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    data = b"".join(b"x" * chance.randrange(40) + b"\n" for _ in range(30)) + b"rest"
    lines = WholeLines()
    blocks = [block for piece in cut(data, chance) if (block := lines.feed(piece))]
    assert all(block.endswith(b"\n") for block in blocks)
    assert lines.waiting_bytes == len(b"rest")
    assert b"".join(blocks) + lines.rest() == data


def test_a_tail_holds_the_last_lines_in_bounded_memory() -> None:
    tail = Tail()
    for number in range(100_000):
        tail.add(b"line %d\n" % number)
    assert tail.lines()[-1] == "line 99999"
    assert len(tail.lines()) == 20


def test_one_endless_line_is_shown_cut() -> None:
    tail = Tail()
    for _ in range(100):
        tail.add(b"y" * 100_000)
    assert [len(line) for line in tail.lines()] == [2000]
