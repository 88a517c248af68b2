"""What the two connectors say beside their data in, lines of one log file out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from build_config.errors import YardError
from build_config.sandbox.output import WholeLines
from build_config.wording import harmless

_LONGEST: Final = 1 << 16


@dataclass(frozen=True, kw_only=True, slots=True)
class Journal:
    """An open log file."""

    path: Path
    file: TextIO

    def teller(self, who: str) -> Callable[[str], None]:
        """A function that writes what `who` says; text of several lines stays several lines."""

        def tell(text: str) -> None:
            for line in text.split("\n"):
                self.file.write(f"{who} | {harmless(line)}\n")

        return tell

    def listener(self, who: str) -> Callable[[bytes], None]:
        """The same for pieces of a stream, which need not end where lines do."""
        lines, tell = WholeLines(), self.teller(who)

        def listen(piece: bytes) -> None:
            block = lines.feed(piece)
            if not block and lines.waiting_bytes > _LONGEST:
                block = lines.rest()
            if block:
                tell(block.decode(errors="replace").rstrip("\n"))

        return listen


@contextmanager
def opened(path: Path) -> Iterator[Journal]:
    """A new log file, complete at the end of the block.

    Raises:
        YardError: it cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("w", encoding="utf-8", errors="replace")
    except OSError as error:
        raise YardError(f"the log `{path}` cannot be written: {error.strerror}") from error
    with file:
        yield Journal(path=path, file=file)
