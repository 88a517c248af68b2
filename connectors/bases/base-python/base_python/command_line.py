"""The command line of a connector: arguments in, messages on stdout and an exit code out."""

import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from base_python.errors import ConnectorError
from base_python.inputs import load_object, secrets_of, violations
from base_python.output import Output

WRONG_USAGE: Final = 2
TERMINATED: Final = 143
_TIDY_SECONDS: Final = 5
OPTIONS: Final = {
    "spec": frozenset[str](),
    "check": frozenset({"config"}),
    "discover": frozenset({"config"}),
    "read": frozenset({"config", "catalog"}),
    "write": frozenset({"config", "catalog"}),
}
OPTIONAL: Final = {"read": frozenset({"state"})}


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What a command is given; paths as they were written on the command line."""

    config: Mapping[str, Any]
    output: Output
    catalog_path: str = ""
    state_path: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Connector:
    """A connector: its specification, and a function for each command but `spec`.

    `check` returns why the config does not work, None when it does. The others return nothing.
    """

    specification: Mapping[str, Any]
    commands: Mapping[str, Callable[[Request], Any]]


class _UsageError(Exception):
    """The command line is wrong; the message says how."""


def main(connector: Connector, arguments: list[str]) -> int:
    """Run one command of the protocol; the exit code."""
    signal.signal(signal.SIGTERM, _terminate)
    if sys.stdout is None:
        os.write(2, b"stdout is closed: there is nowhere to write messages to\n")
        return 1
    output = Output(_write_all)
    try:
        return _guarded(connector, arguments, output)
    except BrokenPipeError:
        os.write(2, b"stdout was closed before the end\n")
        return 1


def _guarded(connector: Connector, arguments: list[str], output: Output) -> int:
    try:
        _run(connector, arguments, output)
    except _UsageError as error:
        output.error(ConnectorError(str(error)))
        sys.stderr.write(f"{error}\n")
        return WRONG_USAGE
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - the platform sees what is in a TRACE only
        output.flush()
        output.error(error)
        return 1
    output.flush()
    return 0


def _run(connector: Connector, arguments: list[str], output: Output) -> None:
    command, options = _parse(arguments, ["spec", *connector.commands])
    if command == "spec":
        output.message("SPEC", "spec", dict(connector.specification))
        return
    config = load_object(options["config"], "config")
    schema = connector.specification["connectionSpecification"]
    output.hide(secrets_of(config, schema))
    wrong = violations(config, dict(connector.specification))
    request = Request(
        config=config,
        output=output,
        catalog_path=options.get("catalog", ""),
        state_path=options.get("state", ""),
    )
    if command == "check":
        _check(connector, request, wrong)
    elif wrong:
        raise ConnectorError(f"the config does not work: {wrong}")
    else:
        connector.commands[command](request)


def _check(connector: Connector, request: Request, wrong: str) -> None:
    try:
        reason = wrong or connector.commands["check"](request)
    except ConnectorError as error:
        reason = str(error)
    content = {"status": "SUCCEEDED"}
    if reason:
        content = {"status": "FAILED", "message": request.output.readable(reason)}
    request.output.message("CONNECTION_STATUS", "connectionStatus", content)


def _parse(arguments: list[str], commands: list[str]) -> tuple[str, dict[str, str]]:
    """The command and its options, written `--name value` or `--name=value`; `--debug` is nothing.

    Not argparse: it would print to stdout, and end the process by itself.
    """
    if not arguments or arguments[0] not in commands:
        given = f"unknown command `{arguments[0]}`" if arguments else "no command"
        raise _UsageError(f"{given}: use one of {', '.join(commands)}")
    command, *words = arguments
    allowed = OPTIONS[command] | OPTIONAL.get(command, frozenset())
    options = {}
    rest = iter(word for word in words if word != "--debug")
    for word in rest:
        name, equals, value = word.partition("=")
        if not name.startswith("--") or name[2:] not in allowed:
            raise _UsageError(f"`{command}` does not take `{name}`")
        options[name[2:]] = value if equals else next(rest, "")
    missing = sorted(name for name in OPTIONS[command] if not options.get(name))
    if missing:
        needed = " and ".join(f"`--{name}`" for name in missing)
        raise _UsageError(f"`{command}` needs {needed} with a path")
    return command, options


def _write_all(block: bytes) -> None:
    view = memoryview(block)
    while view:
        view = view[os.write(1, view) :]


def _terminate(_signal: int, _frame: object) -> NoReturn:
    # As the first process of a container we would not even notice SIGTERM without a handler.
    # Python drops an exception that is raised while it finalizes an object: then this one ends us.
    signal.signal(signal.SIGALRM, lambda *_: os._exit(TERMINATED))
    signal.alarm(_TIDY_SECONDS)
    sys.exit(TERMINATED)
