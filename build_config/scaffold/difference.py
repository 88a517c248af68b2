"""What an update would do in, the same as a person reads it, a unified diff, out."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

from build_config.scaffold.merging import Outcome
from build_config.scaffold.updating import Change


def differences(changes: Iterable[Change]) -> str:
    """What would be written or removed; what is no text is only named."""
    return "".join(line for change in changes for line in _difference(change))


def _difference(change: Change) -> Iterator[str]:
    file = change.merged.file
    if file is None and change.merged.outcome is not Outcome.REMOVED:
        return
    old, new = (f.content if f else b"" for f in (change.own, file))
    if b"\0" in old + new:
        yield f"{change.path} differs, and is no text\n"
        return
    before, after = (
        content.decode(errors="replace").splitlines(keepends=True) for content in (old, new)
    )
    names = (
        f"a/{change.path}" if change.own else "/dev/null",
        f"b/{change.path}" if file else "/dev/null",
    )
    lines = difflib.unified_diff(before, after, *names)
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
