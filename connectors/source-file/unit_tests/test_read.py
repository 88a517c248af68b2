import gzip
import json
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

Json = dict[str, Any]
CSV = {"format_type": "csv"}
JSONL = {"format_type": "jsonl"}


class Folder:
    """Files to read, and the connector to read them."""

    def __init__(self, path: Path, run: Callable[..., Any]) -> None:
        self.data = path / "data"
        self.data.mkdir()
        self.path = path
        self._run = run

    def add(self, name: str, content: str | bytes, modified_at: float = 1_700_000_000) -> Path:
        """A file, last modified at a time in seconds since 1970."""
        path = self.data / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        os.utime(path, (modified_at, modified_at))
        return path

    def run(self, command: str, location: str, file_format: Json, *arguments: Any) -> Any:
        """One command with the stream `s` at a location in the folder."""
        config = self.path / "config.json"
        place = location if "://" in location else str(self.data / location)
        stream = {"name": "s", "location": place, "format": file_format}
        config.write_text(json.dumps({"streams": [stream]}))
        return self._run(command, "--config", config, *arguments)

    def schema(self, location: str, file_format: Json) -> Json:
        """What discover says of the stream."""
        (message,) = self.run("discover", location, file_format).of("CATALOG")
        (stream,) = message["catalog"]["streams"]
        found: Json = stream
        return found

    def read(
        self, location: str, file_format: Json, *, state: Any = None, mode: str = "incremental"
    ) -> Any:
        """Discover, then read; every record is held against the schema."""
        stream = self.schema(location, file_format)
        catalog = self.path / "catalog.json"
        entry = {"stream": stream, "sync_mode": mode, "destination_sync_mode": "append"}
        catalog.write_text(json.dumps({"streams": [entry]}))
        arguments = ["--catalog", catalog]
        if state is not None:
            (self.path / "state.json").write_text(json.dumps(state))
            arguments += ["--state", self.path / "state.json"]
        answer = self.run("read", location, file_format, *arguments)
        for message in answer.of("RECORD"):
            jsonschema.validate(message["record"]["data"], stream["json_schema"])
        return answer


@pytest.fixture
def folder(tmp_path: Path, run: Callable[..., Any]) -> Folder:
    return Folder(tmp_path, run)


def data(answer: Any, *fields: str) -> list[Any]:
    records = [message["record"]["data"] for message in answer.of("RECORD")]
    if not fields:
        return [{k: v for k, v in it.items() if not k.startswith("_file")} for it in records]
    return [tuple(it.get(field) for field in fields) for it in records]


def last_state(answer: Any) -> list[Json]:
    return [answer.of("STATE")[-1]["state"]]


def failure(answer: Any) -> str:
    message: str = next(
        it["trace"]["error"]["message"] for it in answer.of("TRACE") if "error" in it["trace"]
    )
    return message


def statuses(answer: Any) -> list[str]:
    traces = [it["trace"] for it in answer.of("TRACE")]
    return [it["stream_status"]["status"] for it in traces if it["type"] == "STREAM_STATUS"]


def test_types_of_csv_columns_are_inferred(folder: Folder) -> None:
    folder.add(
        "a.csv",
        "i,n,b,s,zip,none,big,mixed\n"
        "1,1.5,true,x,01234,,12345678901234567890,1\n-2,3,FALSE,,5,,1,true\n",
    )
    stream = folder.schema("a.csv", CSV)
    types = {
        name: described["type"][1]
        for name, described in stream["json_schema"]["properties"].items()
        if not name.startswith("_")
    }
    assert types == {
        "i": "integer",
        "n": "number",
        "b": "boolean",
        "s": "string",
        "zip": "string",
        "none": "string",
        "big": "string",
        "mixed": "string",
    }
    assert stream["supported_sync_modes"] == ["full_refresh", "incremental"]
    assert stream["default_cursor_field"] == ["_file_modified_at"]
    answer = folder.read("a.csv", CSV)
    assert data(answer, "i", "n", "b", "s", "zip", "_line") == [
        (1, 1.5, True, "x", "01234", 2),
        (-2, 3, False, None, "5", 3),
    ]
    assert statuses(answer) == ["STARTED", "RUNNING", "COMPLETE"]
    assert "none" in answer.of("RECORD")[0]["record"]["data"]


