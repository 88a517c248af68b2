"""What git knows of a working tree: a folder in, blob ids of its clean files and the rest out."""

from __future__ import annotations

import os
import re
from bisect import bisect_left
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from subprocess import CompletedProcess
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from build_config import git_process
from build_config.errors import YardError
from build_config.git_output import parse_index, parse_status, split

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_LIST_FILES = ("ls-files", "-s", "-v", "-z")
# Renames are two files to us. Submodules are read from disk, and dirty with anything new in them.
_STATUS = (
    *("status", "--porcelain=v2", "-z", "--untracked-files=all", "--ignored=matching"),
    *("--no-renames", "--ignore-submodules=none", "--", "."),
)
# Git converts some files on the way to disk. `:(exclude,attr:…)` leaves out those it does not:
# the second lists what a program rewrites, the first that and what may get other line ends.
_LIST_CONVERTED = (
    *("ls-files", "-z", "--", "."),
    ":(exclude,attr:!filter !ident !working-tree-encoding !text !eol !crlf)",
    ":(exclude,attr:!filter !ident !working-tree-encoding -text)",
)
_LIST_REWRITTEN = (
    *("ls-files", "-z", "--", "."),
    ":(exclude,attr:!filter !ident !working-tree-encoding)",
)
_SIZES = ("cat-file", "--batch-check=%(objectsize)")
_PREFIX = ("rev-parse", "--show-prefix")
_LINE_ENDS = ("config", "--get", "core.autocrlf")

