"""An acceptance config in, a digest of it and of every file that its tests follow out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePath
from typing import Any, Final

from build_config.acceptance.texts import texts

_SERVICE: Final = "x-service"
_FIXTURES: Final = "integration_tests"
_LEFT_OUT: Final = frozenset(("secrets", "__pycache__"))
"""What a service writes anew each time, and what Python does."""


def digest(file: Path, document: Any, shown: str) -> str:
    """Tells a config, and the files that it names, from any other.

    Args:
        file: the config.
        document: what is in it, checked or not.
        shown: the connector's directory, relative to the root.

    Raises:
        OSError: the config cannot be read.
    """
    found = hashlib.sha256(file.read_bytes())
    followed = {text: file.parent / text for text in texts(document)}
    followed |= dict(_of_service(file.parent, document, shown))
    for name, place in sorted(followed.items()):
        with suppress(OSError, ValueError):  # no path at all, or not to be read: said elsewhere
            if not _LEFT_OUT.intersection(PurePath(name).parts) and place.is_file():
                found.update(f"\0{name}\0".encode() + place.read_bytes())
    return found.hexdigest()


def _of_service(folder: Path, document: Any, shown: str) -> Iterator[tuple[str, Path]]:
    """What its command names below the root, and where that is the connector's, all fixtures.

    A sample API answers with what lies beside it.
    """
    words = document.get(_SERVICE) if isinstance(document, dict) else None
    if not isinstance(words, list) or not folder.as_posix().endswith(f"/{shown}"):
        return
    root = Path(folder.as_posix().removesuffix(f"/{shown}"))
    for word in words:
        if not isinstance(word, str) or ".." in word or word.startswith("/"):
            continue
        yield word, root / word
        if word.startswith(f"{shown}/"):
            for place in (folder / _FIXTURES).rglob("*"):
                yield place.relative_to(root).as_posix(), place
