"""Git commands in, what they said out: the only module that starts git."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from subprocess import DEVNULL, PIPE, CompletedProcess, Popen, TimeoutExpired
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# Set inside hooks; they would make git answer for another repository than the one asked about.
_FOREIGN_VARIABLES = frozenset(
    (
        *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR"),
        *("GIT_NAMESPACE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES"),
        *("GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS"),
    )
)


Asked = tuple[Popen[bytes], ...]
"""Git at work on some questions; empty when git is not installed."""


def ask(
    root: Path, *command: str, fed: bytes = b"", seconds: float | None = None
) -> CompletedProcess[bytes] | None:
    """Ask git one question, with `fed` on its standard input; None when it is not installed.

    Raises:
        TimeoutError: it did not answer within `seconds`; it was stopped.
    """
    try:
        return feed(root, command, fed, seconds)
    except FileNotFoundError:
        return None


def run(root: Path, *commands: tuple[str, ...]) -> list[CompletedProcess[bytes]] | None:
    """Run git commands side by side; None when git is not installed."""
    return [finish(process) for process in start_all(root, *commands)] or None


@contextmanager
def asking(root: Path, *commands: tuple[str, ...]) -> Iterator[Asked]:
    """Git at work on some questions for the length of a `with`; whoever leaves early ends it."""
    with ExitStack() as stack:
        asked = start_all(root, *commands)
        for process in asked:
            stack.enter_context(process)
            stack.callback(process.kill)
        yield asked


def start_all(root: Path, *commands: tuple[str, ...]) -> Asked:
    """Nothing when git is not installed."""
    try:
        return tuple(start(root, command) for command in commands)
    except FileNotFoundError:
        return ()


def feed(
    root: Path, command: tuple[str, ...], fed: bytes, seconds: float | None = None
) -> CompletedProcess[bytes]:
    """Run one command with something on its standard input; see `ask`."""
    with start(root, command, asked=PIPE) as process:
        try:
            output, errors = process.communicate(fed, timeout=seconds)
        except TimeoutExpired as error:
            process.kill()
            raise TimeoutError(f"`git {command[0]}` took longer than {seconds:.0f} s") from error
    return CompletedProcess(process.args, process.returncode, output, errors)


def start(root: Path, command: tuple[str, ...], *, asked: int = DEVNULL) -> Popen[bytes]:
    """Start one command; `asked` is its standard input."""
    environment = {
        **{name: value for name, value in os.environ.items() if name not in _FOREIGN_VARIABLES},
        "GIT_OPTIONAL_LOCKS": "0",  # only look: never compete with the user's own git
        "GIT_NO_LAZY_FETCH": "1",  # nor with the network
        "GIT_TERMINAL_PROMPT": "0",  # nobody would see the question
        "LC_ALL": "C",  # messages are matched below
    }
    return Popen(
        ["git", "-C", str(root), *command], stdin=asked, stdout=PIPE, stderr=PIPE, env=environment
    )


def finish(process: Popen[bytes]) -> CompletedProcess[bytes]:
    """Wait for what a command has to say."""
    with process:
        output, errors = process.communicate()
    return CompletedProcess(process.args, process.returncode, output, errors)
