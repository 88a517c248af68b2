"""Old and new contents of files in, all of them new or all of them old out, whatever kills us.

A record of what is about to change is written first, and removed last. Who finds one knows that a
bump did not come to its end, and puts the old contents back: the same command can then be given
again, and raises no version twice.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from build_config import file_lock
from build_config.atomic_files import rewrite, sweep, write_text
from build_config.bumping.changes import FileChange
from build_config.errors import UsageError, YardError
from build_config.saved_work import keep_out_of_git

FORMAT = 1


def record_path(state: Path) -> Path:
    """Where the record is while files are written."""
    return state / "bump.json"


@contextmanager
def alone(state: Path) -> Iterator[None]:
    """One bump at a time, for the length of the block; dying gives the right back.

    Raises:
        UsageError: another process has it.
        YardError: the folder of state cannot be written.
    """
    busy = UsageError("another `invoke bump` is at work", hint="wait for it")
    with ExitStack() as stack:
        try:
            stack.enter_context(file_lock.held(state / "bump.lock", busy=busy))
            keep_out_of_git(state)
        except OSError as error:
            raise YardError(f"`{state}` cannot be written: {error.strerror}") from error
        yield


def write(root: Path, state: Path, changes: Sequence[FileChange]) -> None:
    """Write all files, or none.

    Raises:
        YardError: a file changed meanwhile, or cannot be written; the old contents are back.
    """
    record = record_path(state)
    if record.exists():
        raise YardError("another bump was interrupted meanwhile", hint="run it again")
    _refuse_changed(root, changes)
    path = ""
    try:
        write_record(state, changes)
        for change in changes:
            path = change.path
            rewrite(root / path, change.after, durable=False)
        _to_disk()
        record.unlink()
    except BaseException as error:
        if record.exists():
            recover(root, state)
        if isinstance(error, OSError):
            what = path or str(record)
            raise YardError(
                f"`{what}` cannot be written: {error.strerror}; nothing was changed"
            ) from error
        raise


def write_record(state: Path, changes: Sequence[FileChange]) -> None:
    """Say what is about to change.

    Raises:
        OSError: it cannot be written.
    """
    files = [
        {
            "path": change.path,
            "before": base64.b64encode(change.before).decode(),
            "after": _digest(change.after),
        }
        for change in changes
    ]
    write_text(record_path(state), json.dumps({"format": FORMAT, "files": files}))


def recover(root: Path, state: Path) -> tuple[str, ...] | None:
    """Undo a bump that did not come to its end; None where there is none.

    Returns:
        The files that got their old content back.

    Raises:
        YardError: a file is neither as before the bump nor as after it, or cannot be written.
    """
    record = record_path(state)
    try:
        files = _read(record)
    except FileNotFoundError:
        return None
    try:
        undone = _undone(root, files, record)
        record.unlink()
    except OSError as error:
        raise YardError(
            f"an interrupted bump cannot be undone: `{error.filename}`: {error.strerror}",
            hint="put that right: the next `invoke bump` undoes it",
        ) from error
    return undone


def _undone(root: Path, files: Mapping[str, tuple[bytes, str]], record: Path) -> tuple[str, ...]:
    states = {path: _now(root / path) for path in files}
    foreign = [p for p, now in states.items() if now != files[p][0] and _digest(now) != files[p][1]]
    if foreign:
        names = ", ".join(f"`{path}`" for path in foreign)
        raise YardError(
            f"a bump was interrupted, and {names} was changed since",
            hint=f"`git diff`, put it right, and remove `{record}`",
        )
    undone = []
    for path, (before, _) in files.items():
        sweep(root / path)
        if states[path] != before:
            rewrite(root / path, before, durable=False)
            undone.append(path)
    _to_disk()
    return tuple(undone)


def _read(record: Path) -> dict[str, tuple[bytes, str]]:
    """Path -> (content before, digest of the content after)."""
    try:
        document: Any = json.loads(record.read_text(encoding="utf-8"))
        files: Any = document["files"] if document["format"] == FORMAT else None
        return {f["path"]: (base64.b64decode(f["before"]), f["after"]) for f in files}
    except (ValueError, KeyError, TypeError) as error:
        hint = "`git diff` shows what an interrupted bump left; put it right and remove the file"
        raise YardError(f"`{record}` cannot be understood", hint=hint) from error


def _refuse_changed(root: Path, changes: Sequence[FileChange]) -> None:
    for change in changes:
        if _now(root / change.path) != change.before:
            raise YardError(f"`{change.path}` was changed meanwhile", hint="run it again")


def _now(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return b""


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _to_disk() -> None:
    """Once for all files: one by one, hundreds of them take seconds."""
    if sys.platform != "win32":
        os.sync()
