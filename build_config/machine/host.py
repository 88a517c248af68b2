"""The running system in, a Host out: the facts that decide what `invoke setup` may do here."""

from __future__ import annotations

import os
import platform
import shutil
from dataclasses import dataclass
from pathlib import Path

ADMINISTRATION_PATH = "/usr/local/sbin:/usr/sbin:/sbin"  # not on the PATH of every user
DEBIAN_FAMILY = frozenset({"debian", "ubuntu"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Host:
    """What is known of this machine.

    Attributes:
        system: `Linux`, `Darwin` or `Windows`.
        distribution: the ID and ID_LIKE of os-release(5), nearest first.
        root: this process may install packages.
        systemd: systemd is process 1, so services are its business.
        init_script: a System V script for the Docker engine is there.
        dockerd: path of an installed engine; a `docker` command alone is no engine.
        apt: `apt-get` is there.
        mmdebstrap: a root file system can be made from packages.
    """

    system: str = "Linux"
    distribution: tuple[str, ...] = ()
    root: bool = False
    systemd: bool = False
    init_script: bool = False
    dockerd: str | None = None
    apt: bool = False
    mmdebstrap: bool = False

    @property
    def installs_packages(self) -> bool:
        """Whether we can install packages here ourselves: Debian or Ubuntu, as root."""
        return self.root and self.apt and not DEBIAN_FAMILY.isdisjoint(self.distribution)


def look_at_host() -> Host:
    """Gather the facts; takes a few milliseconds and changes nothing."""
    return Host(
        system=platform.system(),
        distribution=_distribution(),
        root=hasattr(os, "geteuid") and os.geteuid() == 0,
        systemd=Path("/run/systemd/system").is_dir(),  # sd_booted(3) asks exactly this
        init_script=Path("/etc/init.d/docker").exists() and find_program("service") is not None,
        dockerd=find_program("dockerd"),
        apt=find_program("apt-get") is not None,
        mmdebstrap=find_program("mmdebstrap") is not None,
    )


def find_program(name: str) -> str | None:
    """Return the path of a program, those of administrators included."""
    return shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:{ADMINISTRATION_PATH}")


def parse_distribution(os_release: dict[str, str]) -> tuple[str, ...]:
    """Return ID and ID_LIKE: `("ubuntu", "debian")`."""
    words = (os_release.get("ID", ""), *os_release.get("ID_LIKE", "").split())
    return tuple(word for word in words if word)


def _distribution() -> tuple[str, ...]:
    try:
        return parse_distribution(platform.freedesktop_os_release())
    except OSError:
        return ()
