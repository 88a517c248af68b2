"""The disks that a run writes to in, a refusal out when one of them is nearly full."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from build_config.errors import EngineUnavailableError, YardError
from build_config.machine.engine_socket import get, socket_path
from build_config.wording import size

if TYPE_CHECKING:
    from build_config.machine.engine_address import EngineAddress

_HINT: Final = (
    "`invoke clean --dry-run` and `docker system df` say what can go; "
    "`INVOKE_DISK_FLOOR=0` goes on all the same"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Disk:
    """Where something lies, and how much room there is.

    Attributes:
        free: bytes that a user who is not root can write.
    """

    path: Path
    free: int


def look_at(path: Path) -> Disk | None:
    """The disk on which a folder lies; None where that is not to be seen from here.

    Some drives of networks and virtual machines say that they have no blocks at all.
    """
    try:
        figures = os.statvfs(path)
    except OSError:
        return None
    if not figures.f_blocks:
        return None
    return Disk(path=path, free=figures.f_bavail * figures.f_frsize)


def engine_folder(address: EngineAddress) -> Path | None:
    """Where the engine keeps images; None where it does not say, or is on another machine.

    An engine in a virtual machine names a folder that is not here either: `look_at` finds none.
    """
    path = socket_path(address)
    if path is None:
        return None
    try:
        answer = get(address, path, "/info")
    except EngineUnavailableError:  # whoever builds asks it next, and says so better
        return None
    folder = answer.get("DockerRootDir") if isinstance(answer, Mapping) else None
    return Path(folder) if folder else None


def refuse_full_disks(places: Mapping[str, Path], *, floor: int) -> None:
    """See that what is about to be written has room.

    Args:
        places: whose folder it is, for the message -> the folder.
        floor: bytes that each disk must have left; 0 asks for none.

    Raises:
        YardError: the fullest has less.
    """
    known = {whose: disk for whose, path in places.items() if (disk := look_at(path))}
    whose, fullest = min(known.items(), key=lambda pair: pair[1].free, default=("", None))
    if fullest is None or fullest.free >= floor:
        return
    raise YardError(
        f"the disk of {whose} (`{fullest.path}`) has {size(fullest.free)} left, "
        f"and it takes {size(floor)} to begin (setting `disk_floor`)",
        hint=_HINT,
    )
