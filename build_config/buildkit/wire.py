"""The protobuf wire format: bytes in, frozen dataclasses out, and back.

A message is a frozen dataclass whose fields carry their number and kind in `metadata`, made by
`Kind.at(number)`, `Kind.repeated(number)` or `text_map(number)`. Only what BuildKit's messages need
is here: varints, length-delimited fields, repeated non-packed fields, `map<string, string>`.
Fields that a message does not declare are skipped, as every protobuf reader must.

Source: https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from dataclasses import Field

VARINT: Final = 0
FIXED_64: Final = 1
LENGTH_DELIMITED: Final = 2
FIXED_32: Final = 5
_FIXED_SIZES: Final = {FIXED_64: 8, FIXED_32: 4}
_VARINT_BITS: Final = 70  # ten groups of seven bits hold any 64-bit number
_METADATA_KEY: Final = "wire"

Raw = int | bytes


class Message(Protocol):
    """A dataclass whose fields say where they are on the wire."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


M = TypeVar("M", bound=Message)


class MalformedMessageError(ValueError):
    """The bytes are not the protobuf message they were said to be."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a field is on the wire, and how its values are written (`encode`) and read (`decode`).

    `fold` makes the field's value of all its occurrences, in order; without it the last one wins.
    """

    number: int
    wire_type: int
    encode: Callable[[Any], Raw]
    decode: Callable[[Any], Any]
    spread: Callable[[Any], Iterable[Any]]
    fold: Callable[[list[Any]], Any] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """A protobuf type: its wire type and its conversion."""

    wire_type: int
    encode: Callable[[Any], Raw]
    decode: Callable[[Any], Any]

    def at(self, number: int) -> Mapping[str, Place]:
        """The metadata of a single field: absent when it holds a default, last one wins."""
        return self._place(number, spread=_unless_default, fold=None)

    def repeated(self, number: int) -> Mapping[str, Place]:
        """The metadata of a `repeated` field: a tuple."""
        return self._place(number, spread=iter, fold=tuple)

    def _place(
        self,
        number: int,
        *,
        spread: Callable[[Any], Iterable[Any]],
        fold: Callable[[list[Any]], Any] | None,
    ) -> Mapping[str, Place]:
        place = Place(
            number=number,
            wire_type=self.wire_type,
            encode=self.encode,
            decode=self.decode,
            spread=spread,
            fold=fold,
        )
        return MappingProxyType({_METADATA_KEY: place})


def _unless_default(value: Any) -> Iterable[Any]:
    return (value,) if value else ()


def encode_varint(number: int) -> bytes:
    """Little-endian groups of seven bits; negative numbers as 64-bit two's complement."""
    number &= 0xFFFF_FFFF_FFFF_FFFF
    groups = bytearray()
    while number > 0x7F:  # noqa: PLR2004 - seven bits a group, the eighth says "more follows"
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    groups.append(number)
    return bytes(groups)


def decode_varint(data: bytes, position: int) -> tuple[int, int]:
    """The unsigned number at `position`, and the position behind it."""
    if position < len(data) and data[position] < 0x80:  # noqa: PLR2004 - one group: nearly always
        return data[position], position + 1
    number = 0
    for shift in range(0, _VARINT_BITS, 7):
        if position >= len(data):
            raise MalformedMessageError("the message ends inside a number")
        group = data[position]
        position += 1
        number |= (group & 0x7F) << shift
        if not group & 0x80:
            return number, position
    raise MalformedMessageError("a number is longer than 64 bits")


def _as_signed(number: int) -> int:
    return number - (1 << 64) if number >> 63 else number


def _decode_text(raw: bytes) -> str:
    return raw.decode(errors="replace")  # a name that is not UTF-8 must not stop a build


TEXT: Final = Kind(wire_type=LENGTH_DELIMITED, encode=str.encode, decode=_decode_text)
BYTES: Final = Kind(wire_type=LENGTH_DELIMITED, encode=bytes, decode=bytes)
INT64: Final = Kind(wire_type=VARINT, encode=int, decode=_as_signed)
BOOL: Final = Kind(wire_type=VARINT, encode=int, decode=bool)


def message(kind: type[M]) -> Kind:
    """The kind of a field that holds another message."""
    return Kind(wire_type=LENGTH_DELIMITED, encode=encode, decode=lambda raw: decode(kind, raw))


def text_map(number: int) -> Mapping[str, Place]:
    """The metadata of a `map<string, string>`: repeated messages {key = 1, value = 2}."""
    place = Place(
        number=number,
        wire_type=LENGTH_DELIMITED,
        encode=lambda entry: _field(1, entry[0].encode()) + _field(2, entry[1].encode()),
        decode=_decode_entry,
        spread=lambda mapping: mapping.items(),
        fold=dict,
    )
    return MappingProxyType({_METADATA_KEY: place})


def _decode_entry(raw: bytes) -> tuple[str, str]:
    entry = {number: value for number, value in split(raw) if isinstance(value, bytes)}
    return _decode_text(entry.get(1, b"")), _decode_text(entry.get(2, b""))


def _field(number: int, raw: Raw) -> bytes:
    if isinstance(raw, int):
        return encode_varint(number << 3 | VARINT) + encode_varint(raw)
    return encode_varint(number << 3 | LENGTH_DELIMITED) + encode_varint(len(raw)) + raw


@cache
def _places(kind: type[Message]) -> dict[str, Place]:
    return {field.name: field.metadata[_METADATA_KEY] for field in fields(kind)}


@cache
def _by_number(kind: type[Message]) -> dict[int, tuple[str, Place]]:
    return {place.number: (name, place) for name, place in _places(kind).items()}


@cache
def _folds(kind: type[Message]) -> tuple[tuple[str, Callable[[list[Any]], Any]], ...]:
    return tuple((name, place.fold) for name, place in _places(kind).items() if place.fold)


def encode(record: Message) -> bytes:
    """The record as protobuf; fields in declared order, defaults left out as proto3 does."""
    return b"".join(
        _field(place.number, place.encode(value))
        for name, place in _places(type(record)).items()
        for value in place.spread(getattr(record, name))
    )


def decode(kind: type[M], data: bytes) -> M:
    """The message of this kind in `data`.

    Raises:
        MalformedMessageError: the bytes are cut short or are no protobuf.
    """
    declared = _by_number(kind)
    values: dict[str, Any] = {}
    for number, raw in split(data):
        if number in declared:
            name, place = declared[number]
            if place.fold:
                values.setdefault(name, []).append(place.decode(raw))
            else:
                values[name] = place.decode(raw)
    for name, fold in _folds(kind):
        if name in values:
            values[name] = fold(values[name])
    return kind(**values)


def split(data: bytes) -> Iterator[tuple[int, Raw]]:
    """Every (field number, raw value) of a message, in order; fixed-size values stay bytes."""
    position, end = 0, len(data)
    while position < end:
        key, position = decode_varint(data, position)
        number, wire_type = key >> 3, key & 7
        if wire_type == VARINT:
            value, position = decode_varint(data, position)
            yield number, value
            continue
        if wire_type == LENGTH_DELIMITED:
            size, position = decode_varint(data, position)
        elif wire_type in _FIXED_SIZES:
            size = _FIXED_SIZES[wire_type]
        else:
            raise MalformedMessageError(f"wire type {wire_type} is not in use since proto3")
        if position + size > end:
            raise MalformedMessageError("the message ends inside a field")
        yield number, data[position : position + size]
        position += size
