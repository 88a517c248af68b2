"""Changed files in, a unified diff out, as `git apply` takes it; or as a terminal shows it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

from build_config.bumping.changes import FileChange
from build_config.wording import harmless

_COLOURS = {"+": "\x1b[32m", "-": "\x1b[31m", "@": "\x1b[36m"}
_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"
_NO_END = "\\ No newline at end of file"


def diff_lines(changes: Iterable[FileChange]) -> Iterator[str]:
    """Without the line ends of Unix; a carriage return before one is the file's own."""
    for change in changes:
        old, new = (_lines(content) for content in (change.before, change.after))
        for line in difflib.unified_diff(old, new, f"a/{change.path}", f"b/{change.path}"):
            yield line.removesuffix("\n")
            if not line.endswith("\n"):
                yield _NO_END


def coloured(lines: Iterable[str]) -> Iterator[str]:
    """For a terminal; what stands in a file cannot steer it."""
    for line in lines:
        shown = harmless(line) if line.strip() else line
        bold = line.startswith(("--- a/", "+++ b/"))
        colour = _BOLD if bold else _COLOURS.get(line[:1], "")
        yield f"{colour}{shown}{_PLAIN}" if colour else shown


def _lines(content: bytes) -> list[str]:
    """Only at line feeds: `str.splitlines` knows more line ends than diff does."""
    text = content.decode(errors="replace")
    return [f"{line}\n" for line in text.split("\n")[:-1]] + [t for t in text.split("\n")[-1:] if t]
