"""What git knows of the past and of its ignore rules: a ref or paths in, names and texts out."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from subprocess import CompletedProcess

from build_config import git_process
from build_config.errors import UsageError, YardError
from build_config.git_output import parse_objects

# What lies in a submodule enters images as it lies there: untracked files and all.
_DIFF = (
    *("diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--relative"),
    "--ignore-submodules=none",
)
_NONE = "Needed a single revision"
_DEEPEN = "a shallow clone knows more after `git fetch --unshallow`"
_SECRETS = ":(glob)**/secrets/**"


def merge_base(root: Path, ref: str) -> str:
    """Id of the commit at which what is checked out left `ref`.

    Raises:
        UsageError: no git repository, no such ref, or nothing in common.
    """
    commit = git_process.ask(root, "rev-parse", "--verify", "--end-of-options", f"{ref}^{{commit}}")
    if commit is None or commit.returncode:
        said = _last_words(commit)
        raise UsageError(
            f"`--changed-since={ref}`: {'there is no such commit here' if _NONE in said else said}",
            hint="name a branch, a tag or a commit that git knows; " + _DEEPEN,
        )
    base = git_process.ask(root, "merge-base", "HEAD", commit.stdout.decode().strip())
    if base is None or base.returncode:
        raise UsageError(
            f"`--changed-since={ref}`: it has no commit in common with what is checked out",
            hint=_DEEPEN,
        )
    return base.stdout.decode().split()[0]


def changed_paths(root: Path, commit: str) -> tuple[str, ...]:
    """What is below `root` on disk, and not ignored, and not as in that commit, sorted.

    Files that are gone are in it too. Git compares, so that line ends and filters do not count.
    """
    tracked = _listed(root, *_DIFF, commit)
    new = _listed(root, "ls-files", "-z", "--others", "--exclude-standard")
    return tuple(sorted(tracked | new))


def files_at(root: Path, commit: str, directory: str) -> tuple[str, ...]:
    """The files below `root / directory` in that commit, relative to `root`."""
    listed = _listed(root, "ls-tree", "-r", "-z", "--name-only", commit, f"{directory}/")
    return tuple(sorted(listed))


def texts_at(root: Path, commit: str, paths: Iterable[str]) -> dict[str, str]:
    """The text of those of the files that are in that commit; what is not UTF-8 is replaced."""
    wanted = [path for path in paths if "\n" not in path]
    fed = b"".join(b"%s:./%s\n" % (commit.encode(), os.fsencode(path)) for path in wanted)
    answer = _succeeded(root, git_process.ask(root, "cat-file", "--batch", fed=fed))
    found = zip(wanted, parse_objects(answer), strict=True)
    return {path: text.decode(errors="replace") for path, text in found if text is not None}


def asking_for_secret_files(root: Path) -> AbstractContextManager[git_process.Asked]:
    """Start asking, for the length of a `with`: git goes through all files for it."""
    listing = ("ls-files", "-z")
    return git_process.asking(
        root, (*listing, "--", _SECRETS), (*listing, "--others", "--", _SECRETS)
    )


def secret_files(
    root: Path, asked: git_process.Asked
) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """The files in folders named `secrets`: those that git tracks, and the others on disk.

    None without git.

    Args:
        root: of the repository.
        asked: what `asking_for_secret_files` gave for it.
    """
    answers = [git_process.finish(process) for process in asked]
    if not answers or answers[0].returncode:
        return None
    tracked, others = (tuple(sorted(_names(_succeeded(root, answer)))) for answer in answers)
    return tracked, others


def ignored(root: Path, paths: Iterable[str]) -> frozenset[str]:
    """Those of the paths, which need not exist, that an ignore rule keeps out of git."""
    fed = b"".join(os.fsencode(path) + b"\0" for path in paths)
    answer = git_process.ask(root, "check-ignore", "--no-index", "-z", "--stdin", fed=fed)
    if answer is not None and answer.returncode == 1:  # none of them
        return frozenset()
    return frozenset(_names(_succeeded(root, answer)))


def _listed(root: Path, *command: str) -> set[str]:
    return _names(_succeeded(root, git_process.ask(root, *command)))


def _names(listing: bytes) -> set[str]:
    return {os.fsdecode(name) for name in listing.split(b"\0") if name}


def _succeeded(root: Path, answer: CompletedProcess[bytes] | None) -> bytes:
    if answer is None or answer.returncode:
        raise YardError(
            f"git cannot read the repository at `{root}`: {_last_words(answer)}",
            hint=f"run `git -C {root} status` and put right what it says",
        )
    return answer.stdout


def _last_words(answer: CompletedProcess[bytes] | None) -> str:
    if answer is None:
        return "git is not installed"
    said = answer.stderr.decode(errors="replace").strip().splitlines()
    return said[-1].removeprefix("fatal: ") if said else "git does not know it"
