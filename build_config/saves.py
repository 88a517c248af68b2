"""A folder in, the paths that are saved below it out, in batches, as long as one listens."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from build_config.errors import YardError

if TYPE_CHECKING:
    from watchfiles import Change

_SILENCE = 150
"""Milliseconds. Editors write a temporary file and rename it; who saves all files writes many. The
library looks this often whether there is more, so that the silence it waits for is up to twice as
long."""
_LONGEST = 2_000
"""Milliseconds after which a batch is handed out though more is being saved."""
_SOON = 1
"""Milliseconds, so that it says as soon as it listens that nothing was saved yet."""
_MANY = 1_000
"""Paths in a batch from which on some may be missing: Linux keeps 16 384 events for who reads them
late (`fs.inotify.max_queued_events`), and drops what comes then."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Saved:
    """What was saved since the last batch.

    Attributes:
        paths: files and folders, there or gone, relative to the folder; None when it may be any.
        at: when the last of them was, on the monotonic clock.
    """

    paths: frozenset[str] | None
    at: float


@contextmanager
def listening(root: Path, is_noise: Callable[[str], bool]) -> Iterator[Iterator[Saved]]:
    """Listen for the length of a `with`; what is saved while nobody takes batches is kept.

    Args:
        root: a folder, absolute and without links.
        is_noise: which paths below it to pass over.

    Raises:
        YardError: the system cannot tell of files that are saved.
    """
    with closing(_batches(root, is_noise)) as batches:
        next(batches)
        yield batches


def _batches(root: Path, is_noise: Callable[[str], bool]) -> Generator[Saved, None, None]:
    """The first is empty, and means that it listens; none of the others is."""
    lost: list[str] = []
    while True:
        with closing(_changes(root, is_noise)) as changes:
            try:
                next(changes)
                yield Saved(paths=None if lost else frozenset(), at=time.monotonic())
                lost.clear()
                for paths in filter(None, changes):
                    many = len(paths) > _MANY
                    yield Saved(paths=None if many else paths, at=_last_save(root, paths))
            except (OSError, RuntimeError) as error:
                if lost or isinstance(error, OSError):
                    raise _deaf(error) from error
                lost.append(str(error))  # a name that is no UTF-8, say: listen anew


def _changes(root: Path, is_noise: Callable[[str], bool]) -> Generator[frozenset[str], None, None]:
    import watchfiles

    def counts(_: Change, path: str) -> bool:
        return not is_noise(os.path.relpath(path, root))

    batches = watchfiles.watch(
        root,
        watch_filter=counts,
        debounce=_LONGEST,
        step=_SILENCE,
        rust_timeout=_SOON,
        yield_on_timeout=True,
        ignore_permission_denied=True,
    )
    for batch in batches:
        yield frozenset(os.path.relpath(path, root) for _, path in batch)


def _last_save(root: Path, paths: Iterable[str]) -> float:
    """By the times of their inodes, which renaming sets too; what is gone has none."""
    moments = []
    for path in paths:
        with suppress(OSError):
            moments.append(os.lstat(root / path).st_ctime)
    age = time.time() - max(moments) if moments else _SILENCE / 1000
    return time.monotonic() - max(age, 0)


def _deaf(error: Exception) -> YardError:
    return YardError(
        f"the system does not tell of files that are saved: {error}",
        hint="set WATCHFILES_FORCE_POLLING=1, or on Linux raise `fs.inotify.max_user_watches`",
    )
