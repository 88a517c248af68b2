"""A folder in, a disk of one mebibyte mounted on it out; skips where nobody may mount."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """The folder, which is made, with the disk on it for the length of the block."""
    folder.mkdir(parents=True)
    mounting = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    try:
        done = subprocess.run(mounting, capture_output=True, text=True, check=False)
    except OSError as error:
        pytest.skip(f"no `mount` here: {error}")
    if done.returncode != 0:
        pytest.skip(f"this user may not mount a disk: {done.stderr.strip().splitlines()[0]}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)
