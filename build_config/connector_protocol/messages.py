"""A line of a connector's stdout in, a message of the protocol or the fault in it out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from build_config.connector_protocol.json_schema import compile_schema, faults
from build_config.connector_protocol.level import Level
from build_config.connector_protocol.schemas import PAYLOADS, TYPES, message_schemas
from build_config.wording import harmless

if TYPE_CHECKING:
    from build_config.connector_protocol.json_schema import Validator

_QUOTED: Final = 80
_DEEPEST: Final = 200
"""Levels; what is deeper, no library below can check or write again."""


class Message(NamedTuple):
    """A message that follows the rules; a tuple, since there may be a million of them.

    Attributes:
        type: `RECORD`, `STATE`, …
        payload: what stands under the key of that type.
        line: where it stands in the output, counted from 1.
    """

    type: str
    payload: dict[str, Any]
    line: int


class Fault(NamedTuple):
    """A line that is not a message; `reason` names the field."""

    reason: str
    line: int

    def __str__(self) -> str:
        """For people: `line 3: RECORD without `record.stream``."""
        return f"line {self.line}: {self.reason}"


@dataclass(kw_only=True, slots=True)
class Reader:
    """Reads the output of one run, line after line, by the rules of a level."""

    level: Level
    _line: int = 0
    _validators: dict[str, Validator] = field(default_factory=dict)

    def read(self, line: bytes) -> Message | Fault | None:
        """What the line is; None where it is empty."""
        import orjson

        self._line += 1
        if not line.strip():
            return None
        try:
            document = orjson.loads(line)
        except ValueError:
            return Fault(f"not JSON: {_quoted(line)}", self._line)
        if not isinstance(document, dict):
            return Fault(f"not a JSON object: {_quoted(line)}", self._line)
        if line.count(b"{") + line.count(b"[") > _DEEPEST and _depth(document) > _DEEPEST:
            return Fault(f"nested deeper than {_DEEPEST} levels: {_quoted(line)}", self._line)
        return self._judge(document, line)

    def _judge(self, document: dict[str, Any], line: bytes) -> Message | Fault:
        kind = document.get("type")
        if kind not in TYPES[self.level]:
            return Fault(self._strange(document, line), self._line)
        validator = self._validators.get(kind) or self._compile(kind)
        if validator.is_valid(document):
            return Message(kind, document[PAYLOADS[kind]], self._line)
        return Fault(f"{kind}: {'; '.join(faults(validator, document, most=3))}", self._line)

    def _compile(self, kind: str) -> Validator:
        validator = compile_schema(message_schemas(self.level)[kind])
        self._validators[kind] = validator
        return validator

    def _strange(self, document: dict[str, Any], line: bytes) -> str:
        if "type" not in document:
            return f"an object without `type`: {_quoted(line)}"
        known = ", ".join(TYPES[self.level])
        return f"`type` is {_quoted(repr(document['type']).encode())}: it must be one of {known}"


def _depth(document: object) -> int:
    """How many containers lie in one another at most; it must not recurse."""
    depth, level = 0, [document]
    while level := [inner for outer in level for inner in _inner(outer)]:
        depth += 1
    return depth


def _inner(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _quoted(line: bytes) -> str:
    text = harmless(line[: _QUOTED * 4].decode(errors="replace"))
    return f"`{text[:_QUOTED]}{'…' if len(text) > _QUOTED else ''}`"