_CONVERTING = frozenset((b"true", b"input", b"yes", b"on", b"1"))
_SHA256_DIGITS = 64
_SLASH = ord("/")
_SCP_STYLE = re.compile(r"[\w.-]+@[\w.-]+:[^/]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """The files below one folder, as git saw them at one moment; paths are relative to it.

    Paths are bytes, sorted, with `/` at the end of a folder that git did not look into (ignored, a
    submodule, a repository inside the repository); `b""` stands for all of it.

    Attributes:
        paths: files whose bytes on disk are the bytes of the blob in git's index.
        blobs: for each of `paths` its mode (0o100644, 0o100755, 0o120000) and blob id in hex.
        unhashed: what else may be on disk: modified, untracked, marked assume-unchanged or
            skip-worktree, and whatever git rewrites on checkout (`filter`, `ident`,
            `working-tree-encoding`, CRLF for LF): of those the blob id says nothing about the
            bytes on this disk, as a Git LFS pointer and the file it stands for are both clean.
        ignored: on disk and matched by an ignore rule.
        changed: every path that is not as in HEAD, deleted and untracked ones included.
    """

    paths: tuple[bytes, ...]
    blobs: tuple[tuple[int, str], ...]
    unhashed: tuple[bytes, ...]
    ignored: tuple[bytes, ...]
    changed: tuple[bytes, ...]

    @property
    def hash_name(self) -> str:
        """The repository's object format: `sha1` or `sha256`."""
        return "sha256" if self.blobs and len(self.blobs[0][1]) == _SHA256_DIGITS else "sha1"

    def clean(self, directory: str) -> Iterator[tuple[str, int, str]]:
        """Yield path within `directory`, mode and blob id of each clean file, sorted."""
        prefix = _as_prefix(directory)
        for index in range(*_span(self.paths, prefix)):
            mode, blob = self.blobs[index]
            yield os.fsdecode(self.paths[index][len(prefix) :]), mode, blob

    def unclean(self, directory: str, *, ignored: bool = True) -> list[str]:
        """List what has to be read from disk: paths within `directory`, `""` for all of it.

        A path that ends in `/` is a folder to walk; any other may have gone.
        """
        prefix = _as_prefix(directory)
        found: list[str] = []
        for listing in (self.unhashed, self.ignored) if ignored else (self.unhashed,):
            if _covers(listing, prefix):
                return [""]
            found += [
                os.fsdecode(listing[at][len(prefix) :]) for at in range(*_span(listing, prefix))
            ]
        return found

    def is_dirty(self, directory: str = ".") -> bool:
        """Tell whether anything in `directory` is not as committed, untracked files included."""
        prefix = _as_prefix(directory)
        first, last = _span(self.changed, prefix)
        return first < last or _covers(self.changed, prefix)


def asking(root: Path) -> AbstractContextManager[git_process.Asked]:
    """Start asking git about everything below `root`, for the length of a `with`.

    `snapshot` takes the answers: what is done before that, git does not have to be waited for.
    """
    return git_process.asking(root, _PREFIX, _STATUS, _LIST_FILES, _LIST_CONVERTED, _LINE_ENDS)


def snapshot(root: Path, asked: git_process.Asked | None = None) -> Snapshot | None:
    """Ask git about everything below `root`, in about the time of one `git status`.

    Args:
        root: of the repository, or a folder in it.
        asked: what `asking` gave for it; else it is asked now.

    Returns:
        None when `root` is not in a git repository, or git is not installed.

    Raises:
        YardError: git failed for another reason; its own words are in the message.
    """
    if asked is None:
        with asking(root) as begun:
            return snapshot(root, begun)
    answers = [git_process.finish(process) for process in asked]
    if not answers or _is_no_repository(answers[0]):
        return None
    *needed, line_ends = answers
    for answer in needed:
        _expect_success(root, answer)
    prefix, status, files, converted = needed
    states = parse_status(status.stdout, status.stderr, prefix.stdout.removesuffix(b"\n"))
    index = parse_index(files.stdout)
    doubtful = split(converted.stdout).intersection(index.blobs)
    if line_ends.stdout.strip().lower() in _CONVERTING:
        doubtful = set(index.blobs)
    doubtful -= _with_blob_bytes(root, {path: index.blobs[path][1] for path in doubtful})
    distrusted = states.unhashed | states.deleted | doubtful
    trusted = {path: blob for path, blob in index.blobs.items() if path not in distrusted}
    return Snapshot(
        paths=tuple(trusted),
        blobs=tuple(trusted.values()),
        unhashed=tuple(sorted((states.unhashed | index.others | doubtful) - states.deleted)),
        ignored=tuple(sorted(states.ignored)),
        changed=tuple(sorted(states.changed)),
    )


def _with_blob_bytes(root: Path, blobs: dict[bytes, str]) -> set[bytes]:
    """Pick those of the clean files, given with their blob ids, that have the bytes of their blob.

    Nothing is known of what a program rewrites. Line ends are only ever LF in the blob and the
    longer CRLF on disk, so a clean file of the same length has the same bytes.
    """
    answers = git_process.run(root, _LIST_REWRITTEN) if blobs else None
    if answers is None:
        return set()
    _expect_success(root, answers[0])
    for path in split(answers[0].stdout).intersection(blobs):
        del blobs[path]
    sizes = git_process.feed(
        root, _SIZES, "".join(f"{blob}\n" for blob in blobs.values()).encode()
    ).stdout
    folder = os.fsencode(root) + b"/"
    same = set()
    for path, size in zip(blobs, sizes.splitlines(), strict=False):
        with suppress(OSError):
            if b"%d" % os.lstat(folder + path).st_size == size:
                same.add(path)
    return same


def head(root: Path) -> str | None:
    """Give the id of the commit that is checked out; None without git or before the first one."""
    return _first_line(root, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")


def remote_url(root: Path) -> str | None:
    """Give the URL of the remote `origin` without user and password; None for a local path."""
    url = _first_line(root, "config", "--get", "remote.origin.url")
    if url is None or url.startswith("file:"):
        return None
    if "://" not in url:
        return url if _SCP_STYLE.match(url) else None
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


def _as_prefix(directory: str) -> bytes:
    """Give what the paths below `directory` start with; `.` and `""` are the root."""
    return b"" if directory in {"", "."} else os.fsencode(directory).rstrip(b"/") + b"/"


def _span(paths: Sequence[bytes], prefix: bytes) -> tuple[int, int]:
    """Find the slice of sorted `paths` that starts with `prefix`."""
    if not prefix:
        return 0, len(paths)
    # "0" is the byte after "/".
    return bisect_left(paths, prefix), bisect_left(paths, prefix[:-1] + b"0")


def _covers(paths: Sequence[bytes], prefix: bytes) -> bool:
    """Tell whether sorted `paths` hold the folder `prefix` or one above it, as a whole."""
    ends = [0, *(at + 1 for at, byte in enumerate(prefix) if byte == _SLASH)]
    places = ((prefix[:end], bisect_left(paths, prefix[:end])) for end in ends)
    return any(at < len(paths) and paths[at] == folder for folder, at in places)


def _first_line(root: Path, *command: str) -> str | None:
    """Ask a question with a short answer; None when git has none."""
    answers = git_process.run(root, command)
    if answers is None or answers[0].returncode:
        return None
    return os.fsdecode(answers[0].stdout.splitlines()[0])


def _is_no_repository(answer: CompletedProcess[bytes]) -> bool:
    return answer.returncode != 0 and b"not a git repository" in answer.stderr


def _expect_success(root: Path, answer: CompletedProcess[bytes]) -> None:
    if not answer.returncode:
        return
    said = answer.stderr.decode(errors="backslashreplace").strip().splitlines() or ["nothing"]
    line = next((line for line in said if line.startswith(("fatal: ", "error: "))), said[0])
    hint = f"run `git -C {root} status` and put right what it says"
    if "dubious ownership" in line:
        hint = f"if you trust it: `git config --global --add safe.directory {root.absolute()}`"
    raise YardError(f"git cannot read the repository at `{root}`: {line}", hint=hint)
