"""JSON with numbers of any size: bytes in, values out; and values in, text for jsonb out."""

import json
import re
from decimal import Decimal
from typing import Any, Final

import orjson

# orjson makes doubles of long numbers. Lines that may hold one take the slow and exact way.
MAY_ROUND: Final = re.compile(rb"[0-9.]{17}|[0-9][eE][+-]?[0-9]{3}")
SAFE_DIGITS: Final = 18
# numeric and jsonb: 131072 digits before the point, 16383 behind it.
MOST_DIGITS: Final = 16_000
# PostgreSQL's text has no NUL, and UTF-8 has no halves of a surrogate pair.
UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")
REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"


def loads(line: bytes) -> Any:
    """The value of a JSON text; numbers beyond a double are `Decimal`, and exact.

    Raises:
        ValueError: not JSON.
    """
    if not MAY_ROUND.search(line):
        try:
            return orjson.loads(line)
        except orjson.JSONDecodeError:
            if b"\\u" not in line:  # a lone surrogate is all that only the slow way takes
                raise
    return json.loads(line, parse_float=Decimal, parse_int=_integer, parse_constant=_refused)


def _integer(text: str) -> int | Decimal:
    return int(text) if len(text) <= SAFE_DIGITS else Decimal(text)


def _refused(constant: str) -> Any:
    raise ValueError(constant)


def is_storable(number: Decimal) -> bool:
    """Whether numeric holds the number."""
    exponent = number.as_tuple().exponent
    return isinstance(exponent, int) and exponent > -MOST_DIGITS and number.adjusted() < MOST_DIGITS


def dumps(value: Any) -> tuple[str, bool]:
    """Text for jsonb, and whether characters that it cannot hold had to be replaced."""
    try:
        text = orjson.dumps(value, default=_number).decode()
    except TypeError:  # half of a surrogate pair
        return orjson.dumps(_replaced(value), default=_number).decode(), True
    if "\\u0000" in text:
        cleaned = _replaced(value)
        return orjson.dumps(cleaned, default=_number).decode(), cleaned != value
    return text, False


def _number(value: Any) -> Any:
    if not isinstance(value, Decimal):
        raise TypeError(value)
    return orjson.Fragment(str(value)) if is_storable(value) else str(value)


def _replaced(value: Any) -> Any:
    if isinstance(value, str):
        return UNSTORABLE.sub(REPLACEMENT, value)
    if isinstance(value, list):
        return [_replaced(item) for item in value]
    if isinstance(value, dict):
        return {_replaced(key): _replaced(item) for key, item in value.items()}
    return value
