"""STATE messages in, the state to resume from out: the content of the file for `--state`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from build_config.connector_protocol.catalog import StreamKey


def kind(state: Mapping[str, Any]) -> str:
    """`STREAM`, `GLOBAL`, or `LEGACY`, which a state without a type is."""
    return str(state.get("type") or "LEGACY")


@dataclass(kw_only=True, slots=True)
class Checkpoint:
    """Where a sync stands; each state message takes the place of an older one of its kind.

    A LEGACY state and a GLOBAL one stand for the whole sync, a STREAM state for its stream.
    """

    streams: dict[StreamKey, Mapping[str, Any]] = field(default_factory=dict)
    whole: Mapping[str, Any] | None = None

    def take(self, state: Mapping[str, Any]) -> None:
        """One more state message."""
        if kind(state) == "STREAM":
            self.streams[StreamKey.of(state["stream"]["stream_descriptor"])] = state
        else:
            self.whole = state

    def document(self) -> Any:
        """What a connector is given: the bare data of a LEGACY state, a list of all others."""
        if self.whole is not None and kind(self.whole) == "LEGACY":
            return self.whole.get("data") or {}
        return [*([self.whole] if self.whole else []), *self.streams.values()]

    def to_bytes(self) -> bytes:
        """The file for `--state`."""
        return json.dumps(self.document()).encode()
