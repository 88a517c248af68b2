"""A file of `.yard/` in, the work that it saves out; only an accelerator.

What cannot be read, was cut short, or was written by another version is as if it were not there.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from build_config.atomic_files import write_text


def read(file: Path, maker: str) -> Any:
    """What `write` was given; None where the file is absent, damaged, or of another maker.

    Args:
        file: in the folder `.yard`.
        maker: names all that the content depends on beside its questions: code, format, parser.
    """
    try:
        seal, _, content = file.read_text(encoding="utf-8").partition("\n")
        return json.loads(content) if seal == _seal(maker, content) else None
    except (OSError, ValueError, RecursionError):
        return None


def write(file: Path, maker: str, content: Any) -> None:
    """Keep JSON for the next run, all of it or nothing; never fails a run."""
    text = json.dumps(content, separators=(",", ":"))
    keep_out_of_git(file.parent)
    with suppress(OSError):
        write_text(file, f"{_seal(maker, text)}\n{text}", durable=False)


def keep_out_of_git(state: Path) -> None:
    """A repository that never heard of us has no ignore rule for what we write."""
    ignore = state / ".gitignore"
    with suppress(OSError):
        if not ignore.exists():
            write_text(ignore, "*\n", durable=False)


def code_identity(*files: Path) -> str:
    """A hash of modules: what they work out may be another thing once they were edited.

    Raises:
        OSError: one cannot be read.
    """
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def _seal(maker: str, content: str) -> str:
    return hashlib.sha256(f"{maker}\n{content}".encode()).hexdigest()
