"""A question to an engine on a socket of this machine in, its answer out, in plain HTTP.

For the one question that every run asks: importing the SDK takes longer than the engine takes to
list hundreds of images.
"""

from __future__ import annotations

import json
import socket
import sys
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Any

from build_config.errors import EngineUnavailableError
from build_config.machine.engine_client import USUAL_SOCKET, failure_reason

if TYPE_CHECKING:
    from build_config.machine.engine_address import EngineAddress

_SECONDS = 60
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
    connection = HTTPConnection("docker")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.settimeout(_SECONDS)
    try:
        with closing(connection):
            connection.sock.connect(path)
            connection.request("GET", question)
            response = connection.getresponse()
            answer = json.loads(response.read())
    except (OSError, HTTPException, ValueError) as error:
        raise EngineUnavailableError(
            f"no Docker engine answers at {address}: {failure_reason(error)}",
            hint="`invoke setup`",
        ) from error
    if response.status != _OK:
        said = answer.get("message", "") if isinstance(answer, dict) else ""
        raise EngineUnavailableError(f"the engine fails: {said or response.reason}")
    return answer
