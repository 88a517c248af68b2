import json
import logging
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import pytest
import source_file.source  # noqa: F401 - imported once, before any fork
from source_file.run import main

MAIN = Path(__file__).parent.parent / "main.py"


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a run of the connector left behind."""

    code: int
    lines: list[str]
    stderr: str

    @property
    def messages(self) -> list[dict[str, Any]]:
        """Every line, parsed."""
        return [json.loads(line) for line in self.lines]

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The messages of one type."""
        return [message for message in self.messages if message["type"] == kind]


@pytest.fixture
def run() -> Callable[..., Answer]:
    """Run the connector in a fork of this process: as alone as in its own, without a new import."""

    def run(*arguments: str | Path, given: str | bytes = b"") -> Answer:
        with (
            tempfile.TemporaryFile() as stdin,
            tempfile.TemporaryFile() as stdout,
            tempfile.TemporaryFile() as stderr,
        ):
            stdin.write(given.encode() if isinstance(given, str) else given)
            stdin.seek(0)
            child = os.fork()
            if child == 0:
                _become(
                    [stdin.fileno(), stdout.fileno(), stderr.fileno()], list(map(str, arguments))
                )
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            stdout.seek(0)
            stderr.seek(0)
            lines = stdout.read().decode().splitlines()
            return Answer(code=code, lines=lines, stderr=stderr.read().decode())

    return run


def _become(descriptors: list[int], arguments: list[str]) -> NoReturn:
    for target, descriptor in enumerate(descriptors):
        os.dup2(descriptor, target)
    stdin, stdout, stderr = (os.fdopen(target, mode) for target, mode in enumerate("rww"))
    sys.stdin, sys.stdout, sys.stderr = stdin, stdout, stderr
    sys.__stdout__, sys.__stderr__ = stdout, stderr  # type: ignore[misc]
    code: Any = 1
    try:
        code = main(arguments)
    except SystemExit as stop:
        code = stop.code
    except BaseException:  # noqa: BLE001 - what Python itself does at the top
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
