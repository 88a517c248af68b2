"""A socket in front of the engine's, to be cut in the middle of a build."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Relay:
    """Passes bytes on, both ways, until it is cut: then it is as dead as a killed engine.

    Attributes:
        hear: is called with what goes to the engine, before it goes on.
    """

    path: Path
    target: str
    listening: socket.socket
    hear: Callable[[bytes], object]
    open: list[socket.socket] = field(default_factory=list)

    @property
    def address(self) -> str:
        """What DOCKER_HOST has to be."""
        return f"unix://{self.path}"

    def cut(self) -> None:
        """End every connection, and answer no new one."""
        self.path.unlink(missing_ok=True)
        for end in (self.listening, *self.open):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def serve(self) -> None:
        """Accept connections until it is cut."""
        with suppress(OSError):
            while True:
                here, _ = self.listening.accept()
                there = _connect(self.target)
                self.open.extend((here, there))
                ways = ((here, there, self.hear), (there, here, _deaf))
                for way in ways:
                    threading.Thread(target=_pump, args=way, daemon=True).start()


def _deaf(_content: bytes) -> None:
    pass


@contextmanager
def relay(path: Path, target: str, hear: Callable[[bytes], object] = _deaf) -> Iterator[Relay]:
    """A relay to the engine at `target`, such as `unix:///var/run/docker.sock`."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        made = Relay(path=path, target=target, listening=listening, hear=hear)
        serving = threading.Thread(target=made.serve)
        serving.start()
        try:
            yield made
        finally:
            made.cut()
            serving.join()
            for end in made.open:
                end.close()


def _connect(target: str) -> socket.socket:
    url = urlsplit(target)
    if url.scheme == "unix":
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(url.path)
        return connection
    return socket.create_connection((url.hostname or "localhost", url.port or 2375))


def _pump(source: socket.socket, sink: socket.socket, hear: Callable[[bytes], object]) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            hear(data)
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
