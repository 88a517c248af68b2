"""One sync between two connectors at a time: a path in, the right to go on out."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from build_config.errors import UsageError


@contextmanager
def held(path: Path) -> Iterator[None]:
    """The lock of this file for the length of the block; dying gives it back.

    Raises:
        UsageError: another process has it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        if sys.platform != "win32":
            import fcntl

            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UsageError(
                    f"another sync is using `{path.with_suffix('').name}`",
                    hint="wait for it, or end it",
                ) from None
        yield
