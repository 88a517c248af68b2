"""A publication that is killed: orders on standard input, processes that publish out.

One process that has imported everything forks one for each order, so that a kill costs no start.
An order is a JSON object: `root`, `host`, `registry`, `name`, `situation`, `built`, `remote`, and
perhaps `file` and `when`: before or after how many of its operations on files it dies.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from cases import case_of, publish
from situations import SITUATIONS

from build_config.errors import YardError

_OPERATIONS = frozenset(
    {"open", "os.mkdir", "os.truncate", "os.remove", "os.rename", "fcntl.flock", "subprocess.Popen"}
)
_BUG = 70


def main() -> None:
    """Serve until the orders end."""
    import httpx  # noqa: F401 - each child has it then

    asyncio.run(asyncio.sleep(0))
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            os.setsid()
            os._exit(_obey(order))
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
        _, status = os.waitpid(pid, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _obey(order: dict[str, Any]) -> int:
    try:
        case = case_of(
            Path(order["root"]),
            order["name"],
            host=order["host"],
            registry=order["registry"],
            remote=order.get("remote"),
        )
        if "file" in order:
            _die_at(int(order["file"]), order["root"])
        os.environ.update(order.get("environment", {}))
        situation = SITUATIONS[order["situation"]]
        asyncio.run(publish(case, situation, built=order.get("built", "")))
    except YardError as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return type(error).exit_code
    except BaseException as error:  # noqa: BLE001 - it is told to the parent
        sys.stderr.write(f"{error!r}\n")
        return _BUG
    return 0


def _die_at(number: int, root: str) -> None:
    """Before that operation on files, counted from 1; one on git is one, too."""
    left = number

    def count(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal left
        if event in _OPERATIONS and (
            event in {"fcntl.flock", "subprocess.Popen"} or str(arguments[0]).startswith(root)
        ):
            left -= 1
            if left == 0:
                os.killpg(0, signal.SIGKILL)

    sys.addaudithook(count)


if __name__ == "__main__":
    main()
