"""What to run and within which limits: the records that go into the sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

FILES: Final = "/config"
"""Where a container finds the files of its request."""

KIB: Final = 1 << 10
MIB: Final = 1 << 20
GIB: Final = 1 << 30


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What one container may use; None is no limit.

    Attributes:
        memory: bytes, tmpfs included; there is no swap beside it.
        processes: processes and threads.
        cpus: cores.
        seconds: from the start to the end, then it is killed.
        output_bytes: of stdout and stderr together, then it is killed.
        line_bytes: of one line of stdout, then it is killed; so much memory may be needed here.
        open_files: per process.
        scratch: bytes of `/tmp`, the only place where it can write.
    """

    memory: int = 2 * GIB
    processes: int = 512
    cpus: float = 2.0
    seconds: float | None = 60
    output_bytes: int | None = 64 * MIB
    line_bytes: int = 32 * MIB
    open_files: int = 4096
    scratch: int = 256 * MIB


@dataclass(frozen=True, kw_only=True, slots=True)
class Mount:
    """A file or a folder of the engine's machine, seen in the container.

    Attributes:
        source: absolute path on the machine of the engine.
        target: absolute path in the container.
    """

    source: str
    target: str
    read_only: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Volume:
    """A folder that the engine keeps, on whatever machine it is; see `Containers.volume`.

    Attributes:
        name: of the volume.
        target: absolute path in the container.
    """

    name: str
    target: str
    read_only: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Container:
    """One run of one image.

    Attributes:
        image: the image's id; a name could mean another image in a moment.
        arguments: for the entry point.
        entrypoint: a program of the image and its first arguments; None for the image's own.
        files: content by file name; the container reads them as `/config/<name>`.
        mounts: only for an engine on this machine.
        network: `none`, `bridge`, `host`, or a network of the engine.
        stdin: whether something will be written to it; without, it is at its end from the start.
    """

    image: str
    arguments: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)
    mounts: tuple[Mount, ...] = ()
    volumes: tuple[Volume, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    network: str = "none"
    stdin: bool = False
    limits: Limits = field(default_factory=Limits)
