from __future__ import annotations

from typing import TYPE_CHECKING

from build_config.buildkit.client import unheard
from build_config.buildkit.messages import (
    Position,
    Range,
    StatusResponse,
    Vertex,
    VertexLog,
    VertexStatus,
    VertexWarning,
)
from build_config.buildkit.progress import (
    TAIL_LINES,
    BuildWarning,
    LogLine,
    Narrator,
    Progress,
    Transfer,
    VertexFinished,
    VertexStarted,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

STARTED = VertexStarted(vertex="RUN x")
RUNS = Vertex(digest="1", name="RUN x", started=10.0)
DONE = Vertex(digest="1", name="RUN x", started=10.0, completed=12.5)
WAITS = Vertex(digest="1", name="RUN x")
FINISHED = VertexFinished(vertex="RUN x", cached=False, error=None, cancelled=False, seconds=2.5)


def told(messages: Iterable[StatusResponse]) -> list[Progress]:
    events: list[Progress] = []
    narrator = Narrator(events.append)
    for message in messages:
        narrator.hear(message)
    narrator.end()
    return events


def vertexes(*steps: Vertex) -> StatusResponse:
    return StatusResponse(vertexes=steps)


def log(chunk: bytes, stream: int = 1) -> StatusResponse:
    return StatusResponse(logs=(VertexLog(vertex="1", stream=stream, chunk=chunk),))


def lines(*chunks: bytes) -> list[str]:
    events = told([vertexes(RUNS), *map(log, chunks)])
    return [event.text for event in events if isinstance(event, LogLine)]


def test_a_step_starts_and_finishes_once_however_often_it_is_repeated() -> None:
    assert told(map(vertexes, [WAITS, WAITS, RUNS, RUNS, DONE, DONE])) == [STARTED, FINISHED]
    assert told([vertexes(WAITS, RUNS, DONE)]) == [STARTED, FINISHED]


def test_news_out_of_order_is_old_news() -> None:
    assert told(map(vertexes, [DONE, RUNS, WAITS])) == [STARTED, FINISHED]


def test_a_second_run_of_a_step_is_told_even_within_one_message() -> None:
    again = Vertex(digest="1", name="RUN x", started=13.0, completed=14.0, cached=True)
    cached = VertexFinished(vertex="RUN x", cached=True, error=None, cancelled=False, seconds=1.0)
    assert told([vertexes(DONE), vertexes(again)]) == [STARTED, FINISHED, STARTED, cached]
    assert told([vertexes(DONE, again)]) == [STARTED, FINISHED, STARTED, cached]


def test_a_run_that_begins_before_the_last_one_ended_is_the_same_run() -> None:
    restarted = Vertex(digest="1", name="RUN x", started=11.0)
    ended = Vertex(digest="1", name="RUN x", started=11.0, completed=12.5)
    assert told(map(vertexes, [RUNS, restarted, ended])) == [STARTED, FINISHED]


def test_the_lines_of_a_step_come_before_its_end() -> None:
    message = StatusResponse(
        vertexes=(DONE,), logs=(VertexLog(vertex="1", stream=1, chunk=b"no line end"),)
    )
    line = LogLine(vertex="RUN x", text="no line end")
    assert told([message]) == [STARTED, line, FINISHED]


def test_lines_are_put_together_from_chunks() -> None:
    assert lines(b"on", b"e\ntw", b"o\n\nthr", b"ee") == ["one", "two", "", "three"]


def test_a_character_that_was_cut_is_whole_again() -> None:
    assert lines(b"gr\xc3", b"\xbcn\n") == ["grün"]
    assert lines(b"gr\xc3\n") == ["gr\ufffd"]


def test_of_a_progress_bar_only_its_last_state_is_told() -> None:
    assert lines(b"10%\r50%\r100%\n", b"windows\r\n") == ["100%", "windows"]


def test_a_line_that_never_ends_does_not_fill_the_memory() -> None:
    said = lines(*[b"x" * 1000] * 100)
    assert len(said) == 2
    assert sum(map(len, said)) == 100_000


def test_output_and_error_output_are_not_mixed_within_a_line() -> None:
    events = told([vertexes(RUNS), log(b"ou"), log(b"err\n", 2), log(b"t\n")])
    assert [event.text for event in events if isinstance(event, LogLine)] == ["err", "out"]


def test_the_engines_own_steps_are_hidden_until_they_fail() -> None:
    own = Vertex(digest="1", name="[internal] load x", started=1.0, completed=2.0)
    assert told([vertexes(own)]) == []
    failed = Vertex(digest="1", name="[internal] load x", started=1.0, completed=2.0, error="no")
    assert told([vertexes(failed)]) == [
        VertexStarted(vertex="[internal] load x"),
        VertexFinished(
            vertex="[internal] load x", cached=False, error="no", cancelled=False, seconds=1.0
        ),
    ]


def test_a_step_that_was_cancelled_because_of_another_is_not_the_one_that_failed() -> None:
    narrator = Narrator(unheard)
    narrator.hear(
        vertexes(
            Vertex(digest="1", name="RUN bad", started=1.0, completed=2.0, error="exit code: 1"),
            Vertex(digest="2", name="RUN b", started=1.0, completed=2.0, error="context canceled"),
        )
    )
    assert narrator.failing_step() == ("RUN bad", ())


def test_the_failing_step_remembers_its_last_lines() -> None:
    narrator = Narrator(unheard)
    narrator.hear(vertexes(RUNS))
    for number in range(100):
        narrator.hear(log(b"line %d\n" % number))
    narrator.hear(vertexes(Vertex(digest="1", name="x", started=10.0, completed=11.0, error="e")))
    step, tail = narrator.failing_step()
    assert step == "RUN x"
    assert tail == tuple(f"line {number}" for number in range(100 - TAIL_LINES, 100))


def test_a_step_that_failed_before_it_began_is_told_as_well() -> None:
    failed = Vertex(digest="1", name="RUN x", completed=3.0, error="no such image")
    assert told([vertexes(failed)]) == [
        STARTED,
        VertexFinished(
            vertex="RUN x", cached=False, error="no such image", cancelled=False, seconds=0.0
        ),
    ]


def test_transfers_have_numbers() -> None:
    layer = VertexStatus(identity="sha256:f", vertex="1", current=5, total=10)
    words = VertexStatus(identity="exporting layers", vertex="1")
    stray = VertexStatus(identity="sha256:f", vertex="2", current=5, total=10)
    message = StatusResponse(vertexes=(RUNS,), statuses=(layer, words, stray))
    assert told([message]) == [
        STARTED,
        Transfer(vertex="RUN x", item="sha256:f", current=5, total=10),
    ]


def test_warnings_say_where() -> None:
    placed = VertexWarning(
        short=b"Casing", url="https://x", ranges=(Range(start=Position(line=3)),)
    )
    message = StatusResponse(warnings=(placed, VertexWarning(short=b"\xff")))
    assert told([message]) == [
        BuildWarning(message="Casing", url="https://x", line=3),
        BuildWarning(message="\ufffd", url="", line=None),
    ]
