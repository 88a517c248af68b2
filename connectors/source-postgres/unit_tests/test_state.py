import json
from pathlib import Path
from typing import Any

import pytest
from base_python.errors import ConnectorError
from source_postgres.catalog import load_streams
from source_postgres.state import Counter, Progress, Tally, parse_progress


def test_a_state_is_read_as_it_was_written() -> None:
    counter = Counter()
    for row in (b'{"a":1}', b'{"a":2}', b'{"a":2}'):
        counter.add(row)
    progress = Progress(cursor="x", ties=counter.tally(), nulls=Tally(), has_begun=True)
    assert parse_progress(progress.state("c"), "c") == progress


def test_a_tally_knows_rows_and_how_many_but_not_their_order() -> None:
    def tally(*rows: bytes) -> Tally:
        counter = Counter()
        for row in rows:
            counter.add(row)
        return counter.tally()

    assert tally(b"a", b"b") == tally(b"b", b"a")
    assert tally(b"a", b"a") != tally(b"a")
    assert tally(b"a", b"b") != tally(b"a", b"c")


def test_no_state_another_cursor_and_a_full_refresh_are_the_beginning() -> None:
    for state in ({}, {"cursor_field": ["other"], "cursor": "1"}, {"__ab_no_cursor_state": True}):
        assert parse_progress(state, "c") == Progress()


@pytest.mark.parametrize("broken", [{"cursor": []}, {"ties": 7}, {"nulls": {"count": 1}}])
def test_a_state_that_is_not_ours_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(ConnectorError, match="state: "):
        parse_progress({"cursor_field": ["c"], **broken}, "c")


def catalog(tmp_path: Path, **entry: Any) -> str:
    stream = {"name": "s", "namespace": "public", "json_schema": {"properties": {"a": {}}}}
    path = tmp_path / "catalog.json"
    path.write_text(json.dumps({"streams": [{"stream": stream, **entry}]}))
    return str(path)


def test_states_come_bare_as_messages_and_for_all_streams(tmp_path: Path) -> None:
    part = {
        "stream_descriptor": {"name": "s", "namespace": "public"},
        "stream_state": {"cursor": "1"},
    }
    bare = {"type": "STREAM", "stream": part}
    everything = {"type": "GLOBAL", "global": {"stream_states": [part]}}
    for state in (bare, [bare], [{"type": "STATE", "state": bare}], [everything]):
        (tmp_path / "state.json").write_text(json.dumps(state))
        path = catalog(tmp_path, sync_mode="incremental", cursor_field=["a"])
        (stream,) = load_streams(path, str(tmp_path / "state.json"))
        assert stream.state == {"cursor": "1"}


def test_incremental_needs_one_column(tmp_path: Path) -> None:
    for cursor in ([], ["a", "b"]):
        path = catalog(tmp_path, sync_mode="incremental", cursor_field=cursor)
        with pytest.raises(ConnectorError, match="cursor_field"):
            load_streams(path, "")
