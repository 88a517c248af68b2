"""One publisher of an image at a time on a machine: a name in, the right to publish it out.

Publishers on other machines are told apart by claims.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import platform
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

from build_config import file_lock
from build_config.engine import Tell
from build_config.errors import StepError, UnclearError

_POLL = 0.1
_SECONDS = 900.0
_BOOT = Path("/proc/sys/kernel/random/boot_id")


@asynccontextmanager
async def only_one(
    folder: Path, repository: str, tell: Tell, *, seconds: float = _SECONDS
) -> AsyncIterator[str]:
    """Wait until nobody else on this machine publishes to a repository, and keep it so.

    Yields:
        what all who share this lock are called, and nobody else: a holder of that name who is not
        us has ended.

    Raises:
        UnclearError: somebody held it all the time; who it is.
        StepError: there is no room for locks, or the file system has none.
    """
    with _explained(folder):
        descriptor = _opened(folder, repository)
    try:
        with _explained(folder):
            await _take(descriptor, repository, tell, seconds)
        with suppress(OSError):  # for people only: a full disk holds locks all the same
            os.truncate(descriptor, 0)
            os.pwrite(descriptor, f"process {os.getpid()}\n".encode(), 0)
        yield _name_of(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StepError(
            f"nothing can be locked in `{folder}`: {error.strerror}",
            hint="put that right, or set XDG_STATE_HOME to another folder",
        ) from error


def _opened(folder: Path, repository: str) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    # a hash: a registry's port has a colon, and two names must never share a file
    name = hashlib.sha256(repository.encode()).hexdigest()[:32]
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    return os.open(folder / f"{name}.lock", flags, 0o600)


async def _take(descriptor: int, repository: str, tell: Tell, seconds: float) -> None:
    holder = ""
    try:
        async with asyncio.timeout(seconds):
            while not file_lock.take(descriptor):
                holder = os.pread(descriptor, 100, 0).decode(errors="replace").strip()
                tell.activity(f"waiting for {holder or 'another publisher'}")
                await asyncio.sleep(_POLL)
    except TimeoutError as error:
        raise UnclearError(
            f"{holder or 'another process'} has been publishing `{repository}` for {seconds:.0f} s",
            hint="let it end, or stop it",
        ) from error


def _name_of(descriptor: int) -> str:
    """Of the file on the running kernel; its host's name is for people."""
    status = os.fstat(descriptor)
    try:
        kernel = _BOOT.read_text().strip()
    except OSError:  # not Linux: a host's name, and a lock for all of it
        kernel = "a kernel"
    return f"{platform.node()} {kernel} {status.st_dev}:{status.st_ino}"


def lock_folder() -> Path:
    """Where this user's locks are: shared by all checkouts of this machine."""
    home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(home) / "connectoryard" / "locks"
