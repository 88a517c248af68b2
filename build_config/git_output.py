"""What git prints: bytes in, paths and their states out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_FIELDS_BEFORE_PATH = {b"1": 8, b"u": 10}
_SUBMODULE = b"160000"
_UNREADABLE = re.compile(rb"^warning: could not open directory '(.*)': ", re.MULTILINE)


@dataclass(frozen=True, kw_only=True, slots=True)
class States:
    """The answer of `git status`, sorted out.

    Attributes:
        unhashed: on disk, with bytes that are not those of a blob in the index.
        deleted: in the index, but not on disk.
        ignored: on disk and matched by an ignore rule.
        changed: not as in HEAD: all but the ignored.
    """

    unhashed: set[bytes] = field(default_factory=set)
    deleted: set[bytes] = field(default_factory=set)
    ignored: set[bytes] = field(default_factory=set)
    changed: set[bytes] = field(default_factory=set)


@dataclass(frozen=True, kw_only=True, slots=True)
class Index:
    """The answer of `git ls-files`, sorted out.

    Attributes:
        blobs: by path, sorted, mode and blob id of each file that git itself looks after.
        others: conflicts, files marked assume-unchanged or skip-worktree, submodules (with `/`).
    """

    blobs: dict[bytes, tuple[int, str]] = field(default_factory=dict)
    others: set[bytes] = field(default_factory=set)


def parse_status(output: bytes, warnings: bytes, prefix: bytes) -> States:
    """Sort `git status --porcelain=v2 -z` out (git-status(1)); `prefix` leads to the root."""
    states = States()
    for entry in output.split(b"\0"):
        kind = entry[:1]
        if kind in (b"?", b"!"):
            path = _below(entry[2:], prefix)
            (states.ignored if kind == b"!" else states.unhashed).add(path)
        elif kind in _FIELDS_BEFORE_PATH:
            path = _below(entry.split(b" ", _FIELDS_BEFORE_PATH[kind])[-1], prefix)
            is_submodule, in_worktree = entry[5:6] == b"S", entry[3:4]
            path += b"/" if is_submodule else b""
            if in_worktree == b"D":
                states.deleted.add(path)
            elif in_worktree != b"." and not is_submodule:
                states.unhashed.add(path)
        else:
            continue
        if kind != b"!":
            states.changed.add(path)
    # Folders that git could not look into are left to the one who needs what is in them.
    states.unhashed.update(_below(path, prefix) for path in _UNREADABLE.findall(warnings))
    return states


def parse_index(listing: bytes) -> Index:
    """Sort `git ls-files -s -v -z` out (git-ls-files(1))."""
    index = Index()
    for entry in listing.split(b"\0")[:-1]:
        description, _, path = entry.partition(b"\t")
        tag, mode, blob, stage = description.split(b" ")
        if mode == _SUBMODULE:
            index.others.add(path + b"/")
        elif tag == b"H" and stage == b"0":
            index.blobs[path] = int(mode, 8), blob.decode()
        else:
            index.others.add(path)
    return index


def parse_objects(output: bytes) -> Iterator[bytes | None]:
    """Sort `git cat-file --batch` out (git-cat-file(1)): of each object the bytes, in order.

    None stands for what is not there, and for what is no blob.
    """
    start = 0
    while start < len(output):
        end = output.index(b"\n", start)
        *_, kind, size = output[start:end].split(b" ")
        start = end + 1
        if not size.isdigit():  # but `missing`
            yield None
            continue
        end = start + int(size)
        yield output[start:end] if kind == b"blob" else None
        start = end + 1


def split(listing: bytes) -> set[bytes]:
    """Make a set of what `-z` parts."""
    return {path for path in listing.split(b"\0") if path}


def _below(path: bytes, prefix: bytes) -> bytes:
    """Make a path of the repository one of the root; `b""` for a folder that holds the root."""
    return path[len(prefix) :] if path.startswith(prefix) else b""
