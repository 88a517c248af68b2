"""Refs of a git repository, or of its remote, as a store: read at one moment, swapped or refused.

A ref is created, or moved from one known commit to another, or nothing happens: `git update-ref`
and `git push --force-with-lease` both compare before they swap. Nobody's working tree, index or
checked-out branch is touched.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess

from build_config import git_process
from build_config.errors import UnclearError, UsageError
from build_config.git_output import parse_objects

NOTHING = "0" * 40
_SECONDS = 60.0
_LONGEST_LOCK = 3.0
_POLL = 0.02
_MOVES = 5
_LOST = (b"File exists", b"already exists", b"but expected", b"rejected")
"""What git says when somebody else is at the same ref."""
_FETCHED = "refs/connectoryard/fetched"
_PENDING = "refs/connectoryard/pending"
_WRITER = "Connector Yard <noreply@connectoryard.dev>"


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where refs are kept.

    Attributes:
        root: a working tree of the repository.
        remote: name of a remote, or its URL; None for the repository itself.
    """

    root: Path
    remote: str | None = None

    def __str__(self) -> str:
        """As a message names it."""
        return f"remote `{self.remote}`" if self.remote else "the repository"


def tip(place: Place, ref: str) -> str | None:
    """The commit that a ref is at, with its objects here; None where there is no such ref.

    Raises:
        UnclearError: git or its remote did not answer.
        UsageError: git is not installed.
    """
    if place.remote is None:
        found = _succeeded(place, "for-each-ref", "--format=%(objectname)", "--", ref)
        return found.stdout.decode().strip() or None
    for _ in range(_MOVES):
        commit = _listed(place, ref)
        if commit is None or _fetched(place, ref, commit):
            return commit
    raise UnclearError(f"{place}: `{ref}` keeps moving", hint="again")


def _listed(place: Place, ref: str) -> str | None:
    listed = _succeeded(place, "ls-remote", "--", str(place.remote), ref).stdout.decode()
    for line in listed.splitlines():
        commit, _, name = line.partition("\t")
        if name == ref:
            return commit
    return None


def files(place: Place, commit: str, folder: str) -> dict[str, bytes]:
    """Path -> content of every file below a folder of a commit.

    Raises:
        UnclearError: git failed.
    """
    listed = _succeeded(place, "ls-tree", "-r", "-z", "--full-tree", commit, f"{folder}/").stdout
    blobs = {}
    for entry in listed.decode().split("\0")[:-1]:
        facts, _, path = entry.partition("\t")
        blobs[path] = facts.split()[2]
    fed = "".join(f"{blob}\n" for blob in blobs.values()).encode()
    contents = parse_objects(_succeeded(place, "cat-file", "--batch", fed=fed).stdout)
    found = zip(blobs, contents, strict=True)
    return {path: content for path, content in found if content is not None}


def message(place: Place, commit: str) -> str:
    """What a commit says.

    Raises:
        UnclearError: git failed.
    """
    raw = _succeeded(place, "cat-file", "commit", commit).stdout.decode(errors="replace")
    return raw.partition("\n\n")[2]


def commit_of(
    place: Place, parent: str | None, changed: Mapping[str, bytes], *, said: str, at: int
) -> str:
    """A new commit that nothing refers to yet: the parent's files with these in their place.

    Args:
        place: where its objects go; nothing is sent to a remote.
        parent: None for a first commit.
        changed: path from the top -> content.
        said: its message.
        at: seconds since the epoch.

    Raises:
        UnclearError: git failed.
    """
    pending = f"{_PENDING}/{uuid.uuid4().hex}"
    text = said.encode()
    stream = [f"commit {pending}\nmark :1\ncommitter {_WRITER} {at} +0000\n".encode()]
    stream.append(b"data %d\n%s\n" % (len(text), text))
    if parent:
        stream.append(b"from %s\n" % parent.encode())
    for path, content in changed.items():
        stream.append(b"M 100644 inline %s\n" % path.encode())
        stream.append(b"data %d\n%s\n" % (len(content), content))
    stream.append(b"get-mark :1\ndone\n")
    made = _succeeded(
        place,
        *("-c", "core.fsync=committed", "fast-import", "--quiet", "--done"),
        fed=b"".join(stream),
    )
    commit = made.stdout.decode().strip()
    # one that stays is in nobody's way
    _asked(place, "update-ref", "-d", pending, commit)
    return commit


