"""A line of a connector in, an Airbyte message or None out; what an error says in one line."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final, TypeGuard

from build_config.connector_protocol.level import Level
from build_config.connector_protocol.schemas import TYPES

_TYPES: Final = TYPES[Level.CURRENT]

Message = Mapping[str, Any]
StreamKey = tuple[str | None, str]
"""Namespace and name."""


def parse(line: bytes) -> Message | None:
    """The message; None for what is not a JSON object with a `type` of the protocol."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return message if is_object(message) and message.get("type") in _TYPES else None


def payload(message: Message, name: str) -> Message:
    """A member that should be an object; empty where it is not."""
    found = message.get(name)
    return found if is_object(found) else {}


def entries(message: Message, name: str) -> list[Any]:
    """A member that should be a list; empty where it is not."""
    found = message.get(name)
    return found if isinstance(found, list) else []


def is_object(value: object) -> TypeGuard[Mapping[str, Any]]:
    """Whether it was a JSON object."""
    return isinstance(value, dict)


def stream_key(descriptor: Message) -> StreamKey | None:
    """The stream that a descriptor names, with its namespace; None where it names none."""
    name, namespace = descriptor.get("name"), descriptor.get("namespace") or None
    if isinstance(name, str) and isinstance(namespace, str | None):
        return namespace, name
    return None


def stream_of(state: Message) -> StreamKey | None:
    """The stream of a STREAM state, also of one that does not say its type."""
    return stream_key(payload(payload(state, "stream"), "stream_descriptor"))


def error_of(message: Message) -> str | None:
    """What a TRACE of type ERROR says; None for every other message."""
    trace = payload(message, "trace")
    if trace.get("type") != "ERROR":
        return None
    error = payload(trace, "error")
    said = error.get("message") or error.get("internal_message") or "an error without a message"
    return str(said)


def log_line(message: Message) -> str:
    """What a LOG says."""
    log = payload(message, "log")
    return f"{log.get('level', 'INFO')} {log.get('message', '')}"


def last_words(lines: Iterable[str], told: Collection[str]) -> Iterator[str]:
    """What a person reads of the last lines of an output.

    Messages of the log shrink to their first line, data is left out, and so is what the errors
    that are `told` anyway say.
    """
    for line in lines:
        message = parse(line.encode())
        if message is None:
            # a long message has lost its end
            if not line.startswith('{"type":'):
                yield line
        elif message["type"] == "LOG":
            said = log_line(message).partition("\n")[0]
            if not any(error in said for error in told):
                yield said


def status_trace(key: StreamKey, status: str, milliseconds: float) -> bytes:
    """A line that tells a destination how a stream ended."""
    namespace, name = key
    descriptor = {"name": name, **({"namespace": namespace} if namespace else {})}
    trace = {
        "type": "STREAM_STATUS",
        "emitted_at": milliseconds,
        "stream_status": {"stream_descriptor": descriptor, "status": status},
    }
    return json.dumps({"type": "TRACE", "trace": trace}).encode() + b"\n"
