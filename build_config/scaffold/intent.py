"""What a run of `invoke generate` is about to put in place: a note on disk in, and back, out."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from build_config.atomic_files import write_text


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """One file or directory that is to appear, or a file that is to change.

    Attributes:
        path: where, relative to the root.
        staged: what it is called in the making.
        digest: of what is put there: what somebody has changed since is not ours to take back.
        backup: what the old content is called in the making; empty where the path was free.
    """

    path: str
    staged: str
    digest: str
    backup: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Intent:
    """All of it.

    Attributes:
        name: of the connector, and of the folder where it is made.
        connector: where its directory goes, relative to the root: the step that counts.
        folders: directories that are missing for it, the outermost first.
        made: what is put in place before the connector, in this order.
    """

    name: str
    connector: str
    folders: tuple[str, ...]
    made: tuple[Made, ...]


def write(file: Path, intent: Intent) -> None:
    """Write the note, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    write_text(file, json.dumps(dataclasses.asdict(intent), indent=2))


def read(file: Path) -> Intent | None:
    """Read a note; None where nothing can be made of it.

    Raises:
        OSError: it cannot be read.
    """
    try:
        document = json.loads(file.read_bytes())
        return Intent(
            name=str(document["name"]),
            connector=str(document["connector"]),
            folders=tuple(map(str, document["folders"])),
            made=tuple(Made(**entry) for entry in document["made"]),
        )
    except (ValueError, KeyError, TypeError):
        return None
