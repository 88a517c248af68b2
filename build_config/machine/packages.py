"""Names of Debian packages in, the packages installed: apt-get without questions or surprises."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from build_config.machine.findings import Progress
from build_config.machine.process import CommandError, stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from build_config.machine.host import Host

PACKAGE_LISTS = Path("/var/lib/apt/lists")
FRESH_SECONDS = 24 * 60 * 60
OPTIONS = (
    "-q",
    *("-o", "DPkg::Lock::Timeout=120"),  # somebody's unattended upgrade may be running
    *("-o", "Dpkg::Use-Pty=0"),  # no percentages: these are lines for a log
)


def install(packages: tuple[str, ...], *, host: Host, subject: str) -> Iterator[Progress]:
    """Install Debian packages, refreshing stale lists first; raise CommandError."""
    names = " ".join(packages)
    if not lists_are_fresh(PACKAGE_LISTS, now=time.time()):
        yield from _apt_get(
            ("update",), host=host, subject=subject, activity="refreshing package lists"
        )
    yield from _apt_get(
        ("install", "-y", "--no-install-recommends", *packages),
        host=host,
        subject=subject,
        activity=f"installing {names}",
    )


def lists_are_fresh(lists: Path, *, now: float) -> bool:
    """Tell whether apt's lists hold packages and were fetched within a day."""
    indexes = tuple(lists.glob("*_Packages*"))
    return any(now - index.stat().st_mtime < FRESH_SECONDS for index in indexes) or (
        # a mirror that has not changed keeps its old times; apt touches this directory
        bool(indexes) and now - (lists / "partial").stat().st_mtime < FRESH_SECONDS
    )


def apt_environment(host: Host) -> dict[str, str]:
    """Return what keeps apt-get from asking, and from starting services where it would fail.

    Without systemd the packages run System V scripts at once, and where such a script fails (no
    right to raise limits in a container) so does the installation. invoke-rc.d(8) starts nothing
    in runlevel 1; we start the engine ourselves afterwards.
    """
    quiet = {"DEBIAN_FRONTEND": "noninteractive", "NEEDRESTART_MODE": "l"}
    return quiet if host.systemd else {**quiet, "RUNLEVEL": "1"}


def _apt_get(
    arguments: tuple[str, ...], *, host: Host, subject: str, activity: str
) -> Iterator[Progress]:
    yield Progress(subject=subject, activity=activity)
    lines = stream(
        ("apt-get", *OPTIONS, *arguments),
        environment=apt_environment(host),
        stop_whole_group=False,
    )
    try:
        for line in lines:
            yield Progress(subject=subject, activity=activity, line=line)
    except CommandError as error:
        command = " ".join(("apt-get", *arguments))
        raise CommandError(
            f"{activity} failed", hint=f"see what `{command}` says", log=error.log
        ) from error
