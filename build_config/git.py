"""What git knows about a working tree: a folder in, blob ids of its clean files and the rest out.

The only module that starts git.
"""

from __future__ import annotations

import os
import re
from bisect import bisect_left
from dataclasses import dataclass, field
from subprocess import DEVNULL, PIPE, CompletedProcess, Popen
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from build_config.errors import YardError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_LIST_FILES = ("ls-files", "-s", "-v", "-z")
# Renames are two files to us, and submodules are read from disk: git need not look into either.
_STATUS = (
    *("status", "--porcelain=v2", "-z", "--untracked-files=all", "--ignored=matching"),
    *("--no-renames", "--ignore-submodules=dirty", "--", "."),
)
# Lists what git converts on the way to disk: all but the files without a converting attribute.
_LIST_CONVERTED = (
    *("ls-files", "-z", "--", "."),
    ":(exclude,attr:!filter !ident !working-tree-encoding !text !eol !crlf)",
    ":(exclude,attr:!filter !ident !working-tree-encoding -text)",
)
_PREFIX = ("rev-parse", "--show-prefix")
_LINE_ENDS = ("config", "--get", "core.autocrlf")

# Set inside hooks; they would make git answer for another repository than the one asked about.
_FOREIGN_VARIABLES = frozenset(
    (
        *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR"),
        *("GIT_NAMESPACE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES"),
        *("GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS"),
    )
)
_CONVERTING = frozenset((b"true", b"input", b"yes", b"on", b"1"))
_FIELDS_BEFORE_PATH = {b"1": 8, b"u": 10}
_SUBMODULE = b"160000"
_SHA256_DIGITS = 64
_SLASH = ord("/")
_SCP_STYLE = re.compile(r"[\w.-]+@[\w.-]+:[^/]")
_UNREADABLE = re.compile(rb"^warning: could not open directory '(.*)': ", re.MULTILINE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """The files below one folder, as git saw them at one moment; paths are relative to it.

    Paths are bytes, sorted, with `/` at the end of a folder that git did not look into (ignored, a
    submodule, a repository inside the repository); `b""` stands for all of it.

    Attributes:
        paths: files whose bytes on disk are the bytes of the blob in git's index.
        blobs: for each of `paths` its mode (0o100644, 0o100755, 0o120000) and blob id in hex.
        unhashed: what else may be on disk: modified, untracked, marked assume-unchanged or
            skip-worktree, and whatever git converts on checkout (`eol`, `filter`, `ident`,
            `working-tree-encoding`): of those the blob id says nothing about the bytes on this
            disk, as a Git LFS pointer and the file it stands for are both clean.
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


def snapshot(root: Path) -> Snapshot | None:
    """Ask git about everything below `root`, in about the time of one `git status`.

    Returns:
        None when `root` is not in a git repository, or git is not installed.

    Raises:
        YardError: git failed for another reason; its own words are in the message.
    """
    answers = _run(root, _PREFIX, _STATUS, _LIST_FILES, _LIST_CONVERTED, _LINE_ENDS)
    if answers is None or _is_no_repository(answers[0]):
        return None
    *needed, line_ends = answers
    for answer in needed:
        _expect_success(root, answer)
    prefix, status, files, converted = needed
    states = _parse_status(status, prefix.stdout.removesuffix(b"\n"))
    distrusted = states.unhashed | states.deleted | set(converted.stdout.split(b"\0"))
    trusts_none = line_ends.stdout.strip().lower() in _CONVERTING
    paths, blobs, doubtful = _parse_index(files.stdout, distrusted, trusts_none=trusts_none)
    return Snapshot(
        paths=tuple(paths),
        blobs=tuple(blobs),
        unhashed=tuple(sorted((states.unhashed | doubtful) - states.deleted)),
        ignored=tuple(sorted(states.ignored)),
        changed=tuple(sorted(states.changed)),
    )


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


@dataclass(frozen=True, kw_only=True, slots=True)
class _States:
    """The answer of `git status`, sorted out."""

    unhashed: set[bytes] = field(default_factory=set)
    deleted: set[bytes] = field(default_factory=set)
    ignored: set[bytes] = field(default_factory=set)
    changed: set[bytes] = field(default_factory=set)


def _parse_status(status: CompletedProcess[bytes], prefix: bytes) -> _States:
    """Sort `git status --porcelain=v2 -z` out (git-status(1)); `prefix` leads to the root."""
    states = _States()
    for entry in status.stdout.split(b"\0"):
        kind = entry[:1]
        if kind in (b"?", b"!"):
            path = _below(entry[2:], prefix)
            (states.ignored if kind == b"!" else states.unhashed).add(path)
        elif kind in _FIELDS_BEFORE_PATH:
            path = _below(entry.split(b" ", _FIELDS_BEFORE_PATH[kind])[-1], prefix)
            is_submodule, in_worktree = entry[5:6] == b"S", entry[3:4]
            if in_worktree == b"D":
                states.deleted.add(path)
            elif in_worktree != b"." and not is_submodule:
                states.unhashed.add(path)
        else:
            continue
        if kind != b"!":
            states.changed.add(path)
    # Folders that git could not look into are left to the one who needs what is in them.
    states.unhashed.update(_below(path, prefix) for path in _UNREADABLE.findall(status.stderr))
    return states


def _parse_index(
    listing: bytes, distrusted: set[bytes], *, trusts_none: bool
) -> tuple[list[bytes], list[tuple[int, str]], set[bytes]]:
    """Split `git ls-files -s -v -z` into clean paths, their modes and ids, and the other paths."""
    paths: list[bytes] = []
    blobs: list[tuple[int, str]] = []
    doubtful: set[bytes] = set()
    for entry in listing.split(b"\0")[:-1]:
        description, _, path = entry.partition(b"\t")
        tag, mode, blob, stage = description.split(b" ")
        if mode == _SUBMODULE:
            doubtful.add(path + b"/")
        elif tag != b"H" or stage != b"0" or trusts_none or path in distrusted:
            doubtful.add(path)
        else:
            paths.append(path)
            blobs.append((int(mode, 8), blob.decode()))
    return paths, blobs, doubtful


def _below(path: bytes, prefix: bytes) -> bytes:
    """Make a path of the repository one of the root; `b""` for a folder that holds the root."""
    return path[len(prefix) :] if path.startswith(prefix) else b""


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


def _run(root: Path, *commands: tuple[str, ...]) -> list[CompletedProcess[bytes]] | None:
    """Run git commands side by side; None when git is not installed."""
    environment = {
        **{name: value for name, value in os.environ.items() if name not in _FOREIGN_VARIABLES},
        "GIT_OPTIONAL_LOCKS": "0",  # only look: never compete with the user's own git
        "LC_ALL": "C",  # messages are matched below
    }
    try:
        running = [
            Popen(
                ["git", "-C", str(root), *command],
                stdin=DEVNULL,
                stdout=PIPE,
                stderr=PIPE,
                env=environment,
            )
            for command in commands
        ]
    except FileNotFoundError:
        return None
    return [_finish(process) for process in running]


def _finish(process: Popen[bytes]) -> CompletedProcess[bytes]:
    with process:
        output, errors = process.communicate()
    return CompletedProcess(process.args, process.returncode, output, errors)


def _first_line(root: Path, *command: str) -> str | None:
    """Ask a question with a short answer; None when git has none."""
    answers = _run(root, command)
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