@pytest.mark.parametrize("compressed", [False, True])
def test_bom_crlf_quoted_newlines_and_empty_lines(folder: Folder, *, compressed: bool) -> None:
    content = '\ufeffa;b\r\n\r\n"x\r\ny";"say ""hi"""\r\n3;4\r\n'.encode()
    folder.add("a.csv", gzip.compress(content) if compressed else content)
    answer = folder.read("a.csv", {**CSV, "delimiter": ";"})
    assert data(answer, "a", "b", "_line") == [("x\r\ny", 'say "hi"', 3), ("3", "4", 5)]


def test_ragged_rows_lose_nothing(folder: Folder) -> None:
    folder.add("a.csv", "a,a,,_file\n1,2,3,4,5\n6\n")
    answer = folder.read("a.csv", CSV)
    assert data(answer, "a", "a_2", "column_3", "_file_2", "_extra") == [
        (1, 2, 3, 4, {"column_5": "5"}),
        (6, None, None, None, None),
    ]


def test_values_that_do_not_fit_the_sampled_type_are_kept_aside(folder: Folder) -> None:
    rows = [f"{number}\n" for number in range(1500)]
    folder.add("a.csv", "n\n" + "".join(rows) + "none\n007\n1_0\n")
    answer = folder.read("a.csv", CSV)
    assert [it["_extra"] for it in data(answer)[-3:]] == [{"n": "none"}, {"n": "007"}, {"n": "1_0"}]
    changes = answer.of("RECORD")[-1]["record"]["meta"]["changes"]
    assert changes == [{"field": "n", "change": "NULLED", "reason": "SOURCE_SERIALIZATION_ERROR"}]


def test_json_lines_keep_what_they_hold(folder: Folder) -> None:
    rows: list[Json] = [{"a": 1, "o": {"x": [1]}, "l": [1], "m": 1, "_line": 9}]
    rows += [{"a": 2.5, "m": "x", "o": None}, {"b": None}]
    folder.add("a.jsonl", "\n\n".join(json.dumps(row) for row in rows))
    answer = folder.read("a.jsonl", JSONL)
    assert data(answer, "a", "o", "l", "m", "_line", "_extra") == [
        (1, {"x": [1]}, [1], "1", 1, {"_line": 9}),
        (2.5, None, None, "x", 3, None),
        (None, None, None, None, 5, None),
    ]
    assert "o" in answer.of("RECORD")[1]["record"]["data"]
    assert "l" not in answer.of("RECORD")[1]["record"]["data"]


@pytest.mark.parametrize(
    ("name", "content", "file_format", "words"),
    [
        ("a.csv", b"a\n\xff\n", CSV, "encoding"),
        ("a.csv", b'a\n"never closed\n', CSV, "line 2"),
        ("a.csv", gzip.compress(b"a\n" + os.urandom(9000).hex().encode())[:4000], CSV, "cut off"),
        ("a.jsonl", b'{"a":1}\n{"a":\n', JSONL, "line 2"),
        ("a.jsonl", b"[1]\n", JSONL, "not a JSON object"),
        ("a.csv", b"a\n1\n", {**CSV, "encoding": "klingon"}, "encoding"),
        ("a.csv", b"a\n1\n", {**CSV, "delimiter": '"'}, "delimiter"),
    ],
)
def test_content_that_cannot_be_read_fails_the_check_with_the_place(
    folder: Folder, name: str, content: bytes, file_format: Json, words: str
) -> None:
    folder.add(name, content)
    answer = folder.run("check", name, file_format)
    (status,) = answer.of("CONNECTION_STATUS")
    assert (answer.code, status["connectionStatus"]["status"]) == (0, "FAILED")
    assert words in status["connectionStatus"]["message"]


def test_damage_behind_the_sample_ends_the_read_as_incomplete(folder: Folder) -> None:
    folder.add("a.jsonl", '{"a":1}\n' * 1200 + '{"a":')
    answer = folder.read("a.jsonl", JSONL)
    assert (answer.code, len(answer.of("RECORD"))) == (1, 1200)
    assert statuses(answer) == ["STARTED", "RUNNING", "INCOMPLETE"]
    assert "line 1201" in failure(answer)


