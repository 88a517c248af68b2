"""One sync between two connectors at a time: a path in, the right to go on out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from build_config import file_lock
from build_config.errors import UsageError


@contextmanager
def held(path: Path) -> Iterator[None]:
    """The lock of this file for the length of the block; dying gives it back.

    Raises:
        UsageError: another process has it.
    """
    message = f"another sync is using `{path.with_suffix('').name}`"
    with file_lock.held(path, busy=UsageError(message, hint="wait for it, or end it")):
        yield
