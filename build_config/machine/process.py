"""A command in, its lines out as they come: the only place of `invoke setup` that starts one."""

from __future__ import annotations

import os
import signal
import subprocess
from collections import deque
from typing import TYPE_CHECKING

from build_config.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

TAIL_LINES = 15
STOP_SECONDS = 30


class CommandError(MachineError):
    """A command did not start or did not succeed.

    Attributes:
        log: its last lines.
    """

    def __init__(self, message: str, *, hint: str = "", log: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint=hint)
        self.log = log


def stream(
    command: tuple[str, ...],
    *,
    environment: Mapping[str, str] | None = None,
    stop_whole_group: bool = True,
) -> Generator[str, None, None]:
    """Run `command` and yield the lines of both its outputs; raise CommandError when it fails.

    Closing the iterator (or Ctrl-C) stops the command and waits for it. A group of its own keeps
    Ctrl-C from reaching the children by itself: dpkg must not be killed half-way, so with
    `stop_whole_group=False` only the leader is told, and it ends when it safely can.
    """
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env={**os.environ, **(environment or {})},
            start_new_session=True,
            preexec_fn=_heed_interrupts,  # noqa: PLW1509 - no threads run here
        )
    except OSError as error:
        raise CommandError(f"`{command[0]}` does not start: {error.strerror}") from error
    last_lines: deque[str] = deque(maxlen=TAIL_LINES)
    with process:
        try:
            for raw_line in process.stdout or ():
                line = raw_line.rstrip()
                last_lines.append(line)
                yield line
            process.wait()
        except BaseException:
            _stop(process, whole_group=stop_whole_group)
            raise
    if process.returncode != 0:
        summary = " ".join(command[:2])
        raise CommandError(
            f"`{summary}` failed with exit code {process.returncode}", log=tuple(last_lines)
        )


def capture(command: tuple[str, ...], *, timeout: float = 10) -> str | None:
    """Return both outputs of `command`, or None when it is absent, fails or takes too long."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=timeout,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout


def start_detached(command: tuple[str, ...], *, log: Path) -> int:
    """Start a daemon in a session of its own that appends to `log`; return its process id."""
    append = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    try:
        return os.posix_spawn(
            command[0],
            command,
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(log), append, 0o640),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
        )
    except OSError as error:
        raise CommandError(f"`{command[0]}` does not start: {error.strerror}") from error


def has_ended(process_id: int) -> bool:
    """Tell whether a daemon that `start_detached` started is gone."""
    return os.waitpid(process_id, os.WNOHANG)[0] == process_id


def last_lines(log: Path) -> tuple[str, ...]:
    """Return the end of a log file; nothing when it cannot be read."""
    try:
        with log.open(errors="replace") as lines:
            return tuple(line.rstrip() for line in deque(lines, maxlen=TAIL_LINES))
    except OSError:
        return ()


def _heed_interrupts() -> None:
    """Background jobs of a shell are deaf to SIGINT, children included: ours has to hear it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _stop(process: subprocess.Popen[str], *, whole_group: bool) -> None:
    """Ask the command to end; a group that does not is killed, a lone leader is waited for."""
    if process.poll() is not None:
        return
    if not whole_group:
        process.send_signal(signal.SIGINT)
        process.wait()
        return
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
