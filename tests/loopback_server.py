"""A function from request to answer in, an HTTP server on a free port of the loopback out.

What `memory_registry` and `fault_proxy` stand on: a thread for each connection, bodies read whole,
and connections that can be cut as a crash or a bad network would cut them.
"""

from __future__ import annotations

import io
import socket
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping

_BODILESS = frozenset({204, 304})
_TLS_HANDSHAKE = b"\x16"  # type of the first record (RFC 8446, 5.1)


class ConnectionCutError(Exception):
    """Nothing more is to be said on this connection."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What is answered; the length is added where the headers do not have one."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, kw_only=True, slots=True)
class Exchange:
    """One request, and the ways to end it.

    Attributes:
        path: as it was sent, with the query.
        headers: names in lower case.
        body: whole, and without the framing of chunks.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    _handler: _Handler = field(repr=False)

    def answer(self, answer: Answer) -> None:
        """Send it."""
        self._handler.send_answer(answer, bodiless=self.method == "HEAD")

    def send(self, content: bytes) -> None:
        """Send bytes as they are, at once."""
        self._handler.wfile.write(content)
        self._handler.wfile.flush()

    def reset(self) -> None:
        """Cut the connection at once, with what was sent still under way: RST, not FIN."""
        linger = struct.pack("ii", 1, 0)
        self._handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        raise ConnectionCutError

    def hang_up(self) -> None:
        """Close the connection in the usual way, with or without an answer before."""
        raise ConnectionCutError


def free_port() -> int:
    """A port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class LoopbackServer:
    """Serves until it is stopped, and can be started again on the same port."""

    def __init__(
        self, handle: Callable[[Exchange], None], *, tls: ssl.SSLContext | None = None
    ) -> None:
        self._handle = handle
        self._tls = tls
        self._server: _Server | None = None
        self._port = 0
        self.start()

    @property
    def host(self) -> str:
        """Address and port."""
        return f"127.0.0.1:{self._port}"

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{self.host}"

    def start(self) -> None:
        """Listen; the first time on any free port, later on the same one."""
        assert self._server is None
        self._server = _Server(("127.0.0.1", self._port), self._handle)
        self._port = self._server.server_address[1]
        if self._tls is not None:
            self._server.socket = self._tls.wrap_socket(self._server.socket, server_side=True)
        serving = threading.Thread(target=self._server.serve_forever, args=(0.005,), daemon=True)
        serving.start()

    def stop(self) -> None:
        """Listen no more, and cut every connection."""
        if self._server is not None:
            server, self._server = self._server, None
            server.shutdown()
            server.server_close()
            server.cut()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handle: Callable[[Exchange], None]) -> None:
        super().__init__(address, _Handler)
        self.handle_exchange = handle
        self.connections: set[socket.socket] = set()

    def cut(self) -> None:
        """Every connection that is open."""
        for connection in tuple(self.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, *_: Any) -> None:
        """A client that went away is no matter; nothing else raises."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # an answer leaves in one packet: it is flushed at its end
    server: _Server
    rfile: io.BufferedReader

    def setup(self) -> None:
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        self.server.connections.discard(self.connection)
        with suppress(OSError):
            super().finish()

    def handle_one_request(self) -> None:
        """Who tries TLS first (containerd) takes another way only after an answer in plain HTTP."""
        if self.rfile.peek(1)[:1] == _TLS_HANDSHAKE:
            self.wfile.write(b"HTTP/1.0 400 Bad Request\r\n\r\n")
            self.close_connection = True
        else:
            super().handle_one_request()

    def serve(self) -> None:
        """One request."""
        exchange = Exchange(
            method=self.command,
            path=self.path,
            headers={
                name.lower(): ", ".join(self.headers.get_all(name, ())) for name in self.headers
            },
            body=self._read_body(),
            _handler=self,
        )
        try:
            self.server.handle_exchange(exchange)
        except ConnectionCutError:
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = serve  # noqa: N815 - its names

    def send_answer(self, answer: Answer, *, bodiless: bool) -> None:
        """Status, headers, and the body where there may be one."""
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        named = {name.lower() for name in answer.headers}
        if "date" not in named:
            self.send_header("Date", self.date_time_string())
        if "content-length" not in named and answer.status not in _BODILESS:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if not bodiless:
            self.wfile.write(answer.body)
        self.wfile.flush()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _read_body(self) -> bytes:
        if "chunked" in self.headers.get("transfer-encoding", ""):
            return self._read_chunks()
        return self.rfile.read(int(self.headers.get("content-length") or 0))

    def _read_chunks(self) -> bytes:
        body = bytearray()
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return bytes(body)
