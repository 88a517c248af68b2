"""What a person reads of what connectors say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from build_config.sync.messages import last_words, parse, stream_key

FATAL = "cannot open the file\nTraceback (most recent call last):\n  File main.py"


def line(kind: str, **payload: Any) -> str:
    return json.dumps({"type": kind, kind.lower(): payload})


def test_of_a_log_its_first_line_is_read() -> None:
    said = line("LOG", level="FATAL", message=FATAL)
    assert list(last_words([said], [])) == ["FATAL cannot open the file"]


def test_what_is_told_anyway_is_not_told_twice() -> None:
    said = [
        line("LOG", level="INFO", message="opening"),
        line("LOG", level="FATAL", message=FATAL),
        line("TRACE", type="ERROR", error={"message": "cannot open the file"}),
    ]
    assert list(last_words(said, ["cannot open the file"])) == ["INFO opening"]


def test_data_is_nobodys_last_words() -> None:
    record = line("RECORD", stream="users", data={"name": "x" * 5000})
    assert list(last_words([record, record[:2000], "Killed"], [])) == ["Killed"]


@pytest.mark.parametrize("text", ['{"type": []}', '{"type": {}}', "{}", "[]", "[" * 9999, "\udcff"])
def test_what_has_no_type_of_the_protocol_is_no_message(text: str) -> None:
    assert parse(text.encode(errors="surrogateescape")) is None


def test_a_stream_has_a_name_and_perhaps_a_namespace() -> None:
    assert stream_key({"name": "users", "namespace": "public"}) == ("public", "users")
    assert stream_key({"name": "users", "namespace": ""}) == (None, "users")
    assert stream_key({"name": "users", "namespace": ["public"]}) is None
    assert stream_key({"name": ["users"]}) is None
