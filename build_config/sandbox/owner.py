"""Whose container it is: labels that say so, and whether their owner still lives."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

RUN_LABEL: Final = "dev.connectoryard.run"
_HOST_LABEL: Final = "dev.connectoryard.host"
_PROCESS_LABEL: Final = "dev.connectoryard.process"
_BORN_LABEL: Final = "dev.connectoryard.born"
_OLD_SECONDS: Final = 48 * 3600


def labels(run: str) -> dict[str, str]:
    """The labels of a container of this process; `run` is its own name."""
    return {
        RUN_LABEL: run,
        _HOST_LABEL: _host(),
        _PROCESS_LABEL: _process(os.getpid()),
        _BORN_LABEL: str(int(time.time())),
    }


def is_left_over(found: Mapping[str, str]) -> bool:
    """Whether nobody will remove the container with these labels any more.

    Its process on this machine has ended, or it is two days old: what happens on other machines
    that use the same engine cannot be seen from here.
    """
    if found.get(_HOST_LABEL) == _host():
        process = found.get(_PROCESS_LABEL, "")
        number = process.partition(" ")[0]
        return not number.isdecimal() or _process(int(number)) != process
    born = found.get(_BORN_LABEL, "")
    return born.isdecimal() and time.time() - int(born) > _OLD_SECONDS


@cache
def _host() -> str:
    """Where process ids mean the same: on this machine, since its start, in one PID namespace.

    Containers of CI jobs share an engine, and with `--network=host` also the machine's name.
    """
    words = [socket.gethostname()]
    with suppress(OSError):
        words.append(Path("/proc/sys/kernel/random/boot_id").read_text().strip())
    with suppress(OSError):
        words.append(str(Path("/proc/self/ns/pid").readlink()))
    return " ".join(words)


def _process(number: int) -> str:
    """The process id, and where Linux tells it the time of its start; empty when it has ended."""
    try:
        if not Path("/proc/self/stat").exists():
            os.kill(number, 0)
            return str(number)
        # the second field, the program's name, may hold spaces and parentheses: proc(5)
        fields = Path(f"/proc/{number}/stat").read_bytes().rpartition(b")")[2].split()
    except PermissionError:
        return str(number)
    except OSError:
        return ""
    return f"{number} {fields[19].decode()}"
