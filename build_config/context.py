"""What enters a build: an image's directory in, its files with their content ids out.

Two checkouts of one commit give the same list. So what git does not record is set aside: modes are
those of git, and empty folders, which a clean clone would not have, are left out. Content ids are
git's blob ids: unchanged files are never read.
"""

from __future__ import annotations

import errno
import hashlib
import os
import posixpath
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from build_config.dockerignore import parse_rules, read_rules
from build_config.errors import RepositoryError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from io import BufferedReader
    from pathlib import Path

    from build_config.dockerignore import IgnoreRules
    from build_config.git import Snapshot

REGULAR = 0o100644
EXECUTABLE = 0o100755
SYMLINK = 0o120000

_OPEN_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

# What is no source of a Gradle build, as lines of an ignore file.
_PROSE = "*.md\n"
_OUTPUTS = "build\n.gradle\nout\nbin\n"


@dataclass(frozen=True, kw_only=True, slots=True)
class ContextFile:
    """One file that enters a build.

    Attributes:
        path: within the context, with `/`; bytes that are not UTF-8 are surrogate-escaped.
        mode: as in git: `REGULAR`, `EXECUTABLE` or `SYMLINK`.
        digest: git's blob id of the bytes on disk (for a link: of its target), in hex.
    """

    path: str
    mode: int
    digest: str


def list_context(
    root: Path, directory: str, *, dockerfile: str = "Dockerfile", snapshot: Snapshot | None
) -> tuple[ContextFile, ...]:
    """List the build context `root / directory`, sorted by the bytes of the paths.

    The Dockerfile is in it even when the ignore file excludes it: the builder reads it from there.
    `snapshot` is that of `root`; with None every file is read and hashed. Git does not see fifos,
    sockets and devices: they are found only without it, or in folders that git does not look into.

    Raises:
        RepositoryError: what cannot be read, is neither file nor link, or is a link out of the
            context (all are named); or the ignore file is not valid.
    """
    rules = read_rules(root, directory, dockerfile)
    files = _clean_files(snapshot, directory, rules)
    unclean = [""] if snapshot is None else snapshot.unclean(directory)
    if not files:
        unclean = [""]  # git sees nothing of a directory that is itself a link to elsewhere
    base = root / directory
    unread = set(_expand(base, unclean, rules)).union((dockerfile,)).difference(files)
    found, defects = _read(base, directory, unread, _hash_name(snapshot))
    files = _merge(files, found)
    defects += _links_out(base, directory, files.values())
    if defects:
        raise RepositoryError(
            tuple(defects), hint="put a copy in its place, or exclude it in `.dockerignore`"
        )
    return tuple(files.values())


def list_kept_back(root: Path, directory: str) -> tuple[str, ...]:
    """List what only our fixed list keeps out of an image: Docker's own clients would send it.

    Raises:
        RepositoryError: the ignore file is not valid.
    """
    rules = read_rules(root, directory)
    sent = _walk(root / directory, "", rules.lines_alone())
    return tuple(sorted(path for path in sent if rules.excluded(path)))


def list_sources(
    root: Path, directory: str, *, snapshot: Snapshot | None
) -> tuple[ContextFile, ...]:
    """List what a Gradle build of `root / directory` reads, in the shape of `list_context`.

    These are the files that git tracks or would track, without the Markdown beside the build file.
    Without git all is taken but the folders that Gradle and editors write to.

    Raises:
        RepositoryError: what cannot be read or is neither file nor link (all are named).
    """
    unclean = [""] if snapshot is None else snapshot.unclean(directory, ignored=False)
    files = _clean_files(snapshot, directory, parse_rules(_PROSE))
    if not files and not unclean:
        unclean = [""]  # git ignores all of it, or it is a link to elsewhere
    rules = parse_rules(_PROSE + _OUTPUTS if "" in unclean else _PROSE)
    base = root / directory
    unread = set(_expand(base, unclean, rules)).difference(files)
    found, defects = _read(base, directory, unread, _hash_name(snapshot))
    if defects:
        raise RepositoryError(tuple(defects), hint="make it a readable file, or remove it")
    return tuple(_merge(files, found).values())


def list_named(
    root: Path, paths: Iterable[str], *, snapshot: Snapshot | None
) -> tuple[ContextFile, ...]:
    """List those of a few files directly below `root` that are there, in the shape of the others.

    Raises:
        RepositoryError: what cannot be read or is neither file nor link (all are named).
    """
    found, defects = _read(root, "", paths, _hash_name(snapshot))
    if defects:
        raise RepositoryError(tuple(defects), hint="make it a readable file, or remove it")
    return tuple(found.values())


