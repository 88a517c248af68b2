"""What a person typed for one side of a sync in, files and mounts for its container out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from build_config.errors import UsageError
from build_config.sandbox.request import Mount
from build_config.settings_values import from_home
from build_config.sync.messages import is_object, payload, stream_key

CONFIG_PLACES: Final = (
    "secrets/config.json",
    "integration_tests/config.json",
    "integration_tests/sample_config.json",
)
"""Where a connector's config is looked for, in its own folder: its real one comes first."""


def find_config(folder: Path, given: str | None, *, flag: str) -> Path:
    """The config that was given, or the first that the connector has.

    Raises:
        UsageError: there is none.
    """
    if given is not None:
        return from_home(given)
    for place in CONFIG_PLACES:
        if (folder / place).is_file():
            return folder / place
    raise UsageError(
        f"`{folder.name}` has no config",
        hint=f"write `{folder / CONFIG_PLACES[0]}`, or `{flag}=FILE`",
    )


def read_object(path: Path, what: str) -> dict[str, Any]:
    """A JSON object from a file.

    Raises:
        UsageError: no such file, or no object in it.
    """
    try:
        value = json.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{what} `{path}` cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError):  # its text could show a part of a secret
        raise UsageError(f"{what} `{path}` is not JSON") from None
    if not isinstance(value, dict):
        raise UsageError(f"{what} `{path}` is not a JSON object")
    return value


def read_catalog(path: Path) -> dict[str, Any]:
    """A configured catalog from a file.

    Raises:
        UsageError: no such file, or something else in it.
    """
    catalog = read_object(path, "the catalog")
    streams = catalog.get("streams")
    entries = streams if isinstance(streams, list) else [None]
    if not all(stream_key(payload(e, "stream")) if is_object(e) else False for e in entries):
        raise UsageError(
            f"the catalog `{path}` is no configured catalog",
            hint='it is {"streams": [{"stream": {"name": …}, "sync_mode": …}]}',
        )
    return catalog


def read_mounts(texts: Sequence[str], *, flag: str, read_only: bool) -> tuple[Mount, ...]:
    """`HOST:CONTAINER`, `HOST:CONTAINER:ro` or `HOST:CONTAINER:rw`, as `docker run -v` takes it.

    Args:
        texts: as typed; a relative HOST starts at the current directory.
        flag: for messages.
        read_only: what it is when the text does not say.

    Raises:
        UsageError: another shape, or the host has no such file or folder.
    """
    return tuple(_mount(text, flag=flag, read_only=read_only) for text in texts)


def place(configs: Sequence[str | None], mounts: Sequence[Sequence[Mount]]) -> str:
    """Tells where rows come from and go to from any other place; empty where nothing was typed.

    Args:
        configs: as typed, for each side. They count by their paths, wherever those were typed: a
            new password is no other place.
        mounts: of each side; what may be written to does not count.
    """
    files = [config and str(from_home(config).resolve()) for config in configs]
    folders = [sorted(f"{mount.source}:{mount.target}" for mount in side) for side in mounts]
    typed = [*files, *folders]
    return hashlib.sha256(json.dumps(typed).encode()).hexdigest()[:8] if any(typed) else ""


def _mount(text: str, *, flag: str, read_only: bool) -> Mount:
    path, mode = text, "ro" if read_only else "rw"
    if text.endswith((":ro", ":rw")):
        path, _, mode = text.rpartition(":")
    host, _, target = path.rpartition(":")
    if not host or not target.startswith("/"):
        raise UsageError(
            f"`{flag}={text}` is not a mount", hint=f"write `{flag}=HOST:/CONTAINER[:ro|:rw]`"
        )
    source = from_home(host).resolve()
    if not source.exists():
        raise UsageError(f"`{flag}={text}`: there is no `{source}`", hint=f"mkdir -p {source}")
    return Mount(source=str(source), target=target, read_only=mode == "ro")
