"""One sync between two connectors at a time: a path in, the right to go on out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from build_config import file_lock
from build_config.errors import UsageError, YardError


@contextmanager
def held(path: Path) -> Iterator[None]:
    """The lock of this file for the length of the block; dying gives it back.

    Raises:
        UsageError: another process has it.
        YardError: the file cannot be made, or its file system knows no locks.
    """
    name = path.with_suffix("").name
    busy = UsageError(f"another sync is using `{name}`", hint="wait for it, or end it")
    with ExitStack() as stack:
        try:
            stack.enter_context(file_lock.held(path, busy=busy))
        except OSError as error:
            raise YardError(
                f"the state `{name}` cannot be locked: {error.strerror}",
                hint="keep it elsewhere: `--state=FILE`",
            ) from error
        yield
