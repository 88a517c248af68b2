"""Real git repositories for tests: a folder and what is in it in, a repository out."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# Nothing of the one who runs the tests: no name, no settings, no hooks.
_ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{
        f"GIT_{who}_{what}": "test" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    },
}


def git(root: Path, *arguments: str, fails: bool = False) -> str:
    """Run git in `root` and give what it printed."""
    done = subprocess.run(
        ["git", "-c", "protocol.file.allow=always", *arguments],
        cwd=root,
        env=_ENVIRONMENT,
        check=not fails,
        capture_output=True,
    )
    return os.fsdecode(done.stdout).strip()


def write(root: Path, files: dict[str, str]) -> None:
    """Write files, by path below `root`."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(os.fsencode(text))


def new_repository(root: Path, files: dict[str, str], *options: str) -> Path:
    """Make a repository at `root` with `files` committed; `options` are for `git init`."""
    root.mkdir(parents=True, exist_ok=True)
    git(root, "init", "--quiet", "--initial-branch=main", *options)
    write(root, files)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--allow-empty", "--message=first")
    return root
