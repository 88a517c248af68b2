"""The files of this project in, the wheel that pip would make of them out."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import repositories
from yard import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

TASKS = '''\
"""The tasks of Connector Yard."""

from build_config.tasks import namespace
'''
"""The `tasks.py` of another repository, as the README has it."""


def build_wheel(folder: Path) -> Path:
    """Build it, from the files that git knows or would take, into the folder."""
    listed = repositories.git(
        PROJECT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"
    )
    for path in filter(None, listed.split("\0")):
        if (PROJECT / path).is_file():
            target = folder / "project" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / path, target)
    words = ("wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", ".")
    subprocess.run([sys.executable, "-m", "pip", *words, "./project"], cwd=folder, check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel
