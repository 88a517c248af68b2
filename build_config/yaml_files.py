"""A YAML file in, plain Python data out: safe loader, clear errors, absent is empty."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import yaml

_LARGEST = 10 * 1024 * 1024


class YamlFileError(ValueError):
    """The file is there and cannot be used; the message starts with `path:line:`.

    Attributes:
        shown: the path, as a person knows it.
        problem: the message without the place.
        line: counted from 1, where it is known.
    """

    def __init__(self, shown: str, problem: str, *, line: int | None = None) -> None:
        super().__init__(f"{shown}:{line}: {problem}" if line else f"{shown}: {problem}")
        self.shown, self.problem, self.line = shown, problem, line


def read_mapping(file: Path, shown: str) -> dict[str, Any]:
    """Read a file whose top level is a mapping; a file that is absent or empty gives `{}`.

    Args:
        file: where it is.
        shown: its path as a person knows it.

    Raises:
        YamlFileError: not UTF-8, not YAML, not a mapping, not a file, unreadable, or larger than
            10 MiB.
    """
    document = read(file, shown)
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise YamlFileError(shown, f"must be a mapping, not a {type(document).__name__}")
    return document


def read(file: Path, shown: str) -> Any:
    """Read any YAML (or JSON) document; None where the file is absent or empty.

    Raises:
        YamlFileError: as `read_mapping`.
    """
    import yaml

    return _understood(file, shown, yaml.load)


def read_nodes(file: Path, shown: str) -> yaml.Node | None:
    """Read a document as nodes, which know their lines; about four times as fast as `read`.

    Raises:
        YamlFileError: as `read_mapping`.
    """
    import yaml

    node: yaml.Node | None = _understood(file, shown, yaml.compose)
    return node


def parse(text: str, shown: str) -> Any:
    """Read the text of a document.

    Raises:
        YamlFileError: it is not YAML.
    """
    import yaml

    return _loaded(text, shown, yaml.load)


def parse_nodes(text: str, shown: str) -> yaml.Node | None:
    """Read the text of a document as nodes.

    Raises:
        YamlFileError: it is not YAML.
    """
    import yaml

    node: yaml.Node | None = _loaded(text, shown, yaml.compose)
    return node


def _understood(file: Path, shown: str, understand: Callable[..., Any]) -> Any:
    try:
        _refuse_oddities(file.stat(), shown)
        return _loaded(file.read_text(encoding="utf-8-sig"), shown, understand)
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise YamlFileError(shown, f"not UTF-8 text (byte {error.start})") from error
    except OSError as error:
        raise YamlFileError(shown, f"cannot be read: {error.strerror}") from error


def _loaded(text: str, shown: str, understand: Callable[..., Any]) -> Any:
    import yaml

    try:
        return understand(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: 2022-13-01
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error).partition("\n")[0]
        raise YamlFileError(shown, problem, line=mark.line + 1 if mark else None) from error


def _refuse_oddities(status: os.stat_result, shown: str) -> None:
    """Reading a fifo would block; a folder or a device is nobody's document."""
    if not stat.S_ISREG(status.st_mode):
        raise YamlFileError(shown, "not a file")
    if status.st_size > _LARGEST:
        raise YamlFileError(shown, f"larger than {_LARGEST} bytes")
