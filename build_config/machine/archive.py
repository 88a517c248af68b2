"""The host's apt configuration in, the Debian archive to bootstrap from out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from build_config.machine.process import capture

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
# What names each index that apt fetches (apt-get(8), indextargets).
INDEX_FORMAT = "$(ORIGIN)|$(LABEL)|$(REPO_URI)"
# Choices of this host that are no way of reaching an archive.
LOCAL_CHOICES = ("Acquire::IndexTargets", "Acquire::Changelogs")


@dataclass(frozen=True, kw_only=True, slots=True)
class Archive:
    """Where Debian's packages come from: addresses without credentials."""

    main: str = "http://deb.debian.org/debian"
    security: str = "http://deb.debian.org/debian-security"

    def sources(self, suite: str) -> tuple[str, ...]:
        """Return the lines of a sources.list(5) for `suite`, with its updates."""
        return (
            f"deb {self.main} {suite} main",
            f"deb {self.main} {suite}-updates main",
            f"deb {self.security} {suite}-security main",
        )


def find_archive() -> Archive:
    """Return the mirrors of this host where it is a Debian with mirrors, else Debian's own."""
    command = ("apt-get", "indextargets", "--format", INDEX_FORMAT, "Created-By: Packages")
    return parse_index_targets(capture(command) or "")


def parse_index_targets(text: str) -> Archive:
    """Read lines of INDEX_FORMAT; a mirror with a password in its address is not used.

    The addresses end up in the image, and a password must not.
    """
    mirrors: dict[str, str] = {}
    for line in text.splitlines():
        origin, label, address = (*line.split("|"), "", "", "")[:3]
        is_mirror = address.startswith(("http://", "https://")) and "@" not in address
        if origin == "Debian" and is_mirror:
            mirrors.setdefault(label, address.rstrip("/"))
    default = Archive()
    return Archive(
        main=mirrors.get("Debian", default.main),
        security=mirrors.get("Debian-Security", default.security),
    )


def acquire_settings() -> str:
    """Return how this host reaches its archive (proxies, time limits, stale mirrors) for apt.conf.

    It may hold a proxy's password: for a file that does not stay in an image, not for arguments.
    """
    return keep_acquire(capture(("apt-config", "dump")) or "")


def keep_acquire(dump: str) -> str:
    """Keep the `Acquire` lines of `apt-config dump` that say how to reach an archive."""
    kept = (
        line
        for line in dump.splitlines()
        if line.startswith("Acquire::") and not line.startswith(LOCAL_CHOICES)
    )
    return "".join(f"{line}\n" for line in kept)
