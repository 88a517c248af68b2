"""The sync modes of a destination in, streams of every kind with their records out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from build_config.acceptance.messages_to_write import Batch, Data, Stream, Sync
from build_config.connector_protocol.level import Level

MODES: Final = ("overwrite", "append", "append_dedup")
_STEP: Final = 100

_WHOLE: Final = {"type": ["null", "integer"]}
_TEXT: Final = {"type": ["null", "string"]}
_MOMENT: Final = {"type": ["null", "string"], "format": "date-time"}
_PEOPLE: Final = {"id": _WHOLE, "region": _TEXT, "name": _TEXT, "updated_at": _MOMENT}

_TYPES: Final[dict[str, Any]] = {
    "id": _WHOLE,
    "text": _TEXT,
    "whole": _WHOLE,
    "number": {"type": ["null", "number"]},
    "yes": {"type": ["null", "boolean"]},
    "object": {"type": ["null", "object"], "properties": {"a": {"type": ["null", "integer"]}}},
    "array": {"type": ["null", "array"], "items": {"type": ["null", "string"]}},
    "day": {"type": ["null", "string"], "format": "date"},
    "moment": {**_MOMENT, "airbyte_type": "timestamp_with_timezone"},
    "local": {**_MOMENT, "airbyte_type": "timestamp_without_timezone"},
    "hour": {
        "type": ["null", "string"],
        "format": "time",
        "airbyte_type": "time_without_timezone",
    },
    "not_null": {"type": "string"},
    "text_or_whole": {"type": ["null", "string", "integer"]},
    "anything": {},
}
_VALUES: Final[tuple[Data, ...]] = (
    {
        "text": "plain",
        "whole": 42,
        "number": 0.1,
        "yes": True,
        "object": {"a": 1, "b": {"c": [1, None, {"d": "é"}]}},
        "array": ["x", None, "z"],
        "day": "2026-02-28",
        "moment": "2026-01-02T03:04:05.123456+02:00",
        "local": "2026-01-02T03:04:05",
        "hour": "23:59:58",
        "text_or_whole": "text",
        "anything": {"free": ["form", 1]},
    },
    {name: None for name in _TYPES if name not in {"id", "not_null"}},
    {
        "text": "naïve — 東京 العربية 👩‍👩‍👧‍👦 🏳️‍🌈 e\u0301",
        "array": ["😀"],
        "object": {"ключ": "значение"},
    },
    {"text": "quotes ' \" ` and \\ and\ttab\nand\r\nline ends", "text_or_whole": 7},
    {"text": "", "array": [], "object": {}, "whole": 0, "number": 0, "yes": False},
    {"whole": 9007199254740993, "number": -1.5e-7},
    {"whole": 9223372036854775807, "number": 1.7976931348623157e308},
    {"whole": -9223372036854775808, "number": -12345678.875},
    {"text": "null", "not_null": "NULL", "anything": "\\N"},
    {"text": "long " * 200_000},
    {"text": "a NUL \0 inside", "object": {"nul": "\0"}},
    {"text": "0001-01-01", "day": "0001-01-01", "moment": "9999-12-31T23:59:59Z"},
)

_ODD_NAME: Final = "Order \"by\" 'Ünï' /../ %s; --"
_LONG: Final = "a_name_that_is_longer_than_the_sixty_three_bytes_postgresql_gives_"
_ODD_FIELDS: Final = (
    "select",
    "Upper",
    "upper",
    "with space",
    'double "quotes"',
    "single 'quotes'",
    "back\\slash",
    "percent %s and {braces} and :colon",
    "semi;colon--",
    "dotted.name",
    "ünï cödé 東京 😀",
    "1st",
    f"{_LONG}a",
    f"{_LONG}b",
    "_airbyte_raw_id",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Samples:
    """Streams of every kind: one for each sync mode, `types`, `odd`, `surplus` and `empty`.

    Attributes:
        kinds: kind -> the stream.
        records: kind -> the records of its first and of its second sync.
    """

    level: Level
    kinds: Mapping[str, Stream]
    records: Mapping[str, tuple[list[Data], list[Data]]]

    @property
    def streams(self) -> tuple[Stream, ...]:
        """All of them."""
        return tuple(self.kinds.values())

    def sync(self, number: int, streams: tuple[Stream, ...]) -> Sync:
        """The first or the second sync of some of the streams."""
        batches = tuple(
            batch
            for kind, stream in self.kinds.items()
            if stream in streams
            for batch in batched(stream, self.records[kind][number - 1])
        )
        return Sync(streams=streams, batches=batches, level=self.level, number=number)


def samples(modes: Iterable[str], token: str, level: Level) -> Samples:
    """Streams for a destination that can do these modes; the token ends all their names."""
    known = tuple(modes)
    usual = "append" if "append" in known else known[0]
    odd = {"id": _WHOLE, **dict.fromkeys(_ODD_FIELDS, _TEXT)}
    plain = {"id": _WHOLE, "name": _TEXT}
    kinds = {mode: people_stream(mode, f"people_{mode}_{token}") for mode in known}
    kinds |= {
        "types": Stream(name=f"types_{token}", mode=usual, properties=_TYPES),
        "odd": Stream(name=f"{_ODD_NAME} {token}", mode=usual, properties=odd),
        "surplus": Stream(name=f"surplus_{token}", mode=usual, properties=plain),
        "empty": Stream(name=f"empty_{token}", mode=usual, properties=plain),
    }
    records = {mode: (_first_people(), _second_people()) for mode in known}
    records |= {
        "types": (_values(), []),
        "odd": ([{"id": 1, **{field: f"in {field}" for field in _ODD_FIELDS}}], []),
        "surplus": (_surplus(), []),
        "empty": ([], []),
    }
    return Samples(level=level, kinds=kinds, records=records)


def batched(
    stream: Stream, records: Iterable[Data], *, begin: int = 0, step: int = _STEP
) -> list[Batch]:
    """The records from a position on, a state after each so many of them and at the end."""
    everything = tuple(records)
    edges = [*range(begin, len(everything), step), len(everything)]
    return [
        Batch(stream=stream, records=everything[first:last], position=last)
        for first, last in pairwise(edges)
    ]


def people_stream(mode: str, name: str) -> Stream:
    """A stream of people, with a key of two fields."""
    return Stream(
        name=name,
        mode=mode,
        properties=_PEOPLE,
        key=("id", "region"),
        cursor="updated_at" if mode == "append_dedup" else "",
    )


def person(number: int, *, version: int = 1, region: str = "north") -> Data:
    """A record of it; the larger the version, the newer."""
    return {
        "id": number,
        "region": region,
        "name": f"person {number}, version {version}",
        "updated_at": f"2026-01-{version:02}T00:00:00Z",
    }


def _first_people() -> list[Data]:
    """Some twice, the newer first or last; the same number in two regions is two people."""
    north = [person(number, version=2) for number in range(150)]
    south = [person(number, version=2, region="south") for number in range(50)]
    older = [person(number, version=1) for number in range(20)]
    newer = [person(number, version=3) for number in range(10, 30)]
    return [*north, *south, *older, *newer]


def _second_people() -> list[Data]:
    """Old ones again, changed ones, outdated ones and new ones."""
    again = [person(number, version=2) for number in range(40, 60)]
    changed = [person(number, version=4) for number in range(60, 80)]
    outdated = [person(number, version=1) for number in range(80, 100)]
    new = [person(number, version=2) for number in range(150, 200)]
    return [*again, *changed, *outdated, *new]


def _values() -> list[Data]:
    return [
        {"id": number, "not_null": "always there", **values}
        for number, values in enumerate(_VALUES, 1)
    ]


def _surplus() -> list[Data]:
    return [
        {"id": 1, "name": "first"},
        {"id": 2, "name": "second", "unknown": 1},
        {"id": 3, "name": "third", "unknown": {"deep": [1]}, "another 'one'": None},
        {"id": 4, "name": "fourth", "unknown": "text"},
    ]
