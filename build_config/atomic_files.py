"""Content in, a file that has either its old content or the whole new one out."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path


def write_text(file: Path, text: str, *, durable: bool = True) -> None:
    """Write beside the file and rename; its directory is made where it is missing.

    Args:
        file: to write.
        text: its new content.
        durable: wait for the disk, so that it outlives a crash of the machine. While images are
            built the disk is busy, and that takes long.

    Raises:
        OSError: it cannot be written; the old content is as it was.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    _replace(file, text.encode(), durable=durable)


def rewrite(file: Path, content: bytes, *, durable: bool = True) -> None:
    """Replace a file that is somebody's own: it keeps its mode, or gets that of any new file.

    Args:
        file: to write; a link stays one, and a pipe or a device is written to as it is.
        content: its new content.
        durable: wait for the disk, as in `write_text`.

    Raises:
        OSError: it cannot be written; the old content is as it was.
    """
    if file.exists() and not file.is_file():
        file.write_bytes(content)
        return
    file = file.resolve()
    if file.exists():
        mode = stat.S_IMODE(file.stat().st_mode)
    else:
        mask = os.umask(0)
        os.umask(mask)
        mode = 0o666 & ~mask
    _replace(file, content, mode=mode, durable=durable)


def sweep(file: Path) -> None:
    """Remove what killed writers of this file left beside it."""
    for left in file.parent.glob(f".{file.name}-*"):
        left.unlink(missing_ok=True)


def _replace(file: Path, content: bytes, *, mode: int | None = None, durable: bool = True) -> None:
    descriptor, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            if mode is not None:
                os.fchmod(descriptor, mode)
            stream.write(content)
            if durable:
                stream.flush()
                os.fsync(stream.fileno())
        Path(temporary).replace(file)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    if durable:
        _sync_folder(file.parent)


def _sync_folder(folder: Path) -> None:
    """Makes the rename last through a crash; some file systems have no such call for folders."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
