"""Where files are: a location in, the files it names out, each with a way to open it."""

import glob
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

from source_file.config import Format, JsonLinesFormat
from source_file.errors import FileSourceError

SUFFIXES: Final = {
    "csv": (".csv", ".tsv", ".txt"),
    "jsonl": (".jsonl", ".ndjson", ".json"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """What tells one content of a file from the next; None where a server does not say."""

    modified_at: datetime | None
    size: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundFile:
    """A file as it was listed; `open_bytes` gives its content and the version of that content."""

    name: str
    version: Version
    open_bytes: Callable[[], tuple[BinaryIO, Version]]


def list_local_files(location: str, file_format: Format) -> list[FoundFile]:
    """Files of a path, folder or glob, by name; empty when a folder or glob holds none.

    Raises:
        FileSourceError: the path is not there, or may not be read.
    """
    try:
        return [_found(path) for path in sorted(set(_paths(Path(location), file_format)))]
    except OSError as error:
        raise FileSourceError(f"cannot read `{location}`: {error.strerror}") from error


def _paths(location: Path, file_format: Format) -> Iterator[Path]:
    if location.is_dir():
        yield from _walk(location, file_format)
    elif glob.has_magic(str(location)) and not location.exists():
        # Path.glob would match hidden files too.
        matches = glob.iglob(str(location), recursive=True)  # noqa: PTH207 - see above
        yield from (path for path in map(Path, matches) if path.is_file())
    else:
        location.stat()  # a missing file fails here, with the system's own reason
        if not location.is_file():
            raise FileSourceError(f"`{location}` is neither a file nor a folder")
        yield location


def _walk(folder: Path, file_format: Format) -> Iterator[Path]:
    suffixes = SUFFIXES["jsonl" if isinstance(file_format, JsonLinesFormat) else "csv"]
    for parent, folders, names in os.walk(folder, onerror=_raise):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = Path(parent, name)
            is_ours = name.lower().removesuffix(".gz").endswith(suffixes)
            if is_ours and not name.startswith(".") and path.is_file():
                yield path


def _raise(error: OSError) -> None:
    raise error


def _found(path: Path) -> FoundFile:
    def open_bytes() -> tuple[BinaryIO, Version]:
        try:
            content = path.open("rb")
        except OSError as error:
            raise FileSourceError(f"cannot read `{path}`: {error.strerror}") from error
        return content, _version(os.fstat(content.fileno()))

    return FoundFile(name=str(path), version=_version(path.stat()), open_bytes=open_bytes)


def _version(status: os.stat_result) -> Version:
    # Whole microseconds, from the integer: a float cannot hold today's nanoseconds.
    seconds, nanoseconds = divmod(status.st_mtime_ns, 1_000_000_000)
    moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=nanoseconds // 1000)
    return Version(modified_at=moment, size=status.st_size)
