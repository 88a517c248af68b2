"""An image of a monorepo in, the tar of its build context out."""

from __future__ import annotations

from pathlib import Path

import monorepo

from build_config.context import list_context
from build_config.context_tar import tar_stream


def context_tar(folder: Path, image: monorepo.Image) -> bytes:
    """The bytes that our build sends for it."""
    files = list_context(folder, image.path, snapshot=None)
    return b"".join(tar_stream(folder, image.path, files))
