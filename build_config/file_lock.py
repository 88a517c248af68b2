"""A file in, the right to be the only one who works on something out: dying gives it back.

A lock is that of the open file (flock), never the file itself: that stays, for removing it would
let two hold it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def take(descriptor: int, *, wait: bool = False) -> bool:
    """Lock an open file until it is closed; False when somebody else has it. Windows has none.

    Args:
        descriptor: of the file, or of a folder.
        wait: until it is free.
    """
    if sys.platform == "win32":
        return True
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True


@contextmanager
def held(path: Path, *, busy: Exception | None = None) -> Iterator[None]:
    """The lock of this file for the length of the block.

    Args:
        path: made where it is missing, with its folder.
        busy: raised when another process has it; None waits.

    Raises:
        OSError: the file cannot be made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        if not take(file.fileno(), wait=busy is None) and busy is not None:
            raise busy
        yield
