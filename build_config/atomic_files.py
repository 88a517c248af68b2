"""Text in, a file that has either its old content or the whole new one out."""

from __future__ import annotations

import os
import tempfile
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
    descriptor, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
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
    """Else a crash of the machine may still bring the old file back."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
