"""A YAML file in, plain Python data out: safe loader, clear errors, absent is empty."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

_LARGEST = 10 * 1024 * 1024


class YamlFileError(ValueError):
    """The file is there and cannot be used; the message starts with `path:line:`."""


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
        raise YamlFileError(f"{shown}: must be a mapping, not a {type(document).__name__}")
    return document


def read(file: Path, shown: str) -> Any:
    """Read any YAML (or JSON) document; None where the file is absent or empty.

    Raises:
        YamlFileError: as `read_mapping`.
    """
    import yaml

    try:
        _refuse_oddities(file.stat(), shown)
        text = file.read_text(encoding="utf-8-sig")
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - safe
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise YamlFileError(f"{shown}: not UTF-8 text (byte {error.start})") from error
    except OSError as error:
        raise YamlFileError(f"{shown}: cannot be read: {error.strerror}") from error
    except YamlFileError:
        raise
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: 2022-13-01
        raise YamlFileError(f"{shown}{_place(error)}") from error


def _refuse_oddities(status: os.stat_result, shown: str) -> None:
    """Reading a fifo would block; a folder or a device is nobody's document."""
    if not stat.S_ISREG(status.st_mode):
        raise YamlFileError(f"{shown}: not a file")
    if status.st_size > _LARGEST:
        raise YamlFileError(f"{shown}: larger than {_LARGEST} bytes")


def _place(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).partition("\n")[0]
    return f":{mark.line + 1}: {problem}" if mark else f": {problem}"
