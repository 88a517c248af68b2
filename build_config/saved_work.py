"""A file of `.yard/` in, the work that it saves out; only an accelerator.

What cannot be read, was cut short, or was written by another version is as if it were not there.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from build_config.atomic_files import write_text

_PACKAGE = Path(__file__).parent


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


def maker(modules: Iterable[str], libraries: Iterable[str]) -> str:
    """What an answer depends on beside its question; empty where that cannot be told.

    Args:
        modules: of this package, with `/`, whose code works the answers out.
        libraries: that they do it with, by the names that are imported; none is loaded.
    """
    code = hashlib.sha256(platform.machine().encode())
    try:
        for module in modules:
            code.update(b"\0" + _PACKAGE.joinpath(f"{module}.py").read_bytes())
        for library in libraries:
            spec = find_spec(library)
            place = Path((spec and spec.origin) or "/absent")
            status = place.stat()
            code.update(f"\0{place} {status.st_size} {status.st_mtime_ns}".encode())
    except OSError:
        return ""
    return code.hexdigest()


@dataclass(kw_only=True, slots=True)
class Memory:
    """Answers by question, of the runs before and of this one.

    Attributes:
        file: where they are kept.
        maker: see `read`; empty where nothing can be kept.
        known: from the runs before.
        used: in this run, which is all that is kept.
    """

    file: Path
    maker: str
    known: Mapping[str, Any]
    used: dict[str, Any] = field(default_factory=dict)

    def recall(self, question: str) -> Any:
        """The answer, which is never None; None where it is not known."""
        answer = self.known.get(question)
        if answer is not None:
            self.used[question] = answer
        return answer

    def learn(self, question: str, answer: Any) -> None:
        """Remember what can be said in JSON."""
        self.used[question] = answer

    def keep(self) -> None:
        """Write down what was used, where that is not what is there; never fails a run."""
        if self.maker and self.used.keys() != self.known.keys():
            write(self.file, self.maker, self.used)


def remember(file: Path, made_by: str) -> Memory:
    """What the runs before left; empty where that is of no use."""
    known = read(file, made_by) if made_by else None
    return Memory(file=file, maker=made_by, known=known or {})


def question(*parts: object) -> str:
    """A hash that tells these texts, bytes and numbers from all others."""
    return hashlib.sha256(repr(parts).encode(errors="surrogatepass")).hexdigest()


def _seal(maker: str, content: str) -> str:
    return hashlib.sha256(f"{maker}\n{content}".encode()).hexdigest()
