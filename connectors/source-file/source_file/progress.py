"""How far a stream is read: a state in, which files and lines are left out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from source_file.errors import FileSourceError
from source_file.files import FoundFile, Version

CURSOR = "_file_modified_at"


def written(moment: datetime | None) -> str | None:
    """A time as records and states carry it: UTC, microseconds, sortable as text."""
    if moment is None:
        return None
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass(kw_only=True, slots=True)
class Progress:
    """Files modified before `cursor` are read; of those modified at that very moment, `files` are.

    `files` maps names to sizes: two files can share a moment, and one can grow within it.
    `current` is the file that is being read: its name, version, and the last line given out.
    """

    cursor: datetime | None = None
    files: dict[str, int | None] = field(default_factory=dict)
    current: dict[str, Any] | None = None

    def wants(self, file: FoundFile) -> bool:
        """Whether the file has something that was not read yet."""
        moment = file.version.modified_at
        if self.cursor is None or moment is None or moment > self.cursor:
            return True
        is_read = file.name in self.files and self.files[file.name] == file.version.size
        return moment == self.cursor and not is_read

    def start(self, name: str, version: Version) -> int:
        """Begin a file; the line up to which an interrupted read already gave it out."""
        described = {
            "file": name,
            "modified_at": written(version.modified_at),
            "size": version.size,
        }
        previous = self.current or {}
        is_same = all(previous.get(key) == value for key, value in described.items())
        # Without a modification time nobody can tell that the content is still the same.
        line = previous.get("line", 0) if is_same and version.modified_at else 0
        self.current = {**described, "line": line}
        return int(line)

    def finish(self, name: str, version: Version) -> None:
        """The whole file was given out."""
        self.current = None
        if version.modified_at is None:
            return
        if self.cursor is None or version.modified_at > self.cursor:
            self.cursor, self.files = version.modified_at, {}
        if version.modified_at == self.cursor:
            self.files[name] = version.size

    def state(self) -> dict[str, Any]:
        """What `parse_progress` reads."""
        state: dict[str, Any] = {}
        if self.cursor is not None:
            state = {CURSOR: written(self.cursor), "files": self.files}
        if self.current is not None:
            state["current"] = self.current
        return state


def parse_progress(state: Mapping[str, Any]) -> Progress:
    """Progress as a state of this connector tells it; an empty state is the beginning.

    Raises:
        FileSourceError: the state is not one of ours.
    """
    cursor, files, current = state.get(CURSOR), state.get("files"), state.get("current")
    try:
        moment = datetime.fromisoformat(cursor) if cursor else None
    except (TypeError, ValueError) as error:
        raise FileSourceError(f"state: `{CURSOR}` is not a time: `{cursor}`") from error
    if moment is not None and moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return Progress(
        cursor=moment,
        files=dict(files) if isinstance(files, Mapping) else {},
        current=dict(current) if isinstance(current, Mapping) else None,
    )
