"""JSON with integers of any size: a line in, a value out; and a value in, text out."""

import json
from typing import Any, Final

import orjson

# orjson makes doubles of integers beyond 64 bits, which have 19 digits or more. A regular
# expression would take six times as long to find them.
NINES: Final = bytes.maketrans(b"0123456789", b"9" * 10)
LONG_NUMBER: Final = b"9" * 19


def may_round(line: bytes) -> bool:
    """Whether orjson may have made doubles of integers in this line."""
    return LONG_NUMBER in line.translate(NINES)


def exact(line: bytes) -> Any:
    """The value of a JSON text that orjson has read already, with all integers as they are."""
    return json.loads(line)


def dumps(value: Any) -> str:
    """A value as JSON."""
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:  # an integer beyond 64 bits
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
