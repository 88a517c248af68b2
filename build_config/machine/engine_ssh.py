"""A client of the Docker SDK and an `ssh://` address in, the client asking the engine there out.

The SDK's own way wants paramiko, even where it starts `ssh`, and with that installed each
`import docker` takes longer. This is the way that `buildkit.endpoint` goes, for `requests`.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
from typing import Any, Final
from urllib.parse import urlsplit

from docker import APIClient
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.response import HTTPResponse

from build_config.buildkit.endpoint import ssh_command

_ENGINE: Final = "http+docker://ssh"  # as the SDK calls it
_ENDS_WITHIN: Final = 1  # seconds


def lead(client: APIClient, url: str) -> None:
    """Have a client ask the engine at `ssh://[user@]host[:port]`.

    Raises:
        ValueError: the address has another form.
    """
    client.base_url = _ENGINE
    client.mount(_ENGINE, _Adapter(url))


class _Adapter(HTTPAdapter):
    """Sends all requests through one pool of connections."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._connections = _Pool(url)

    def get_connection_with_tls_context(self, *_: Any, **__: Any) -> HTTPConnectionPool:
        """The pool, whatever is asked."""
        return self._connections

    def close(self) -> None:
        """End the connections, and with them each `ssh`."""
        super().close()
        self._connections.close()


class _Pool(HTTPConnectionPool):
    def __init__(self, url: str) -> None:
        super().__init__("docker")
        parts = urlsplit(url)
        if not parts.hostname:
            raise ValueError(f"`{url}` names no host")
        self._command = ssh_command(parts.hostname, user=parts.username, port=parts.port)

    def _new_conn(self) -> _Connection:
        self.num_connections += 1
        return _Connection(self._command)


class _Connection(HTTPConnection):
    """HTTP over the standard input and output of a process."""

    def __init__(self, command: tuple[str, ...]) -> None:
        super().__init__("docker")
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._last_words = ""

    def connect(self) -> None:
        """Start it."""
        if shutil.which(self._command[0]) is None:
            raise ConnectionError(f"there is no program `{self._command[0]}`")
        ours, theirs = socket.socketpair()
        with theirs:
            end = theirs.fileno()
            self._process = subprocess.Popen(
                self._command, stdin=end, stdout=end, stderr=subprocess.PIPE
            )
        ours.settimeout(self.timeout if isinstance(self.timeout, float | int) else None)
        self.sock = ours

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # urllib3 has its own class
        """The answer; where there is none, what `ssh` complained about."""
        try:
            return super().getresponse()
        except ConnectionError as error:
            self.close()
            raise ConnectionError(self._last_words or str(error)) from error

    def close(self) -> None:
        """End it and what it started."""
        super().close()
        process, self._process = self._process, None
        if process is not None:
            self._last_words = _ended(process).decode(errors="replace").strip()


def _ended(process: subprocess.Popen[bytes]) -> bytes:
    """What it complained about; it ends by itself when its connection does."""
    with process:
        try:
            return process.communicate(timeout=_ENDS_WITHIN)[1]
        except subprocess.TimeoutExpired:
            process.kill()
            return process.communicate()[1]
