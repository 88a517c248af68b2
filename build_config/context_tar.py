"""The build context as the engine takes it: a list of files in, the bytes of a tar out.

The same list and contents give the same bytes: owner and times are 0, modes are git's or 0755.
"""

from __future__ import annotations

import errno
import hashlib
import os
import posixpath
import tarfile
from contextlib import suppress
from typing import TYPE_CHECKING

from build_config.context import SYMLINK, link_target, open_file, reason, shown
from build_config.errors import StepError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from build_config.context import ContextFile

_CHUNK = 256 * 1024
_BLOCK = 512
_HASHES = {40: "sha1", 64: "sha256"}  # by the length of a blob id: git's object formats


def tar_stream(root: Path, directory: str, files: Iterable[ContextFile]) -> Iterator[bytes]:
    """Yield the tar of `files` of `root / directory` in chunks of 256 KiB, hardly holding more.

    GNU format, for long names and large files; not PAX, which BuildKit takes for a Dockerfile.
    What is sent is held against the listing, so that an image never carries the fingerprint of
    files other than its own.

    Raises:
        StepError: a file went away, changed since it was listed, or cannot be read; it is named.
    """
    buffer = bytearray()
    for piece in _tar_pieces(root / directory, directory, files):
        buffer += piece
        while len(buffer) >= _CHUNK:
            yield bytes(buffer[:_CHUNK])
            del buffer[:_CHUNK]
    yield bytes(buffer)


def context_size(root: Path, directory: str, files: Iterable[ContextFile]) -> int:
    """Give the size of the tar in bytes, but for names above 100 bytes; asks the disk for each."""
    size = 2 * _BLOCK
    folders: set[str] = set()
    for file in files:
        folders.update(_new_folders(file.path, folders))
        size += _BLOCK
        if file.mode != SYMLINK:
            with suppress(OSError):  # tar_stream will say so
                length = os.lstat(root / directory / file.path).st_size
                size += length + -length % _BLOCK
    return size + len(folders) * _BLOCK


def _tar_pieces(base: Path, directory: str, files: Iterable[ContextFile]) -> Iterator[bytes]:
    folders: set[str] = set()
    for file in files:
        for folder in _new_folders(file.path, folders):
            folders.add(folder)
            yield _tar_header(folder, 0o755, kind=tarfile.DIRTYPE)
        try:
            if file.mode == SYMLINK:
                target = link_target(base / file.path)
                yield _tar_header(file.path, 0o777, kind=tarfile.SYMTYPE, target=target)
            else:
                yield from _tar_file(base / file.path, file)
        except OSError as error:
            raise StepError(
                f"{shown(directory, file.path)} changed while it was sent: {reason(error)}",
                hint="build again when nothing writes to it",
            ) from error
    yield bytes(2 * _BLOCK)


def _tar_file(place: Path, file: ContextFile) -> Iterator[bytes]:
    with open_file(place) as opened:
        size = left = os.fstat(opened.fileno()).st_size
        digest = hashlib.new(_HASHES[len(file.digest)], b"blob %d\0" % size)
        yield _tar_header(file.path, file.mode & 0o777, kind=tarfile.REGTYPE, size=size)
        while left:
            piece = opened.read(min(left, _CHUNK))
            if not piece:
                raise OSError(errno.EIO, f"it shrank by {left} bytes")
            left -= len(piece)
            digest.update(piece)
            yield piece
        if digest.hexdigest() != file.digest:
            raise OSError(errno.EIO, "its content is not what was planned")
        yield bytes(-size % _BLOCK)


def _tar_header(path: str, mode: int, *, kind: bytes, size: int = 0, target: str = "") -> bytes:
    entry = tarfile.TarInfo(path)  # owner and times are 0 from the start
    entry.mode, entry.type, entry.size, entry.linkname = mode, kind, size, target
    return entry.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")


def _new_folders(path: str, known: set[str]) -> list[str]:
    """List the folders of `path` that are not `known`, outer ones first."""
    new: list[str] = []
    folder = posixpath.dirname(path)
    while folder and folder not in known:
        new.insert(0, folder)
        folder = posixpath.dirname(folder)
    return new
