r"""Blocks of a source's lines in, what the destination gets out, byte for byte; all of it counted.

A million records a second do not go through a JSON parser here. What a line is shows in its first
bytes where it begins like this, in any spacing:

    {"type": "RECORD", "record": {"stream": "users",         or with "namespace" before "stream"

`type`, `record` and `stream` are then members of the right objects, whatever follows. Records of
one stream begin alike, so a block of nothing else is found by counting. Every other line, with
other orders, escapes in names or two streams of one name, is parsed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from build_config.sync.messages import (
    Message,
    error_of,
    log_line,
    parse,
    payload,
    stream_key,
)
from build_config.sync.traffic import StreamTraffic, Traffic

_RECORD: Final = re.compile(
    rb'\{\s*"type"\s*:\s*"RECORD"\s*,\s*"record"\s*:\s*\{\s*'
    rb'(?:"namespace"\s*:\s*(null|"[^"\\\n]*")\s*,\s*)?'
    rb'"stream"\s*:\s*("[^"\\\n]*")'
)
_PASSED: Final = frozenset({"RECORD", "STATE", "TRACE"})
_SHOWN: Final = 500


@dataclass(kw_only=True, slots=True)
class Sorter:
    """Sorts what a source says.

    Attributes:
        traffic: where it is counted.
        on_state: is given every state, before it is passed on.
        log: is given lines for the log.
    """

    traffic: Traffic
    on_state: Callable[[Message], object]
    log: Callable[[str], object]
    _prefix: bytes = b""
    _stream: StreamTraffic | None = None
    _known: dict[bytes, StreamTraffic] = field(default_factory=dict)

    def sort(self, block: bytes) -> bytes:
        """What of these whole lines goes to the destination."""
        if self._counted(block):
            return block
        lines = block.split(b"\n")
        if not lines[-1]:
            lines.pop()
        kept = [line for line in lines if self._passes(line)]
        if len(kept) == len(lines) and block.endswith(b"\n"):
            return block
        return b"".join(part for line in kept for part in (line, b"\n"))

    def _counted(self, block: bytes) -> bool:
        """Counts a block of nothing but records that begin like the one before."""
        prefix, stream = self._prefix, self._stream
        if stream is None or not block.startswith(prefix) or not block.endswith(b"}\n"):
            return False
        lines = block.count(b"\n")
        # a long needle lets `count` leap over most of a block
        if block.count(b"}\n" + prefix) + 1 != lines:
            return False
        stream.records += lines
        stream.bytes += len(block)
        return True

    def _passes(self, line: bytes) -> bool:
        """Counts one line; whether it goes to the destination."""
        if self._stream is not None and line.startswith(self._prefix) and line.endswith(b"}"):
            stream: StreamTraffic | None = self._stream
        else:
            stream = self._record(line)
        if stream is None:
            return self._other(line)
        stream.records += 1
        stream.bytes += len(line) + 1
        return True

    def _record(self, line: bytes) -> StreamTraffic | None:
        """The stream of a record that shows what it is in its first bytes."""
        begin = _RECORD.match(line)
        if begin is None or not line.endswith(b"}"):
            return None
        prefix = begin.group()
        stream = self._known.get(prefix)
        if stream is None:
            stream = self._named(begin[1], begin[2])
            if stream is None:
                return None
            self._known[prefix] = stream
        self._prefix, self._stream = prefix, stream
        return stream

    def _named(self, namespace: bytes | None, name: bytes) -> StreamTraffic | None:
        """The stream; without a namespace in front only one that has no namesake."""
        try:
            stream = json.loads(name)
            if namespace is None:
                return self.traffic.named(stream)
            return self.traffic.streams.get((json.loads(namespace) or None, stream))
        except ValueError:
            return None

    def _other(self, line: bytes) -> bool:
        message = parse(line)
        if message is None:
            if line.strip():
                self.traffic.strange_lines += 1
                self.log(f"not a message: {line[:_SHOWN].decode(errors='replace')}")
            return False
        kind = message["type"]
        if kind == "RECORD":
            return self._parsed_record(message, line)
        if kind == "STATE":
            self.traffic.states += 1
            self.on_state(payload(message, "state"))
        elif kind == "TRACE":
            self._trace(message)
        elif kind == "LOG":
            self.log(log_line(message))
        return kind in _PASSED

    def _parsed_record(self, message: Message, line: bytes) -> bool:
        record = payload(message, "record")
        key = stream_key({"name": record.get("stream"), "namespace": record.get("namespace")})
        if key is None:
            self.traffic.strange_lines += 1
            self.log(f"a record of no stream: {line[:_SHOWN].decode(errors='replace')}")
            return False
        stream = self.traffic.stream(key)
        stream.records += 1
        stream.bytes += len(line) + 1
        return True

    def _trace(self, message: Message) -> None:
        self.traffic.heard(payload(message, "trace"))
        error = error_of(message)
        if error is not None:
            self.traffic.errors["source"].append(error)
            self.log(f"ERROR {error}")