def test_folders_and_globs_make_one_stream_of_the_oldest_first(folder: Folder) -> None:
    folder.add("new.csv", "a,b\n2,x\n", modified_at=1_700_000_002)
    folder.add("old.csv.gz", gzip.compress(b"a\n1\n"), modified_at=1_700_000_001)
    folder.add("deep/er.csv", "a\n3\n", modified_at=1_700_000_003)
    folder.add("other.jsonl", "{}\n")
    folder.add(".hidden.csv", "a\n9\n")
    assert data(folder.read("", CSV), "a", "b") == [(1, None), (2, "x"), (3, None)]
    assert data(folder.read("**/*.csv", CSV), "a") == [(2,), (3,)]
    (status,) = folder.run("check", "*.nothing", CSV).of("CONNECTION_STATUS")
    assert status["connectionStatus"]["status"] == "FAILED"


def test_incremental_reads_what_is_new_and_only_that(folder: Folder) -> None:
    folder.add("a.csv", "a\n1\n", modified_at=1_700_000_001)
    folder.add("b.csv", "a\n2\n", modified_at=1_700_000_002)
    first = folder.read("", CSV)
    assert data(first, "a") == [(1,), (2,)]
    assert data(folder.read("", CSV, state=last_state(first))) == []
    folder.add("c.csv", "a\n3\n", modified_at=1_700_000_002)
    folder.add("a.csv", "a\n4\n", modified_at=1_700_000_003)
    second = folder.read("", CSV, state=last_state(first))
    assert data(second, "a") == [(3,), (4,)]
    assert (
        last_state(second)[0]["stream"]["stream_state"]["_file_modified_at"]
        == (second.of("RECORD")[-1]["record"]["data"]["_file_modified_at"])
    )


def test_every_state_resumes_without_loss_or_repetition(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("source_file.stream.FileStream.state_checkpoint_interval", 7)
    for number in range(3):
        rows = "".join(f"{number},{row}\n" for row in range(20))
        folder.add(f"{number}.csv", "a,b\n" + rows, modified_at=1_700_000_000 + number)
    answer = folder.read("", CSV)
    everything = data(answer, "a", "b")
    assert len(everything) == 60
    seen = 0
    for message in answer.messages:
        if message["type"] == "RECORD":
            seen += 1
        elif message["type"] == "STATE":
            rest = data(folder.read("", CSV, state=[message["state"]]), "a", "b")
            assert rest == everything[seen:]
    # A file that changed since the state is read from its beginning.
    state = answer.of("STATE")[0]["state"]
    folder.add("0.csv", "a,b\n0,99\n", modified_at=1_700_000_000.5)
    assert data(folder.read("", CSV, state=[state]), "a", "b")[:2] == [(0, 99), (1, 0)]


def test_a_far_future_state_gives_nothing_and_full_refresh_gives_all(folder: Folder) -> None:
    folder.add("a.csv", "a\n1\n")
    descriptor = {"stream_descriptor": {"name": "s"}}
    future = {"_file_modified_at": "9999-12-31T23:59:59.999999Z"}
    state = [{"type": "STREAM", "stream": {**descriptor, "stream_state": future}}]
    assert data(folder.read("a.csv", CSV, state=state)) == []
    once = folder.read("a.csv", CSV, state=state, mode="full_refresh")
    twice = folder.read("a.csv", CSV, mode="full_refresh")
    assert data(once) == data(twice) != []


@pytest.mark.parametrize("state", [{}, [], {"type": "STATE", "state": None}, [1], {"s": {}}])
def test_a_state_of_another_shape_is_nothing_or_a_clear_error(folder: Folder, state: Any) -> None:
    folder.add("a.csv", "a\n1\n")
    answer = folder.read("a.csv", CSV, state=state)
    assert (answer.code == 0) == (not state)
    assert not state or "list of states" in failure(answer)


def test_a_stream_that_is_not_configured_fails_with_a_trace(folder: Folder) -> None:
    folder.add("a.csv", "a\n1\n")
    catalog = folder.path / "catalog.json"
    stream = {"name": "other", "json_schema": {}, "supported_sync_modes": ["full_refresh"]}
    entry = {"stream": stream, "sync_mode": "full_refresh", "destination_sync_mode": "append"}
    catalog.write_text(json.dumps({"streams": [entry]}))
    answer = folder.run("read", "a.csv", CSV, "--catalog", catalog)
    assert (answer.code, "not found" in failure(answer)) == (1, True)


def test_times_are_sortable_text_in_utc(folder: Folder) -> None:
    folder.add("a.csv", "a\n1\n", modified_at=1_700_000_000.25)
    ((moment,),) = data(folder.read("a.csv", CSV), "_file_modified_at")
    assert moment == "2023-11-14T22:13:20.250000Z"
    assert datetime.fromisoformat(moment).timestamp() == 1_700_000_000.25
