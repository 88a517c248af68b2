"""A request in, the engine's description of a safe container out (`POST /containers/create`)."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from build_config.sandbox.request import FILES

if TYPE_CHECKING:
    from build_config.sandbox.request import Container, Limits, Mount, Volume

_PERIOD: Final = 100_000
"""Microseconds; a quota of it says how many cores, also more than the machine has."""

_NOBODY: Final = 65534


def configuration(container: Container, labels: Mapping[str, str]) -> dict[str, Any]:
    """The body of the request.

    The image's own user stays, but has no capabilities and no way to get any; the root file system
    is read-only; the engine's own seccomp profile holds; the engine keeps no log of the output.
    """
    return {
        "Image": container.image,
        **({"Entrypoint": list(container.entrypoint)} if container.entrypoint else {}),
        "Cmd": list(container.arguments),
        "Env": [f"{name}={value}" for name, value in container.environment.items()],
        "Labels": dict(labels),
        "OpenStdin": container.stdin,
        "StdinOnce": container.stdin,
        "HostConfig": {
            "NetworkMode": container.network,
            "ReadonlyRootfs": True,
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges"],
            "LogConfig": {"Type": "none"},
            "Mounts": _mounts(container),
            **_resources(container.limits),
        },
    }


def _resources(limits: Limits) -> dict[str, Any]:
    return {
        "Memory": limits.memory,
        "MemorySwap": limits.memory,  # memory and swap together: hence no swap
        "PidsLimit": limits.processes,
        "CpuPeriod": _PERIOD,
        "CpuQuota": int(limits.cpus * _PERIOD),
        "Tmpfs": {"/tmp": f"rw,noexec,nosuid,nodev,size={limits.scratch},mode=1777"},  # noqa: S108 - the container's
        "Ulimits": [
            {"Name": "nofile", "Soft": limits.open_files, "Hard": limits.open_files},
            {"Name": "core", "Soft": 0, "Hard": 0},
        ],
    }


def _mounts(container: Container) -> list[dict[str, Any]]:
    volumes = [_mounted("volume", volume.name, volume) for volume in container.volumes]
    binds = [_mounted("bind", mount.source, mount) for mount in container.mounts]
    # a volume without a name is removed with its container
    fresh = {"Type": "volume", "Target": FILES, "VolumeOptions": {"NoCopy": True}}
    return [*([fresh] if container.files else []), *volumes, *binds]


def _mounted(kind: str, source: str, place: Volume | Mount) -> dict[str, Any]:
    return {"Type": kind, "Source": source, "Target": place.target, "ReadOnly": place.read_only}


def files_archive(files: Mapping[str, bytes]) -> bytes:
    """The request's files as a tar archive: anybody may read them, the container's user not write.

    They belong to nobody, so that even a container's root, who has no capabilities, is refused.
    """
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.uid, entry.gid = len(content), 0o444, _NOBODY, _NOBODY
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
