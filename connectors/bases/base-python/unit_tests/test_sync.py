import json
import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from base_python.catalog import ConfiguredStream
from base_python.errors import ConnectorError
from base_python.lines import read_lines
from base_python.output import Output
from base_python.sync import SECONDS_BETWEEN_SAVES, Sync


class MemoryWriter:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.taken: list[int] = []
        self.saved: list[int] = []
        self.end = ""

    def write(self, record: Any) -> None:
        """One record."""
        self.taken.append(record["data"]["id"])

    def save(self) -> None:
        """All that was taken."""
        self.saved = list(self.taken)

    def finish(self) -> None:
        """The stream is complete."""
        self.end = "finished"

    def discard(self) -> None:
        """The stream broke off."""
        self.end = "discarded"


class Trial:
    """A sync of an appended and an overwritten stream, and what it says."""

    def __init__(self) -> None:
        self.writers = {"added": MemoryWriter(), "replaced": MemoryWriter()}
        self.written: list[bytes] = []
        modes = {"added": "append", "replaced": "overwrite"}
        streams = [ConfiguredStream(name=name, destination_sync_mode=modes[name]) for name in modes]
        pairs = [(stream, self.writers[stream.name]) for stream in streams]
        self.sync = Sync(pairs, Output(self.written.append))

    def accept(self, *messages: Any) -> None:
        """Messages, or lines as they are."""
        for message in messages:
            self.sync.accept(
                message if isinstance(message, bytes) else json.dumps(message).encode()
            )

    def said(self, kind: str) -> list[Any]:
        """What came out, of one type."""
        lines = b"".join(self.written).splitlines()
        return [message for message in map(json.loads, lines) if message["type"] == kind]


@pytest.fixture
def trial() -> Trial:
    return Trial()


def record(stream: str, number: int) -> Any:
    content = {"stream": stream, "data": {"id": number}, "emitted_at": 1}
    return {"type": "RECORD", "record": content}


def state(stream: str, number: int) -> Any:
    described = {"stream_descriptor": {"name": stream}, "stream_state": {"at": number}}
    return {"type": "STATE", "state": {"type": "STREAM", "stream": described, "unknown": [number]}}


def status(stream: str, value: str) -> Any:
    described = {"stream_descriptor": {"name": stream}, "status": value}
    trace = {"type": "STREAM_STATUS", "emitted_at": 1, "stream_status": described}
    return {"type": "TRACE", "trace": trace}


def test_a_state_is_confirmed_unchanged_after_its_records_are_saved(trial: Trial) -> None:
    trial.accept(record("added", 1), state("added", 1), record("added", 2))
    assert trial.said("STATE") == []
    assert 0 < (trial.sync.patience() or 0) <= SECONDS_BETWEEN_SAVES
    trial.sync.save()
    assert trial.said("STATE") == [state("added", 1)]
    assert trial.writers["added"].saved == [1, 2]
    assert trial.sync.patience() is None


def test_states_that_follow_late_are_saved_at_once(trial: Trial) -> None:
    time.sleep(SECONDS_BETWEEN_SAVES)
    trial.accept(state("added", 1))
    assert trial.said("STATE") == [state("added", 1)]


def test_states_of_a_replaced_stream_wait_for_its_end(trial: Trial) -> None:
    trial.accept(record("replaced", 1), state("replaced", 1), status("replaced", "COMPLETE"))
    trial.sync.save()
    assert trial.said("STATE") == []
    trial.sync.finish()
    assert trial.said("STATE") == [state("replaced", 1)]
    assert trial.writers["replaced"].end == "finished"


@pytest.mark.parametrize(
    "ending",
    [
        [],
        [status("replaced", "STARTED")],
        [status("replaced", "INCOMPLETE")],
        [record("replaced", 1), {"type": "TRACE", "trace": {"type": "ERROR"}}],
    ],
)
def test_a_replaced_stream_that_broke_off_is_discarded(trial: Trial, ending: list[Any]) -> None:
    trial.accept(*ending)
    with pytest.raises(ConnectorError, match="did not complete, so it is as it was: `replaced`"):
        trial.sync.finish()
    assert trial.writers["replaced"].end == "discarded"
    assert trial.writers["added"].end == "finished"


def test_a_source_without_statuses_is_complete_at_its_end(trial: Trial) -> None:
    trial.accept(record("replaced", 1))
    trial.sync.finish()
    assert trial.writers["replaced"].end == "finished"


def test_what_is_no_message_is_ignored_with_a_warning(trial: Trial) -> None:
    trial.accept(b"hello", b"", b"5", {"x": 1}, record("unknown", 1), record("added", 1))
    assert len(trial.said("LOG")) == 4
    assert trial.writers["added"].taken == [1]


@pytest.mark.parametrize(
    "line",
    [
        b'{"type":"RECORD","record":{"str',
        b'{"type":"RECORD","record":{"stream":"added","data":5}}',
        b'{"type":"STATE","state":{"type":"STREAM","stream":{}}}',
        b'{"type":"RECORD"}',
    ],
)
def test_a_damaged_record_or_state_stops_the_sync(trial: Trial, line: bytes) -> None:
    with pytest.raises(ConnectorError, match="line 1"):
        trial.sync.accept(line)


@pytest.fixture
def pipe() -> Iterator[tuple[int, Callable[[bytes], None]]]:
    """The end to read from, and a function that writes all there is into the other one."""
    read_end, write_end = os.pipe()

    def write(data: bytes) -> None:
        os.write(write_end, data)
        os.close(write_end)

    yield read_end, write
    os.close(read_end)


def test_lines_come_whole_and_the_last_one_without_an_end_too(pipe: Any) -> None:
    read_end, write = pipe
    write(b"first\n\nsecond\nthird")
    lines = list(read_lines(read_end, patience=lambda: None))
    assert lines == [b"first", b"", b"second", b"third"]


def test_when_nothing_comes_in_time_there_is_a_pause(pipe: Any) -> None:
    read_end, write = pipe
    lines = read_lines(read_end, patience=lambda: 0.01)
    assert next(lines) is None
    write(b"first\n")
    assert next(lines) == b"first"
