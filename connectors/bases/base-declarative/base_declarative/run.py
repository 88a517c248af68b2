"""The command line of the connector: arguments in, messages on stdout and an exit code out."""

import argparse
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any, Final, NoReturn

from base_declarative.manifest import MANIFEST, ManifestError, load_manifest
from base_declarative.specification import plain_specification

COMMANDS: Final = ("spec", "check", "discover", "read")
FAILED: Final = 1
WRONG_USAGE: Final = 2
TERMINATED: Final = 143


class _UsageError(Exception):
    """The arguments are none of a command."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise _UsageError(message)


def main(arguments: list[str], manifest: Path = MANIFEST) -> int:
    """Run one command of the protocol on a connector's manifest."""
    signal.signal(signal.SIGTERM, _terminate)
    if sys.stdout is None:
        os.write(2, b"stdout is closed: there is nowhere to write messages to\n")
        return FAILED
    try:
        _run(_parse(arguments), manifest)
    except _UsageError as error:
        return _refuse(str(error), "config_error", WRONG_USAGE)
    except ManifestError as error:
        return _refuse(str(error), "system_error", FAILED)
    except BrokenPipeError:
        # Nobody reads any more, and the CDK's threads may be waiting for somebody to take records.
        os.write(2, b"stdout was closed before the end\n")
        os._exit(FAILED)
    return 0


def _parse(arguments: list[str]) -> argparse.Namespace:
    if not arguments or (arguments[0] not in COMMANDS and not arguments[0].startswith("-")):
        given = f"unknown command `{arguments[0]}`" if arguments else "no command"
        raise _UsageError(f"{given}: use one of {', '.join(COMMANDS)}")
    parser = _Parser(allow_abbrev=False)
    parser.set_defaults(config=None, catalog=None, state=None)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in COMMANDS:
        command = commands.add_parser(name, allow_abbrev=False)
        if name != "spec":
            command.add_argument("--config", required=True)
        if name == "read":
            command.add_argument("--catalog", required=True)
            command.add_argument("--state")
    return parser.parse_args(arguments)


def _run(arguments: argparse.Namespace, path: Path) -> None:
    manifest = load_manifest(path)
    specification = plain_specification(manifest) if arguments.command == "spec" else None
    if specification:
        _emit({"type": "SPEC", "spec": specification})
        return
    from base_declarative.commands import run_command

    run_command(manifest, arguments)


def _refuse(message: str, kind: str, code: int) -> int:
    error = {"message": message, "failure_type": kind}
    trace = {"type": "ERROR", "emitted_at": time.time_ns() // 1_000_000, "error": error}
    _emit({"type": "TRACE", "trace": trace})
    sys.stderr.write(f"{message}\n")
    return code


def _emit(message: dict[str, Any]) -> None:
    # YAML has dates; JSON has not.
    sys.stdout.write(json.dumps(message, default=str) + "\n")
    sys.stdout.flush()


def _terminate(_signal: int, _frame: object) -> NoReturn:
    # As the first process of a container we would not even notice SIGTERM without a handler.
    # Without waiting for the CDK's threads, which may be in the middle of a long answer.
    os._exit(TERMINATED)