def _clean_files(
    snapshot: Snapshot | None, directory: str, rules: IgnoreRules
) -> dict[str, ContextFile]:
    if snapshot is None:
        return {}
    return {
        path: ContextFile(path=path, mode=mode, digest=blob)
        for path, mode, blob in snapshot.clean(directory)
        if not rules.excluded(path)
    }


def _hash_name(snapshot: Snapshot | None) -> str:
    return "sha1" if snapshot is None else snapshot.hash_name


def _merge(clean: dict[str, ContextFile], found: dict[str, ContextFile]) -> dict[str, ContextFile]:
    """Put the files in order; those that are clean are in git's order, which is the same."""
    if not found:
        return clean
    both = clean | found
    return {path: both[path] for path in sorted(both, key=os.fsencode)}


def _expand(base: Path, unclean: list[str], rules: IgnoreRules) -> Iterator[str]:
    """Yield what of `unclean` enters, files for folders (`""` and what ends in `/`)."""
    for path in unclean:
        if path and not path.endswith("/"):
            if not rules.excluded(path):
                yield path
        elif not path or not rules.may_prune(path.rstrip("/")):
            yield from _walk(base, path, rules)


def _walk(base: Path, folder: str, rules: IgnoreRules) -> Iterator[str]:
    """Yield the files below `base / folder` that enter, and folders that cannot be read."""
    try:
        entries = list(os.scandir(base / folder))
    except (FileNotFoundError, NotADirectoryError):
        return  # a submodule that is not checked out
    except OSError:
        yield folder.rstrip("/") or "."
        return
    for entry in entries:
        path = folder + entry.name
        if not entry.is_dir(follow_symlinks=False):
            if not rules.excluded(path):
                yield path
        elif not rules.may_prune(path):
            yield from _walk(base, f"{path}/", rules)


def _read(
    base: Path, directory: str, paths: Iterable[str], hash_name: str
) -> tuple[dict[str, ContextFile], list[str]]:
    """Hash files from disk; give those that are there, and what went wrong with others."""
    files: dict[str, ContextFile] = {}
    defects: list[str] = []
    for path in sorted(paths):
        try:
            mode, digest = _hash(base / path, hash_name)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            defects.append(f"{shown(directory, path)} cannot enter a build: {reason(error)}")
        else:
            files[path] = ContextFile(path=path, mode=mode, digest=digest)
    return files, defects


def _hash(place: Path, hash_name: str) -> tuple[int, str]:
    """Give a file's mode and blob id, reading it in pieces.

    Raises:
        OSError: it cannot be read, or is neither a file nor a link.
    """
    if stat.S_ISLNK(os.lstat(place).st_mode):
        target = os.fsencode(link_target(place))
        return SYMLINK, hashlib.new(hash_name, b"blob %d\0" % len(target) + target).hexdigest()
    with open_file(place) as file:
        status = os.fstat(file.fileno())
        digest = hashlib.new(hash_name, b"blob %d\0" % status.st_size)
        hashlib.file_digest(file, lambda: digest)
    return EXECUTABLE if status.st_mode & stat.S_IXUSR else REGULAR, digest.hexdigest()


def open_file(place: Path) -> BufferedReader:
    """Open a regular file; anything else is an OSError, a fifo too (which would block)."""
    file = os.fdopen(os.open(place, _OPEN_FLAGS), "rb")
    if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        return file
    file.close()
    raise OSError(errno.EINVAL, "it is neither a file nor a link nor a folder")


def link_target(place: Path) -> str:
    """Give the target of a link as it is written."""
    return os.readlink(place)  # noqa: PTH115 - Path.readlink() drops `./` and a `/` at the end


def _links_out(base: Path, directory: str, files: Iterable[ContextFile]) -> list[str]:
    """Name the links whose target is not within the context."""
    defects = []
    for file in files:
        if file.mode != SYMLINK:
            continue
        try:
            target = link_target(base / file.path)
        except OSError:
            continue  # a file system without links: git wrote the target into a plain file
        meant = posixpath.normpath(posixpath.join(posixpath.dirname(file.path), target))
        if meant.startswith(("/", "../")) or meant == "..":
            defects.append(
                f"{shown(directory, file.path)} is a link to `{_printable(target)}`, "
                "outside of the build context"
            )
    return defects


def shown(directory: str, path: str) -> str:
    """Name a file in a message: one line, whatever bytes its path has."""
    return f"`{_printable(posixpath.normpath(posixpath.join(directory, path)))}`"


def _printable(path: str) -> str:
    """Make one line of a path, whatever bytes it has."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in path)


def reason(error: OSError) -> str:
    """Say why, without the path, which the message has already."""
    return (error.strerror or "unknown reason").lower()
