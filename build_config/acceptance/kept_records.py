"""What a destination should hold and what was read back in, every difference out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any, Final

from build_config.acceptance.messages_to_write import Data, Stream
from build_config.wording import harmless

Key = tuple[Any, ...]

_SHOWN: Final = 60
_MOST_DIGITS: Final = 15


def kept(stream: Stream, held: Sequence[Data], new: Sequence[Data]) -> list[Data]:
    """What a stream holds after a sync that ended well.

    Under append_dedup the record with the largest cursor stays, of equal ones the last.
    """
    if stream.mode == "overwrite":
        return list(new)
    if stream.mode == "append":
        return [*held, *new]
    newest: dict[Key, Data] = {}
    for data in (*held, *new):
        key = key_of(stream, data)
        if key not in newest or _cursor(stream, data) >= _cursor(stream, newest[key]):
            newest[key] = data
    return list(newest.values())


def key_of(stream: Stream, data: Data) -> Key:
    """The values of its key."""
    return tuple(_hashable(data.get(name)) for name in stream.key)


def by_key(stream: Stream, records: Iterable[Data]) -> dict[Key, list[Data]]:
    """Records of one key together."""
    found: dict[Key, list[Data]] = {}
    for data in records:
        found.setdefault(key_of(stream, data), []).append(data)
    return found


def differences(stream: Stream, expected: Sequence[Data], found: Sequence[Data]) -> Iterator[str]:
    """What is missing, too many or changed; the order of records does not matter."""
    wanted, there = by_key(stream, expected), by_key(stream, found)
    for key in {**wanted, **there}:
        one, other = wanted.get(key, []), there.get(key, [])
        if len(one) != len(other):
            yield f"{named(stream, key)} is there {times(len(other))} instead of {times(len(one))}"
            continue
        pairs = zip(_ordered(stream, one), _ordered(stream, other), strict=True)
        for first, second in pairs:
            yield from (f"{named(stream, key)}: {text}" for text in _changed(stream, first, second))


def named(stream: Stream, key: Key) -> str:
    """A record for people: `users`: the record with `id` 7."""
    pairs = zip(stream.key, key, strict=True)
    return f"`{stream.name}`: the record with " + ", ".join(
        f"`{name}` {_shown(value)}" for name, value in pairs
    )


def times(count: int) -> str:
    """`0 times`, `once`, `2 times`."""
    return "once" if count == 1 else f"{count} times"


def plain(value: Any, schema: Mapping[str, Any]) -> Any:
    """A value in the one form in which it is compared.

    A destination may write a moment in another way, a whole number as a float without a rest, and
    may leave out the character NUL, which most databases cannot hold.
    """
    if isinstance(value, str):
        read = _moment(value, str(schema.get("format", "")))
        return read if read is not None else value.replace("\0", "").replace("\ufffd", "")
    if isinstance(value, float) and value.is_integer() and abs(value) < 10**_MOST_DIGITS:
        return int(value)
    if isinstance(value, dict):
        return {name: plain(inner, {}) for name, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner, {}) for inner in value]
    return value


def _changed(stream: Stream, one: Data, other: Data) -> Iterator[str]:
    """Fields that differ; null and absent are the same, and unknown fields may be left out."""
    for name in {**one, **other}:
        if name not in stream.properties and other.get(name) is None:
            continue
        schema = stream.properties.get(name) or {}
        wanted, found = plain(one.get(name), schema), plain(other.get(name), schema)
        if not _equal(wanted, found):
            yield f"`{harmless(name)}` is {_shown(other.get(name))}, not {_shown(one.get(name))}"


def _equal(one: Any, other: Any) -> bool:
    """Python takes True for 1."""
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _moment(value: str, wanted: str) -> Any:
    try:
        if wanted == "date-time":
            read = datetime.fromisoformat(value)
            return read if read.tzinfo else read.replace(tzinfo=UTC)
        if wanted == "time":
            return time.fromisoformat(value).replace(tzinfo=None)
    except ValueError:
        return None
    return None


def _ordered(stream: Stream, records: list[Data]) -> list[Data]:
    if len(records) == 1:
        return records
    return sorted(records, key=lambda data: _text(stream, data))


def _text(stream: Stream, data: Data) -> str:
    fields = {
        name: plain(data[name], schema)
        for name, schema in stream.properties.items()
        if data.get(name) is not None
    }
    return json.dumps(fields, sort_keys=True, default=str)


def _cursor(stream: Stream, data: Data) -> str:
    return str(data.get(stream.cursor) or "") if stream.cursor else ""


def _hashable(value: Any) -> Any:
    return json.dumps(value, sort_keys=True) if isinstance(value, dict | list) else value


def _shown(value: Any) -> str:
    text = harmless(json.dumps(value, ensure_ascii=False, default=str))
    return f"{text[:_SHOWN]}…" if len(text) > _SHOWN else text
