"""A line that starts `invoke` in, what Invoke has against it out; nothing runs."""

from __future__ import annotations

import shlex
import sys

from invoke.exceptions import ParseError
from invoke.program import Program
from yard import PROJECT

sys.path.insert(0, str(PROJECT))
import development  # what `invoke` loads: files of the project, no packages
import tasks

_OURS = "--collection=development"


def refused(line: str) -> ParseError | None:
    """Why there is no such task or flag; None: there is."""
    words = shlex.split(line)
    program = Program(namespace=(development if _OURS in words else tasks).namespace)
    program.create_config()
    try:
        program.parse_core([word for word in words if word != _OURS])
        program.parse_collection()
        program.parse_tasks()
    except ParseError as error:
        return error
    return None
