"""The connector put together: its specification and a function for each command."""

import json
import pkgutil
from typing import Any

from base_python.command_line import Connector, Request, main


def specification() -> dict[str, Any]:
    """The specification, from the file beside this one."""
    text = pkgutil.get_data("destination_postgres", "spec.json") or b""
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def run(arguments: list[str]) -> int:
    """Run one command of the protocol; the exit code."""
    commands = {"check": _check, "write": _write}
    return main(Connector(specification=specification(), commands=commands), arguments)


# Imported when asked for: `spec` needs no driver.
def _check(request: Request) -> None:
    from destination_postgres.destination import check

    check(request)


def _write(request: Request) -> None:
    from destination_postgres.destination import write

    write(request)
