"""Values for columns: JSON values in, what COPY's text format takes out."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final

from destination_postgres.json_values import REPLACEMENT, UNSTORABLE, dumps, is_storable

NULL: Final = "\\N"
LARGEST: Final = 2**63 - 1
SMALLEST: Final = -(2**63)
SPECIAL: Final = re.compile("[\\\\\b\f\n\r\t\v\0\ud800-\udfff]")
ESCAPES: Final = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})
_OFFSET: Final = r"([Zz]|[+-](?:0\d|1[0-5])(?::?[0-5]\d)?)?"
TIMESTAMP: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d(?::\d\d)?)(?:\.\d{1,9})? ?" + _OFFSET, re.ASCII
)
DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
TIME: Final = re.compile(r"(\d\d:\d\d(?::\d\d)?)(?:\.\d{1,9})?" + _OFFSET, re.ASCII)
NUMBER: Final = re.compile(r"[+-]?\d{1,1000}(?:\.\d{0,1000})?(?:[eE][+-]?\d{1,3})?", re.ASCII)


class Replaced(str):
    """A cell in which characters were replaced that the server cannot store."""

    __slots__ = ()


Convert = Callable[[Any], str | None]
"""Gives a cell, or None where the value is none of the column's type. Null never comes here."""


def escaped(text: str) -> str:
    """A cell for text."""
    if not SPECIAL.search(text):
        return text
    if UNSTORABLE.search(text):
        return Replaced(UNSTORABLE.sub(REPLACEMENT, text).translate(ESCAPES))
    return text.translate(ESCAPES)


def json_cell(value: Any) -> str:
    """A cell for jsonb, of any value."""
    text, is_changed = dumps(value)
    cell = text.translate(ESCAPES) if "\\" in text else text
    return Replaced(cell) if is_changed else cell


def _text(value: Any) -> str | None:
    return escaped(value) if type(value) is str else None


def _integer(value: Any) -> str | None:
    kind = type(value)
    if kind is int and SMALLEST <= value <= LARGEST:
        return str(value)
    if kind in {float, Decimal} and SMALLEST <= value <= LARGEST and value == int(value):
        return str(int(value))
    return None


def _numeric(value: Any) -> str | None:
    kind = type(value)
    if kind is int:
        return str(value)
    if kind is float:
        return repr(value).removesuffix(".0")
    if kind is Decimal:
        return str(value) if is_storable(value) else None
    if kind is str and (value == "NaN" or NUMBER.fullmatch(value)):
        return str(value)
    return None


def _boolean(value: Any) -> str | None:
    if value is True:
        return "t"
    return "f" if value is False else None


def _date(value: Any) -> str | None:
    if type(value) is str and DATE.fullmatch(value) and _is_valid(date, value):
        return value
    return None


def _timestamp(value: Any) -> str | None:
    """Without an offset: the server would drop one without a word."""
    found = TIMESTAMP.fullmatch(value) if type(value) is str else None
    if found is None or found[3]:
        return None
    return value if _is_valid(datetime, f"{found[1]}T{found[2]}") else None


def _timestamptz(value: Any) -> str | None:
    """With an offset, or in UTC."""
    found = TIMESTAMP.fullmatch(value) if type(value) is str else None
    if found is None:
        return None
    return value if _is_valid(datetime, f"{found[1]}T{found[2]}") else None


def _time(value: Any) -> str | None:
    found = TIME.fullmatch(value) if type(value) is str else None
    if found is None or found[2]:
        return None
    return value if _is_valid(time, found[1]) else None


def _timetz(value: Any) -> str | None:
    found = TIME.fullmatch(value) if type(value) is str else None
    if found is None:
        return None
    return value if _is_valid(time, found[1]) else None


def _is_valid(kind: type[date | datetime | time], text: str) -> bool:
    try:
        kind.fromisoformat(text)
    except ValueError:
        return False
    return True


def _nothing(_value: Any) -> None:
    return None


CONVERTERS: Final[Mapping[str, Convert]] = {
    "bigint": _integer,
    "numeric": _numeric,
    "boolean": _boolean,
    "text": _text,
    "date": _date,
    "timestamp without time zone": _timestamp,
    "timestamp with time zone": _timestamptz,
    "time without time zone": _time,
    "time with time zone": _timetz,
    "jsonb": json_cell,
}


def converter(sql_type: str) -> Convert:
    """The function for a column of a type; a type that someone else chose takes no values."""
    return CONVERTERS.get(sql_type, _nothing)
