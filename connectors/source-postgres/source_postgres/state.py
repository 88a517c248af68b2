"""How far a stream is read: a state in, the state after more records out."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from base_python.errors import ConnectorError

WRAP: Final = 1 << 64


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """Which rows a group has, whatever their order: their number, and a sum of their hashes."""

    count: int = 0
    digest: int = 0

    def written(self) -> dict[str, Any]:
        """What `parse_tally` reads; text, for 64 bits do not fit a number of every JSON reader."""
        return {"count": self.count, "digest": f"{self.digest:016x}"}


def parse_tally(state: Mapping[str, Any], key: str) -> Tally | None:
    """The tally under a key; None where there is none.

    Raises:
        ConnectorError: it is not one of ours.
    """
    written = state.get(key)
    if written is None:
        return None
    try:
        return Tally(count=int(written["count"]), digest=int(written["digest"], 16))
    except (KeyError, TypeError, ValueError) as error:
        raise ConnectorError(f"state: `{key}` is not a count with a digest") from error


class Counter:
    """Adds up rows to a tally."""

    __slots__ = ("count", "digest")

    def __init__(self, start: Tally | None = None) -> None:
        self.count, self.digest = (start.count, start.digest) if start else (0, 0)

    def add(self, row: bytes) -> None:
        """One more row."""
        self.count += 1
        self.digest += int.from_bytes(hashlib.blake2b(row, digest_size=8).digest())

    def tally(self) -> Tally:
        """What was added so far."""
        return Tally(count=self.count, digest=self.digest % WRAP)


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """Rows with a cursor below `cursor` are read, and so are those at `cursor` that `ties` counts.

    A row may still come, or change, at the very cursor where a sync ended: then the rows at that
    cursor do not match `ties`, and are read again. `nulls` is the same for rows without a cursor.

    Attributes:
        cursor: text of the server for the value; None before the first row.
        ties: None in a state that someone wrote by hand; then rows at `cursor` are read again.
        nulls: None where rows without a cursor do not matter, or are not yet read.
    """

    cursor: str | None = None
    ties: Tally | None = None
    nulls: Tally | None = None
    has_begun: bool = False

    def state(self, cursor_field: str) -> dict[str, Any]:
        """What `parse_progress` reads."""
        state: dict[str, Any] = {"cursor_field": [cursor_field], "cursor": self.cursor}
        if self.ties is not None:
            state["ties"] = self.ties.written()
        if self.nulls is not None:
            state["nulls"] = self.nulls.written()
        return state


def parse_progress(state: Mapping[str, Any], cursor_field: str) -> Progress:
    """Progress as a state of this connector tells it.

    The beginning, for an empty state, that of a full refresh, or one of another cursor.

    Raises:
        ConnectorError: the state is not one of ours.
    """
    if state.get("cursor_field") not in ([cursor_field], cursor_field):
        return Progress()
    cursor = state.get("cursor")
    if cursor is not None and not isinstance(cursor, str | int | float):
        raise ConnectorError("state: `cursor` is neither text nor a number")
    return Progress(
        cursor=None if cursor is None else str(cursor),
        ties=parse_tally(state, "ties"),
        nulls=parse_tally(state, "nulls"),
        has_begun=True,
    )
