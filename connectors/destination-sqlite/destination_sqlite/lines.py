"""Standard input: a file descriptor in, whole lines out, and a pause when nothing comes."""

import os
import select
from collections.abc import Callable, Iterator
from typing import Final

from destination_sqlite.errors import ProtocolError

CHUNK: Final = 1 << 18
LONGEST_LINE: Final = 64 << 20


def read_lines(descriptor: int, *, patience: Callable[[], float | None]) -> Iterator[bytes | None]:
    """Lines without their ends; a last line that was cut off comes too.

    `patience` says how many seconds to wait for input, None for ever. When they pass without any,
    the iterator gives None, so that the caller can commit while the source is thinking.

    Raises:
        ProtocolError: a line above 64 MiB, which would fill the memory.
    """
    pieces: list[bytes] = []
    size = 0
    while True:
        seconds = patience()
        if seconds is not None and not select.select([descriptor], [], [], seconds)[0]:
            yield None
            continue
        chunk = os.read(descriptor, CHUNK)
        if not chunk:
            break
        first, *lines = chunk.split(b"\n")
        pieces.append(first)
        size += len(first)
        if lines:
            yield b"".join(pieces)
            *whole, rest = lines
            yield from whole
            pieces, size = [rest], len(rest)
        if size > LONGEST_LINE:
            raise ProtocolError(f"a message is longer than {LONGEST_LINE >> 20} MiB")
    if size:
        yield b"".join(pieces)
