"""A question to an engine on a socket of this machine in, its answer out, in plain HTTP.

For the one question that every run asks: importing the SDK takes longer than the engine takes to
list hundreds of images.
"""

from __future__ import annotations

import json
import socket
import sys
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Any

from build_config.errors import EngineUnavailableError
from build_config.machine.engine_client import USUAL_SOCKET, failure_reason

if TYPE_CHECKING:
    from build_config.machine.engine_address import EngineAddress

_SECONDS = 120
"""Without a word; the containerd image store takes up to 25 ms for each image that it lists."""
_SCHEME = "unix://"
_OK = 200


def socket_path(address: EngineAddress) -> str | None:
    """The socket's place in the file system; None for an engine that is reached in another way."""
    if sys.platform == "win32":
        return None
    path = (address.url or _SCHEME + USUAL_SOCKET).removeprefix(_SCHEME)
    return path if path.startswith("/") else None


def get(address: EngineAddress, path: str, question: str) -> Any:
    """Ask with GET and give the decoded JSON.

    Args:
        address: for messages.
        path: what `socket_path` gave for it.
        question: such as `/images/json`; without a version the engine answers by its newest.

    Raises:
        EngineUnavailableError: it does not answer, or says that it cannot.
    """
    answer = _ask(address, path, question)
    if answer.status != _OK:
        raise EngineUnavailableError(f"the engine fails: {_message(answer)}")
    try:
        return json.loads(answer.body)
    except ValueError as error:
        raise _no_answer(address, error) from error


def get_lines(address: EngineAddress, path: str, question: str) -> list[bytes]:
    """Ask as `get` does, where the answer has a line of JSON for each of its parts.

    Returns:
        The lines; none of an engine that cannot be asked this.

    Raises:
        EngineUnavailableError: it does not answer.
    """
    answer = _ask(address, path, question)
    return answer.body.splitlines() if answer.status == _OK else []


@dataclass(frozen=True, kw_only=True, slots=True)
class _Answer:
    status: int
    reason: str
    body: bytes


def _ask(address: EngineAddress, path: str, question: str) -> _Answer:
    connection = HTTPConnection("docker")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.settimeout(_SECONDS)
    try:
        with closing(connection):
            connection.sock.connect(path)
            connection.request("GET", question)
            response = connection.getresponse()
            return _Answer(status=response.status, reason=response.reason, body=response.read())
    except (OSError, HTTPException) as error:
        raise _no_answer(address, error) from error


def _no_answer(address: EngineAddress, error: Exception) -> EngineUnavailableError:
    return EngineUnavailableError(
        f"no Docker engine answers at {address}: {failure_reason(error)}", hint="`invoke setup`"
    )


def _message(answer: _Answer) -> str:
    try:
        said = json.loads(answer.body)
    except ValueError:
        return answer.reason
    return str((isinstance(said, dict) and said.get("message")) or answer.reason)
