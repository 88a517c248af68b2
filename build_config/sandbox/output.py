"""The engine's multiplexed stream in, whole lines of stdout and the last words of both out.

Each frame has a head of eight bytes: the stream (1 stdout, 2 stderr), three zeros, and the length
of what follows, big-endian (Docker Engine API, `POST /containers/{id}/attach`).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

STDOUT: Final = 1
STDERR: Final = 2
_HEAD: Final = 8
_LAST_LINES: Final = 20
_LAST_BYTES: Final = 1 << 16
_LONGEST_SHOWN: Final = 2000


@dataclass(kw_only=True, slots=True)
class Frames:
    """Takes the stream apart; a frame that comes in pieces goes on in pieces."""

    _stream: int = 0
    _left: int = 0
    _head: bytes = b""

    def feed(self, data: bytes) -> tuple[list[bytes], list[bytes]]:
        """What of this is stdout, and what is stderr."""
        pieces: dict[int, list[bytes]] = {}
        position, end = 0, len(data)
        while position < end:
            if not self._left:
                taken = data[position : position + _HEAD - len(self._head)]
                position += len(taken)
                self._head += taken
                if len(self._head) == _HEAD:
                    self._stream = self._head[0]
                    self._left = int.from_bytes(self._head[4:], "big")
                    self._head = b""
                continue
            piece = data[position : position + self._left]
            position += len(piece)
            self._left -= len(piece)
            pieces.setdefault(self._stream, []).append(piece)
        return pieces.get(STDOUT, []), pieces.get(STDERR, [])


@dataclass(kw_only=True, slots=True)
class WholeLines:
    """Cuts a stream of bytes into blocks that end where a line ends.

    Attributes:
        waiting_bytes: length of the line that has not ended yet.
    """

    waiting_bytes: int = 0
    _waiting: list[bytes] = field(default_factory=list)

    def feed(self, data: bytes) -> bytes:
        """As many whole lines as there are now; empty while a line goes on."""
        end = data.rfind(b"\n") + 1
        if not end:
            self._waiting.append(data)
            self.waiting_bytes += len(data)
            return b""
        if not self._waiting and end == len(data):
            return data
        block = b"".join((*self._waiting, data[:end]))
        self._waiting = [data[end:]] if end < len(data) else []
        self.waiting_bytes = len(data) - end
        return block

    def rest(self) -> bytes:
        """A last line without an end."""
        rest = b"".join(self._waiting)
        self._waiting, self.waiting_bytes = [], 0
        return rest


@dataclass(kw_only=True, slots=True)
class Tail:
    """The last words of a stream, in bounded memory."""

    _pieces: deque[bytes] = field(default_factory=deque)
    _size: int = 0

    def add(self, data: bytes) -> None:
        """Remembers the end of it."""
        self._pieces.append(data[-_LAST_BYTES:])
        self._size += len(self._pieces[-1])
        while self._size - len(self._pieces[0]) >= _LAST_BYTES:
            self._size -= len(self._pieces.popleft())

    def lines(self) -> tuple[str, ...]:
        """The last lines, long ones cut."""
        text = b"".join(self._pieces)[-_LAST_BYTES:].decode(errors="replace")
        lines = [line for line in text.split("\n") if line.strip()]
        return tuple(line.rstrip("\r")[:_LONGEST_SHOWN] for line in lines[-_LAST_LINES:])
