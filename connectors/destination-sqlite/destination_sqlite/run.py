"""The command line of the connector: arguments in, messages on stdout and an exit code out."""

import json
import os
import pkgutil
import sys
import time
from typing import Final

COMMANDS: Final = ("spec", "check", "write")
WRONG_USAGE: Final = 2


def main(arguments: list[str]) -> int:
    """Run one command of the protocol."""
    if sys.stdout is None:
        os.write(2, b"stdout is closed: there is nowhere to write messages to\n")
        return 1
    try:
        return _run(arguments)
    except BrokenPipeError:
        # Nobody reads any more. What Python would still flush at exit has nowhere to go either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.write(2, b"stdout was closed before the end\n")
        return 1


def _run(arguments: list[str]) -> int:
    if arguments == ["spec"]:
        # Answered without the CDK, whose import takes longer than all the rest of it.
        specification = json.loads(pkgutil.get_data("destination_sqlite", "spec.json") or b"")
        _emit({"type": "SPEC", "spec": specification})
        return 0
    if not arguments or (arguments[0] not in COMMANDS and not arguments[0].startswith("-")):
        given = f"unknown command `{arguments[0]}`" if arguments else "no command"
        return _refuse(f"{given}: use one of {', '.join(COMMANDS)}")
    from destination_sqlite.destination import DestinationSqlite

    try:
        DestinationSqlite().run(arguments)
    except SystemExit as stop:
        if stop.code == WRONG_USAGE:
            return _refuse(f"wrong arguments for `{arguments[0]}`: see stderr")
        raise
    return 0


def _refuse(message: str) -> int:
    error = {"message": message, "failure_type": "config_error"}
    trace = {"type": "ERROR", "emitted_at": time.time_ns() // 1_000_000, "error": error}
    _emit({"type": "TRACE", "trace": trace})
    sys.stderr.write(f"{message}\n")
    return WRONG_USAGE


def _emit(message: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()
