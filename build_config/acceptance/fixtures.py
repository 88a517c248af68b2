"""A path from the acceptance config in, the file's content out; never from outside its folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

_LARGEST: Final = 64 * 1024 * 1024


class FixtureError(ValueError):
    """A file that the acceptance config names cannot be used; the message names it and says why."""


def inside(folder: Path, path: str) -> Path:
    """Where the path leads, symbolic links followed.

    Raises:
        FixtureError: out of the folder, nowhere, or where nobody lets us look.
    """
    try:
        found = (folder / path).resolve()
        is_there = found.exists()
    except (OSError, RuntimeError, ValueError) as error:  # a link to itself; no path at all
        reason = getattr(error, "strerror", None) or error
        raise FixtureError(f"`{path}` cannot be read: {reason}") from error
    if not found.is_relative_to(folder.resolve()):
        raise FixtureError(f"`{path}` leads out of the connector's directory")
    if not is_there:
        hint = "; it holds secrets, so it is not in git" if path.startswith("secrets/") else ""
        raise FixtureError(f"`{path}` does not exist{hint}")
    return found


def read_bytes(folder: Path, path: str) -> bytes:
    """The whole file.

    Raises:
        FixtureError: not there, not a file, outside, unreadable, or larger than 64 MiB.
    """
    found = inside(folder, path)
    try:
        if not found.is_file() or found.stat().st_size > _LARGEST:
            raise FixtureError(f"`{path}` is not a file of at most {_LARGEST >> 20} MiB")
        return found.read_bytes()
    except OSError as error:
        raise FixtureError(f"`{path}` cannot be read: {error.strerror}") from error


def read_json(folder: Path, path: str) -> Any:
    """The JSON document in the file.

    Raises:
        FixtureError: as `read_bytes`, or not JSON.
    """
    try:
        return json.loads(read_bytes(folder, path))
    except (ValueError, RecursionError) as error:
        if isinstance(error, FixtureError):
            raise
        raise FixtureError(f"`{path}` is not JSON") from error


def read_object(folder: Path, path: str) -> dict[str, Any]:
    """The JSON object in the file.

    Raises:
        FixtureError: as `read_json`, or not an object.
    """
    document = read_json(folder, path)
    if not isinstance(document, dict):
        raise FixtureError(f"`{path}` is not a JSON object")
    return document
