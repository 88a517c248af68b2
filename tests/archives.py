"""Files in, a tar archive of them out, as engines and builders take it."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def archive(files: Mapping[str, bytes], *, mode: int = 0o644) -> bytes:
    """In GNU's format: of PAX headers BuildKit takes the archive for a Dockerfile."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as written:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), mode
            written.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
