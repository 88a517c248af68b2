"""One value of the configuration in, the same value checked out."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from build_config.errors import UsageError
from build_config.image import DOCKER_HUB, InvalidReferenceError, parse

_LONGEST = 3600
_TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False, "": False}
_UNITS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_COUNT = re.compile(r"0*[1-9]\d{0,8}", re.ASCII)
_SIZE = re.compile(r"(\d{1,15}(?:\.\d+)?) *([kmgt]?)(i?)b?", re.IGNORECASE | re.ASCII)


def mapping(key: str, value: object) -> Mapping[str, Any]:
    """Nothing stands for an empty one: `images:` with all its lines commented out."""
    if value is None:
        return {}
    if not hasattr(value, "items"):  # Invoke's own mappings are no Mapping
        raise UsageError(f"`{key}` must be a mapping, not `{value}`")
    return dict(value.items())


def text(key: str, value: object) -> str:
    """Text or a number; YAML's true, null and lists are seldom what was meant."""
    if isinstance(value, str | int | float) and not isinstance(value, bool) and value != "":
        return str(value)
    raise UsageError(f"`{key}` must be text, not `{value}`", hint="put it between quotes")


def truth(key: str, value: object) -> bool:
    """True or false, however it is written; nothing is false.

    Where a file says true or false, Invoke takes any variable but "" and "0" for true (its
    `env.py`, `_cast`): what the variable says is therefore read here.

    Raises:
        UsageError: it is neither.
    """
    if isinstance(value, bool):
        value = os.environ.get(f"INVOKE_{key.replace('.', '_').upper()}", value)
    written = "" if value is None else str(value).strip().lower()
    if written not in _TRUTHS:
        raise UsageError(f"`{key}` must be true or false, not `{value}`")
    return _TRUTHS[written]


def count(key: str, value: object, *, instead: str = "") -> int:
    """A whole number from 1, far below what Python cannot read.

    Args:
        key: what it is called.
        value: as it was typed.
        instead: what it may be beside a number, for the message: "`auto` or ".

    Raises:
        UsageError: it is none.
    """
    if not _COUNT.fullmatch(str(value)):
        raise UsageError(f"`{key}` must be {instead}a number from 1, not `{value}`")
    return int(str(value))


def byte_count(key: str, value: object) -> int:
    """A number of bytes, with a unit or without: `0`, `500 MB`, `1.5 GiB`."""
    match = _SIZE.fullmatch(str(value).strip())
    if match is None or isinstance(value, bool) or (match[3] and not match[2]):
        raise UsageError(f"`{key}` must be a size, not `{value}`", hint="such as `1 GiB`, or `0`")
    return int(float(match[1]) * (1024 if match[3] else 1000) ** _UNITS[match[2].lower()])


def inside(key: str, value: str, root: Path) -> str:
    """A path relative to the root that stays in it, normalised."""
    path = Path(os.path.normpath(root / value))
    if not path.is_relative_to(root):
        raise UsageError(f"`{key}` leaves the repository: `{value}`")
    return path.relative_to(root).as_posix()


def from_home(path: str) -> Path:
    """The path in which `~` and `~name` are homes; that of nobody leads nowhere."""
    return Path(os.path.expanduser(path))  # noqa: PTH111 - pathlib raises where nobody has the name


def refuse_unknown(key: str, value: Mapping[str, Any], known: Any) -> None:
    """Refuse a key that nobody reads.

    Raises:
        UsageError: with a guess at what was meant.
    """
    for name in value:
        if name not in known:
            close = difflib.get_close_matches(str(name), list(known), n=1)
            hint = f"did you mean `{key}.{close[0]}`?" if close else f"known: {', '.join(known)}"
            raise UsageError(f"unknown setting `{key}.{name}`", hint=hint)


def registry_name(key: str, text: str) -> str:
    """A registry's host, with a prefix or without: `docker.io`, `localhost:5000`, `ghcr.io/acme`.

    Raises:
        UsageError: it is none.
    """
    registry = text.removesuffix("/")
    try:
        legal = parse(f"{registry}/x/y").name == f"{registry}/x/y" or registry == DOCKER_HUB
    except InvalidReferenceError:
        legal = False
    host = registry.partition("/")[0]
    if not legal or not ("." in host or ":" in host or host == "localhost"):
        raise UsageError(
            f"`{key}` is not a registry: `{text}`",
            hint="write host or host/prefix, without https://",
        )
    return registry


def seconds(key: str, value: object) -> float:
    """A patience, from a second to an hour.

    Raises:
        UsageError: it is none.
    """
    try:
        found = float(str(value))
    except ValueError:
        found = 0.0
    if not 1 <= found <= _LONGEST:
        raise UsageError(f"`{key}` must be seconds from 1 to {_LONGEST}, not `{value}`")
    return found
