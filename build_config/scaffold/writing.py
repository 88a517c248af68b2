"""New directories and files in, all of them in the repository or none of them out.

What is new is made complete in `.yard/generate/`, which nobody looks into. Then an intent is noted
(`intent`), the single files are put in place, and last, as the one step that counts, the
connector's directory is renamed into place. Whatever happens before that is taken back: at once
when something fails, else, after a kill, by the next `invoke generate`.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path, PurePosixPath

from build_config import file_lock
from build_config.errors import YardError
from build_config.saved_work import keep_out_of_git
from build_config.scaffold import intent as intents
from build_config.scaffold.files import File, Files, digest
from build_config.scaffold.intent import Intent, Made
from build_config.scaffold.placing import Placed

_FOLDER = "generate"
_CONNECTOR = "connector"


@contextmanager
def alone(state: Path) -> Iterator[Path]:
    """The right to write, for the length of the block; waits for another `invoke generate`.

    Gives the folder for what is in the making.

    Raises:
        YardError: it cannot be made.
    """
    folder = state / _FOLDER
    with ExitStack() as stack:
        try:
            stack.enter_context(file_lock.held(folder / "lock"))
            keep_out_of_git(state)
        except OSError as error:
            raise _failed("`invoke generate` cannot begin", error) from error
        yield folder


def recover(root: Path, folder: Path) -> list[str]:
    """Take back what killed runs began, and remove what they left; the notes on it.

    Raises:
        YardError: it cannot be taken back.
    """
    notes = []
    try:
        for file in sorted(folder.glob("*.intent.json")):
            intent = intents.read(file)
            if intent is not None and not _is_done(folder, intent):
                _take_back(root, folder / intent.name, intent)
                notes.append(f"an interrupted `invoke generate` of `{intent.name}` was taken back")
            file.unlink()
        for left in folder.iterdir():
            if left.is_dir():
                shutil.rmtree(left)
            elif left.name != "lock":
                left.unlink()
    except OSError as error:
        raise _failed(
            "an interrupted `invoke generate` cannot be taken back",
            error,
            hint="put that right, and run it again: until then a part of it may be there",
        ) from error
    return notes


def write(root: Path, folder: Path, placed: Placed) -> None:
    """Write everything, in a folder that `alone` gave and `recover` has cleaned.

    Raises:
        YardError: something could not be written; the repository is as it was.
    """
    name = Path(placed.connector).name
    note = folder / f"{name}.intent.json"
    try:
        intent = _begin(root, folder, placed, note)
        try:
            _put_in_place(root, folder / name, intent)
        except BaseException:
            if not _is_done(folder, intent):
                _undo(root, folder / name, intent, note)
            raise
    except OSError as error:
        raise _failed(f"`{name}` cannot be written", error) from error
    with suppress(OSError):  # it is all there; the next run sweeps
        _clean(folder / name, note)


def _begin(root: Path, folder: Path, placed: Placed, note: Path) -> Intent:
    """Make everything where nobody looks, and note what is about to happen."""
    staged = folder / Path(placed.connector).name
    try:
        intent = _stage(root, staged, placed)
        intents.write(note, intent)
    except BaseException:
        with suppress(OSError):
            _clean(staged, note)
        raise
    return intent


def _undo(root: Path, staged: Path, intent: Intent, note: Path) -> None:
    try:
        _take_back(root, staged, intent)
        _clean(staged, note)
    except OSError as error:
        raise _failed(
            f"`{intent.name}` can neither be written nor all be taken back",
            error,
            hint="put that right: the next `invoke generate` takes back what is left",
        ) from error


def _clean(staged: Path, note: Path) -> None:
    """The note first: what is in the making without one is nothing but litter."""
    note.unlink(missing_ok=True)
    if staged.is_dir():
        shutil.rmtree(staged)


def _is_done(folder: Path, intent: Intent) -> bool:
    return not (folder / intent.name / _CONNECTOR).is_dir()


def _stage(root: Path, staged: Path, placed: Placed) -> Intent:
    staged.mkdir()
    made = []
    for number, (path, files) in enumerate(placed.directories.items()):
        if path != placed.connector:
            _write_directory(staged / f"base-{number}", files)
            made.append(_made(staged, path, f"base-{number}"))
    for number, (path, file) in enumerate(placed.files.items()):
        _write_file(staged / f"file-{number}", file)
        made.append(_made(staged, path, f"file-{number}"))
    for number, (path, edit) in enumerate(placed.edits.items()):
        backup = "" if edit.old is None else f"backup-{number}"
        for name, content in ((f"edit-{number}", edit.new), (backup, edit.old)):
            if content is not None:
                _write_file(staged / name, File(content=content))
                if backup:
                    shutil.copymode(root / path, staged / name)
        made.append(_made(staged, path, f"edit-{number}", backup))
    _write_directory(staged / _CONNECTOR, placed.directories[placed.connector])
    targets = [*(entry.path for entry in made), placed.connector]
    return Intent(
        name=staged.name,
        connector=placed.connector,
        folders=tuple(_missing_folders(root, targets)),
        made=tuple(made),
    )


def _made(staged: Path, path: str, name: str, backup: str = "") -> Made:
    return Made(path=path, staged=name, digest=digest(staged / name), backup=backup)


def _write_directory(folder: Path, files: Files) -> None:
    folder.mkdir()
    for path, file in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        _write_file(folder / path, file)


def _write_file(place: Path, file: File) -> None:
    with place.open("xb") as stream:
        stream.write(file.content)
        stream.flush()
        os.fsync(stream.fileno())
    if file.executable:
        mode = place.stat().st_mode
        place.chmod(mode | (mode & 0o444) >> 2)


def _missing_folders(root: Path, paths: list[str]) -> list[str]:
    """Parents that are to be made, the outermost first."""
    missing: dict[str, None] = {}
    for path in paths:
        parents = [parent.as_posix() for parent in PurePosixPath(path).parents]
        for parent in reversed(parents):
            if not (root / parent).exists():
                missing[parent] = None
    return list(missing)


def _put_in_place(root: Path, staged: Path, intent: Intent) -> None:
    for folder in intent.folders:
        (root / folder).mkdir(exist_ok=True)
    for entry in intent.made:
        target = root / entry.path
        if entry.backup:
            (staged / entry.staged).replace(target.resolve())
        else:
            _move(staged / entry.staged, target)
    _move(staged / _CONNECTOR, root / intent.connector)


def _take_back(root: Path, staged: Path, intent: Intent) -> None:
    """As often as it takes: what is taken back already is left alone."""
    for entry in reversed(intent.made):
        target = root / entry.path
        if digest(target.resolve()) != entry.digest:
            continue
        if entry.backup:
            (staged / entry.backup).replace(target.resolve())
        else:
            target.rename(staged / entry.staged)
    for folder in reversed(intent.folders):
        with suppress(FileNotFoundError, OSError):  # something else came into it
            (root / folder).rmdir()


def _move(old: Path, new: Path) -> None:
    """Rename, onto nothing: what came there meanwhile is somebody's."""
    if os.path.lexists(new):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(new))
    old.rename(new)


def _failed(
    what: str, error: OSError, *, hint: str = "nothing in the repository changed"
) -> YardError:
    at = error.filename2 or error.filename  # of a move: where to, the rest is ours
    place = f"`{at}`: " if at else ""
    return YardError(f"{what}: {place}{error.strerror}", hint=hint)
