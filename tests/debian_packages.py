"""Real servers for tests: Debian packages in, installed where they are missing, one at a time."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

_TURN = Path(tempfile.gettempdir()) / "connector-yard-tests-apt.lock"


class DebianPackagesError(RuntimeError):
    """What a test needs is not here and cannot be installed; the message says what to do."""


def install(package: str, *, is_there: Callable[[], bool], left_out_by: str) -> None:
    """Install a package unless what it brings is there.

    Two tests that start at once must not both run apt-get: it waits for dpkg's lock, but not for
    that of the package lists.

    Args:
        package: its name.
        is_there: whether it has to be installed at all; asked again when it is our turn.
        left_out_by: a pytest expression that leaves out the tests which need it.

    Raises:
        DebianPackagesError: this is no Debian, nobody has the right to install, or it failed.
    """
    if is_there():
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise DebianPackagesError(
            f"these tests need `{package}`: `sudo apt-get install -y --no-install-recommends "
            f"{package}`, or leave them out: `pytest -k '{left_out_by}'`"
        )
    with _TURN.open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not is_there():
            _apt_get("update")
            _apt_get("install", "-y", "--no-install-recommends", package)


def _apt_get(*arguments: str) -> None:
    """Its lines are progress: to stderr, where pytest shows them beside a failure."""
    # Runlevel 1: packages of servers bring one of their own, which is not to be started.
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    command = ("apt-get", "-q", "-o", "DPkg::Lock::Timeout=120", *arguments)
    sys.stderr.write(f"{' '.join(command)}\n")
    if subprocess.run(command, env=quiet, stdout=sys.stderr, check=False).returncode:
        raise DebianPackagesError(f"`{' '.join(command)}` failed: see what it said")
