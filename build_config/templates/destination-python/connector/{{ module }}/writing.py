"""Where records go: a config and a stream in, a writer out. This is the file to change first.

The sample appends to a file of JSON Lines for each stream; put your database or API in its place.
What a writer promises is written in `base_python.sync.Writer`.
"""

import hashlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import orjson
from base_python.catalog import ConfiguredStream
from base_python.destination import Config
from base_python.errors import ConnectorError

BLOCK: Final = 1 << 20
LONGEST_NAME: Final = 200  # file systems allow 255 bytes


def check(config: Config) -> None:
    """Do the least that shows that a config works.

    Raises:
        ConnectorError: it does not; the message is what the user reads.
    """
    folder = config["folder"]
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"check")
    except OSError as error:
        raise ConnectorError(f"cannot write into `{folder}`: {error.strerror}") from error


def open_writer(config: Config, stream: ConfiguredStream) -> "JsonLinesWriter":
    """The writer of one stream.

    Raises:
        ConnectorError: its file cannot be opened.
    """
    path = file_of(config["folder"], stream.namespace, stream.name)
    try:
        path.parent.mkdir(exist_ok=True)
        return JsonLinesWriter(path, replaces=stream.destination_sync_mode == "overwrite")
    except OSError as error:
        raise ConnectorError(f"cannot write `{path}`: {error.strerror}") from error


class JsonLinesWriter:
    """Appends to a file, or writes a new one beside it that takes its place in the end."""

    def __init__(self, path: Path, *, replaces: bool) -> None:
        self._path = path
        self._replaces = replaces
        self._target = path.with_name(f".new-{path.name}") if replaces else path
        self._file = self._target.open("wb" if replaces else "ab", buffering=BLOCK)
        if not replaces:
            _drop_cut_off_line(path)

    def write(self, record: Mapping[str, Any]) -> None:
        """Take one record; it waits for a block to be full."""
        row = {"data": record["data"], "emitted_at": record["emitted_at"]}
        self._file.write(orjson.dumps(row) + b"\n")

    def save(self) -> None:
        """Return when all that was taken is on the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def finish(self) -> None:
        """Put the new file in the old one's place, in one step."""
        self._file.close()
        if self._replaces:
            self._target.replace(self._path)
        # A file is on the disk when its name is, too.
        folder = os.open(self._path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)

    def discard(self) -> None:
        """Leave the old file as it is."""
        self._file.close()
        self._target.unlink()


def file_of(folder: str, namespace: str | None, name: str) -> Path:
    """Any name is the name of a file of its own, and none leads out of the folder."""
    parts = [_legal(part) for part in (namespace, name) if part is not None]
    return Path(folder, *parts[:-1], f"{parts[-1]}.jsonl")


def _legal(name: str) -> str:
    legal = quote(name, safe=" ").replace(".", "%2E")
    if len(legal) > LONGEST_NAME:
        digest = hashlib.sha256(name.encode()).hexdigest()[:16]
        return f"{legal[:LONGEST_NAME]}-{digest}"
    return legal


def _drop_cut_off_line(path: Path) -> None:
    """A sync that was killed may have left half a line; no state was confirmed for it."""
    with path.open("rb+") as file:
        end = file.seek(0, os.SEEK_END)
        while end:
            start = max(0, end - BLOCK)
            file.seek(start)
            newline = file.read(end - start).rfind(b"\n")
            if newline >= 0:
                file.truncate(start + newline + 1)
                return
            end = start
        file.truncate(0)
