"""The connector put together: its specification and a function for each command."""

import json
import pkgutil
from typing import Any

from base_python.command_line import Connector, Request, main


def specification() -> dict[str, Any]:
    """The specification, from the file beside this one."""
    loaded: dict[str, Any] = json.loads(pkgutil.get_data("source_postgres", "spec.json") or b"")
    return loaded


def run(arguments: list[str]) -> int:
    """Run one command of the protocol; the exit code."""
    commands = {"check": _check, "discover": _discover, "read": _read}
    return main(Connector(specification=specification(), commands=commands), arguments)


# Imported when asked for: `spec` needs no driver.
def _check(request: Request) -> str | None:
    from source_postgres.source import check

    return check(request)


def _discover(request: Request) -> None:
    from source_postgres.source import discover

    discover(request)


def _read(request: Request) -> None:
    from source_postgres.source import read

    read(request)
