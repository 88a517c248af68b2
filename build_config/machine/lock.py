"""One `invoke setup` at a time on a machine: a lock file in, the right to change things out."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from build_config import file_lock
from build_config.errors import MachineError
from build_config.machine.findings import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator

POLL_SECONDS = 0.5


def lock_path() -> Path:
    """Return where the lock is: root's is where only root writes, others have their own."""
    if sys.platform == "win32":
        return Path(tempfile.gettempdir()) / "connector-yard-setup.lock"
    if os.geteuid() == 0 and Path("/run").is_dir():
        return Path("/run/connector-yard-setup.lock")
    return Path(tempfile.gettempdir()) / f"connector-yard-setup-{os.geteuid()}.lock"


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """Open the lock file; closing it, also by dying, gives the lock back.

    Raises:
        MachineError: it is somebody else's, or a link.
    """
    # not through a link that somebody else put into a shared directory
    no_links = getattr(os, "O_NOFOLLOW", 0)
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | no_links, 0o600)
    except OSError as error:
        raise MachineError(
            f"`{path}` cannot be locked: {error.strerror}", hint="see whose it is, and remove it"
        ) from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def wait_for(descriptor: int) -> Iterator[Progress]:
    """Take the lock, and say so while somebody else holds it; Windows goes without one."""
    if file_lock.take(descriptor):
        return
    yield Progress(subject="setup", activity="waiting for another `invoke setup`")
    while not file_lock.take(descriptor):
        time.sleep(POLL_SECONDS)
