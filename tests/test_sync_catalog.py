"""How streams are moved when nobody says how."""

from __future__ import annotations

from typing import Any

import pytest

from build_config.errors import UsageError
from build_config.sync import catalog

ALL = ("append", "overwrite", "append_dedup")
BOTH = ["full_refresh", "incremental"]


def stream(name: str = "users", **members: Any) -> dict[str, Any]:
    return {"name": name, "json_schema": {}, "supported_sync_modes": BOTH, **members}


def configured(*streams: Any, modes: tuple[str, ...] = ALL, wanted: tuple[str, ...] = ()) -> Any:
    found = catalog.configure({"streams": list(streams)}, modes, wanted=wanted, generation=5)
    return found["streams"]


KEY: dict[str, Any] = {"source_defined_primary_key": [["id"]]}
CURSOR: dict[str, Any] = {"default_cursor_field": ["at"]}


@pytest.mark.parametrize(
    ("members", "modes", "expected"),
    [
        ({**KEY, **CURSOR}, ALL, ("incremental", "append_dedup")),
        (CURSOR, ALL, ("incremental", "append")),
        ({**KEY, **CURSOR}, ("append",), ("incremental", "append")),
        (KEY, ALL, ("full_refresh", "overwrite")),
        ({**KEY, "source_defined_cursor": True}, ALL, ("incremental", "append_dedup")),
        (
            {**KEY, **CURSOR, "supported_sync_modes": ["full_refresh"]},
            ALL,
            ("full_refresh", "overwrite"),
        ),
        ({**KEY, **CURSOR}, ("overwrite",), ("full_refresh", "overwrite")),
        ({}, ("append",), ("full_refresh", "append")),
        ({**KEY, **CURSOR}, (), ("incremental", "append")),
    ],
)
def test_the_way_that_moves_least(
    members: dict[str, Any], modes: tuple[str, ...], expected: tuple[str, str]
) -> None:
    (entry,) = configured(stream(**members), modes=modes)
    assert (entry["sync_mode"], entry["destination_sync_mode"]) == expected


def test_only_replaced_streams_get_a_new_generation() -> None:
    kept, replaced = configured(stream("kept", **KEY, **CURSOR), stream("replaced"))
    assert (kept["generation_id"], kept["minimum_generation_id"]) == (0, 0)
    assert (replaced["generation_id"], replaced["minimum_generation_id"]) == (5, 5)


def test_streams_are_chosen_by_name_namespace_and_glob() -> None:
    streams = (stream("users"), stream("users", namespace="b"), stream("orders"))
    assert len(configured(*streams, wanted=("users",))) == 2
    assert len(configured(*streams, wanted=("b.users",))) == 1
    assert len(configured(*streams, wanted=("*o*,b.*",))) == 2


def test_an_unknown_stream_is_refused_with_a_guess() -> None:
    with pytest.raises(UsageError) as failure:
        configured(stream("users"), wanted=("user",))
    assert "did you mean `users`?" in failure.value.hint


def test_a_source_without_streams_is_refused() -> None:
    with pytest.raises(UsageError):
        configured()


def test_starting_over_replaces_but_keeps_reading_incrementally() -> None:
    found = catalog.configure({"streams": [stream(**KEY, **CURSOR)]}, ALL, wanted=(), generation=1)
    (entry,) = catalog.refreshed(found, ALL, generation=2)["streams"]
    assert (entry["sync_mode"], entry["destination_sync_mode"]) == ("incremental", "overwrite")
    assert entry["minimum_generation_id"] == 2
    assert catalog.refreshed(found, ("append",), generation=2) == found


@pytest.mark.parametrize("odd", [5, "x", {}, None])
def test_lists_that_are_none_are_empty(odd: object) -> None:
    lists = ("supported_sync_modes", "default_cursor_field", "source_defined_primary_key")
    (entry,) = configured(stream() | dict.fromkeys(lists, odd))
    assert (entry["sync_mode"], entry["primary_key"]) == ("full_refresh", [])
    with pytest.raises(UsageError, match="no streams"):
        catalog.configure({"streams": odd}, ALL, wanted=(), generation=5)