def swap(place: Place, ref: str, *, old: str | None, new: str) -> bool:
    """Move a ref from `old` (None: it must not exist) to `new`; False when it was not there.

    Raises:
        UnclearError: git or its remote did not say whether it happened.
    """
    if place.remote is None:
        return _swap_here(place, ref, old=old, new=new)
    done = _pushed(place, place.remote, f"{new}:{ref}", lease=f"{ref}:{old or ''}")
    now = new if done.returncode == 0 else tip(place, ref)
    # the answer may be lost although the ref has moved
    return now == new or _refused(place, done, now, old)


def _swap_here(place: Place, ref: str, *, old: str | None, new: str) -> bool:
    while True:
        done = _asked(place, "update-ref", ref, new, old or NOTHING)
        if done.returncode == 0:
            return True
        now = tip(place, ref)
        locked = now == old and b"File exists" in done.stderr
        if not locked or not _remove_dead_lock(place, ref):
            return _refused(place, done, now, old)


def _remove_dead_lock(place: Place, ref: str) -> bool:
    """Whether the lock of a ref was left behind by a git that was killed; then it is gone now.

    Git holds the lock of a ref for milliseconds, and nobody but us writes these refs.
    """
    said = _succeeded(place, "rev-parse", "--git-path", f"{ref}.lock").stdout
    lock = place.root / os.fsdecode(said).strip()
    end = time.monotonic() + _LONGEST_LOCK
    try:
        first = lock.stat()
        while time.monotonic() < end:
            time.sleep(_POLL)
            now = lock.stat()
            if (now.st_ino, now.st_mtime_ns) != (first.st_ino, first.st_mtime_ns):
                return False
        lock.unlink()
    except FileNotFoundError:
        return False
    return True


def drop(place: Place, ref: str, *, old: str) -> bool:
    """Remove a ref that is at `old`; False when it was not there, or git did not say so.

    Raises:
        UnclearError: git or its remote did not answer in time.
    """
    if place.remote is None:
        return _asked(place, "update-ref", "-d", ref, old).returncode == 0
    done = _pushed(place, place.remote, f":{ref}", lease=f"{ref}:{old}")
    return done.returncode == 0


def _pushed(place: Place, remote: str, change: str, *, lease: str) -> CompletedProcess[bytes]:
    # without the hook `pre-push`: it is for people's commits, and none of their files is in these
    options = ("--quiet", "--no-verify", f"--force-with-lease={lease}")
    return _asked(place, "push", *options, "--", remote, change)


def _refused(place: Place, done: CompletedProcess[bytes], now: str | None, old: str | None) -> bool:
    """False when somebody else moved it; anything else is no answer."""
    if now != old or any(words in done.stderr for words in _LOST):
        return False
    raise _unclear(place, done)


def _fetched(place: Place, ref: str, commit: str) -> bool:
    """Have its objects here, and a ref that keeps them: the next fetch is then a small one.

    Returns:
        False where the ref has moved, or gone, since we looked at it.

    Raises:
        UnclearError: the remote did not answer.
    """
    if _is_here(place, commit):
        return True
    options = ("--quiet", "--no-tags", "--no-write-fetch-head")
    answer = _asked(place, "fetch", *options, str(place.remote), ref)
    if answer.returncode and _listed(place, ref) == commit:
        raise _unclear(place, answer)
    if not _is_here(place, commit):
        return False
    # somebody beside us may be doing the same, and one of us is enough
    _asked(place, "update-ref", f"{_FETCHED}/{ref.removeprefix('refs/')}", commit)
    return True


def _is_here(place: Place, commit: str) -> bool:
    return _asked(place, "cat-file", "-e", f"{commit}^{{commit}}").returncode == 0


def _succeeded(place: Place, *command: str, fed: bytes = b"") -> CompletedProcess[bytes]:
    answer = _asked(place, *command, fed=fed)
    if answer.returncode:
        raise _unclear(place, answer)
    return answer


def _asked(place: Place, *command: str, fed: bytes = b"") -> CompletedProcess[bytes]:
    try:
        answer = git_process.ask(place.root, *command, fed=fed, seconds=_SECONDS)
    except TimeoutError as error:
        raise UnclearError(f"{place}: {error}", hint="see whether it can be reached") from error
    if answer is None:
        raise UsageError("git is not installed", hint="what is published is kept in git")
    return answer


def _unclear(place: Place, answer: CompletedProcess[bytes]) -> UnclearError:
    words = answer.stderr.decode(errors="replace").strip().splitlines() or ["git said nothing"]
    line = next((word for word in words if word.startswith(("fatal: ", "error: "))), words[-1])
    return UnclearError(f"{place}: {line}", hint="put right what git says, and again")
