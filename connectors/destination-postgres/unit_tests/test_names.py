import json
from pathlib import Path
from typing import Any

import pytest
from base_python.errors import ConnectorError
from destination_postgres.catalog import StreamSettings, load_streams
from destination_postgres.columns import Column
from destination_postgres.keys import Key
from destination_postgres.naming import legal, legal_column, table_names


def settings(name: str, namespace: str | None = None) -> StreamSettings:
    return StreamSettings(name=name, namespace=namespace, sync_mode="append", json_schema={})


def test_long_names_are_cut_between_characters_and_stay_apart() -> None:
    names = {legal("é" * 40 + end) for end in "12"} | {legal("x" * 64), legal("x" * 65)}
    assert len(names) == 4
    assert all(len(name.encode()) <= 63 for name in names)
    assert legal("é" * 31) == "é" * 31
    assert legal("") == "_"
    assert legal("a\0b") == "a_b"
    assert legal_column("ctid") == "_ctid"


def test_streams_that_would_share_a_table_do_not() -> None:
    streams = [settings("a\0"), settings("a_"), settings("a_", "other")]
    names = table_names(streams, "public")
    assert names[None, "a\0"].sql == '"public"."a_"'
    assert names[None, "a_"].name.startswith("a__")
    assert names["other", "a_"].sql == '"other"."a_"'


def catalog(tmp_path: Path, **entry: Any) -> str:
    path = tmp_path / "catalog.json"
    path.write_text(json.dumps({"streams": [{"stream": {"name": "s"}, **entry}]}))
    return str(path)


def test_modes_and_keys_that_cannot_be_done_are_refused(tmp_path: Path) -> None:
    for mode, words in (("update", "cannot do `update`"), ("append_dedup", "primary_key")):
        with pytest.raises(ConnectorError, match=words):
            load_streams(catalog(tmp_path, destination_sync_mode=mode))
    (tmp_path / "catalog.json").write_text("[]")
    with pytest.raises(ConnectorError, match="not a JSON object"):
        load_streams(str(tmp_path / "catalog.json"))
    (tmp_path / "catalog.json").write_text('{"streams": [{}]}')
    with pytest.raises(ConnectorError, match="not a configured catalog"):
        load_streams(str(tmp_path / "catalog.json"))


def test_keys_and_cursors_may_be_nested_and_oddly_named() -> None:
    columns = [
        Column(field="a'b", name="a'b", sql_type="jsonb"),
        Column(field="t", name="t", sql_type="text"),
    ]
    key = Key(paths=(("a'b", "c"), ("t",)), cursor_path=("t",), columns=columns)
    assert "#> ARRAY['c']::text[]" in key.sql()
    assert "ARRAY['a''b', 'c']::text[]" in key.sql()
    assert key.cursor("stored.") == 'stored."t" COLLATE "C"'
    nested = Key(paths=(("t",),), cursor_path=("a'b", "x"), columns=columns)
    assert nested.cursor() == "to_jsonb(\"a'b\") #> ARRAY['x']::text[]"
    assert nested.written() == 'key: [["t"]]'
