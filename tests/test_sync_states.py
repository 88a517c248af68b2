"""What a destination confirmed, in a file that is whole at every moment."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from build_config import atomic_files
from build_config.errors import UsageError, YardError
from build_config.sync import journal, lock, states
from build_config.sync.ledger import Ledger
from build_config.sync.states import SavedState
from build_config.sync.traffic import Traffic


def of_stream(name: str, cursor: int, **more: Any) -> dict[str, Any]:
    state = {"stream_descriptor": {"name": name}, "stream_state": {"cursor": cursor}}
    return {"type": "STREAM", "stream": state, **more}


def test_each_stream_has_its_last_state() -> None:
    state = SavedState()
    for message in (of_stream("a", 1), of_stream("b", 1), of_stream("a", 2)):
        state = state.with_confirmed(message)
    assert state.document() == [of_stream("a", 2), of_stream("b", 1)]


def test_a_global_state_stands_for_all() -> None:
    message = {"type": "GLOBAL", "global": {"shared_state": {"lsn": 7}, "stream_states": []}}
    assert SavedState().with_confirmed(message).document() == [message]


def test_a_legacy_state_is_its_data() -> None:
    assert SavedState().with_confirmed({"data": {"cursor": 7}}).document() == {"cursor": 7}


def test_counts_of_one_run_are_not_kept() -> None:
    message = of_stream("a", 1, sourceStats={"recordCount": 1.0}, destinationStats={})
    assert SavedState().with_confirmed(message).document() == [of_stream("a", 1)]


@pytest.mark.parametrize(
    "document",
    [
        [of_stream("a", 1), of_stream("b", 2)],
        [{"type": "GLOBAL", "global": {"stream_states": []}}],
        {"cursor": 7},
    ],
)
def test_what_is_written_is_read(tmp_path: Path, document: Any) -> None:
    path = tmp_path / "deep" / "state.json"
    path.parent.mkdir()
    path.write_text(json.dumps(document))
    state = states.read(path)
    assert state.document() == document
    states.write(path, state)
    assert states.read(path) == state
    assert [each.name for each in path.parent.iterdir()] == ["state.json"]


def test_no_file_is_no_state(tmp_path: Path) -> None:
    assert not states.read(tmp_path / "state.json")


@pytest.mark.parametrize("text", ["", "{", "7", "[7]", '"x"', "[" * 100_000])
def test_a_file_that_is_no_state_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(text)
    with pytest.raises(UsageError):
        states.read(path)


def test_streams_that_begin_anew_are_left_out() -> None:
    state = SavedState().with_confirmed(of_stream("a", 1)).with_confirmed(of_stream("b", 2))
    assert state.only({(None, "b")}).document() == [of_stream("b", 2)]


def test_starting_one_stream_over_keeps_the_others(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    states.write(
        path, SavedState().with_confirmed(of_stream("a", 1)).with_confirmed(of_stream("b", 2))
    )
    states.forget(path, {(None, "a")})
    assert states.read(path).document() == [of_stream("b", 2)]
    states.forget(path, {(None, "b")})
    assert not path.exists()


def test_starting_over_forgets_a_state_of_all_streams(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    states.write(path, SavedState(whole={"type": "LEGACY", "data": {"cursor": 7}}))
    states.forget(path, {(None, "a")})
    assert not path.exists()


def test_a_writer_that_is_killed_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    program = """
import sys
from pathlib import Path
from build_config.sync import states
from build_config.sync.states import SavedState
for cursor in range(10**9):
    data = {"cursor": cursor, "padding": "x" * 10000}
    states.write(Path(sys.argv[1]), SavedState(whole={"type": "LEGACY", "data": data}))
"""
    for milliseconds in range(0, 50, 5):
        with subprocess.Popen([sys.executable, "-c", program, str(path)]) as process:
            while not path.exists():
                time.sleep(0.01)
            time.sleep(milliseconds / 1000)
            os.kill(process.pid, signal.SIGKILL)
        assert states.read(path)
    atomic_files.sweep(path)
    assert [each.name for each in tmp_path.iterdir()] == ["state.json"]


def test_a_confirmed_state_says_how_many_records_it_covers(tmp_path: Path) -> None:
    traffic = Traffic.of({"streams": [{"stream": {"name": "a"}}]})
    ledger = Ledger(path=tmp_path / "state.json", state=SavedState(), traffic=traffic)
    stream = traffic.streams[None, "a"]
    for cursor in (1, 2, 3):
        stream.records += 10
        ledger.sent(of_stream("a", cursor))
    ledger.confirmed(of_stream("a", 2, destinationStats={"recordCount": 20}))
    assert stream.confirmed == 20
    ledger.save()
    assert states.read(ledger.path).document() == [of_stream("a", 2)]


def test_a_state_is_saved_as_soon_as_it_is_confirmed(tmp_path: Path) -> None:
    traffic = Traffic.of({"streams": [{"stream": {"name": "a"}}]})
    ledger = Ledger(path=tmp_path / "state.json", state=SavedState(), traffic=traffic)

    async def work() -> None:
        saving = asyncio.create_task(ledger.keep_saving())
        ledger.confirmed(of_stream("a", 1))
        await asyncio.sleep(1)
        saving.cancel()

    asyncio.run(work())
    assert states.read(ledger.path).document() == [of_stream("a", 1)]


def test_a_folder_that_cannot_be_written_to_is_said_before_anything_runs(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "a--b.json"
    with (
        pytest.raises(YardError, match="`a--b` cannot be locked: File exists"),
        lock.held(path.with_suffix(".lock")),
    ):
        raise AssertionError
    with (
        pytest.raises(YardError, match=r"a--b\.json` cannot be written: File exists"),
        journal.opened(path),
    ):
        raise AssertionError


def test_a_save_that_takes_long_does_not_come_after_a_newer_one(tmp_path: Path) -> None:
    ledger = Ledger(
        path=tmp_path / "state.json", state=SavedState(), traffic=Traffic.of({"streams": []})
    )
    large = {"stream_descriptor": {"name": "a"}, "stream_state": {"seen": [*range(500_000)]}}

    async def work() -> None:
        saving = asyncio.create_task(ledger.keep_saving())
        ledger.confirmed({"type": "STREAM", "stream": large})
        await asyncio.sleep(0.01)  # a thread is at it now
        ledger.confirmed(of_stream("a", 2))
        saving.cancel()
        await asyncio.wait({saving})
        ledger.save()

    asyncio.run(work())
    assert states.read(ledger.path).document() == [of_stream("a", 2)]


def test_two_syncs_of_one_pair_do_not_run_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "a--b.lock"
    with (
        lock.held(path),
        pytest.raises(UsageError, match="another sync is using `a--b`"),
        lock.held(path),
    ):
        raise AssertionError
    with lock.held(path):
        pass
