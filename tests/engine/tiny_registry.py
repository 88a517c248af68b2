"""A registry of one image behind a login, on a port of this machine: what an engine can pull."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
import threading
from base64 import b64encode
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.docker.container.image.v1+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
TOKEN = "let-me-in"  # noqa: S105 - a made-up one


def digest(content: bytes) -> str:
    """As registries name content."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


@dataclass(frozen=True, kw_only=True, slots=True)
class Registry:
    """What it serves, to whom, and who asked.

    Attributes:
        login: user name and password.
        tokens: whether a token must be fetched with the login first.
    """

    login: tuple[str, str]
    tokens: bool
    content: dict[str, tuple[str, bytes]] = field(default_factory=dict)

    def basic(self) -> str:
        """The header of who may."""
        return "Basic " + b64encode(":".join(self.login).encode()).decode()


def image(label: str) -> dict[str, tuple[str, bytes]]:
    """An image with one empty layer: media type and bytes by digest, and by the tag `1`."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo(label))
    layer = gzip.compress(buffer.getvalue(), mtime=0)
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Labels": {"origin": label}},
        "rootfs": {"type": "layers", "diff_ids": [digest(buffer.getvalue())]},
        "history": [{"created_by": "test"}],
    }
    parts = [(CONFIG, json.dumps(config).encode()), (LAYER, layer)]
    described = [{"mediaType": t, "digest": digest(c), "size": len(c)} for t, c in parts]
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": described[0],
            "layers": described[1:],
        }
    ).encode()
    parts.append((MANIFEST, manifest))
    return {"1": (MANIFEST, manifest), **{digest(c): (t, c) for t, c in parts}}


class Handler(BaseHTTPRequestHandler):
    """Answers one engine."""

    # Newer engines try TLS first, and plain HTTP only when a status line comes back.
    default_request_version = "HTTP/1.1"

    def __init__(self, registry: Registry, *rest: Any) -> None:
        self.registry = registry
        super().__init__(*rest)

    def do_GET(self) -> None:
        """A token, a manifest, a blob, or 401."""
        who = self.headers.get("Authorization")
        host = self.headers["Host"]
        if self.path.startswith("/token"):
            known = who == self.registry.basic()
            answer = json.dumps({"token": TOKEN if known else ""}).encode()
            self.answer(200 if known else 401, answer)
        elif who != (f"Bearer {TOKEN}" if self.registry.tokens else self.registry.basic()):
            scope = 'service="tiny",scope="repository:private:pull"'
            bearer = f'Bearer realm="http://{host}/token",{scope}'
            self.answer(401, b"", login=bearer if self.registry.tokens else 'Basic realm="tiny"')
        elif self.path.rpartition("/")[2] in self.registry.content:
            kind, content = self.registry.content[self.path.rpartition("/")[2]]
            self.answer(200, content, kind=kind)
        else:
            self.answer(200 if self.path == "/v2/" else 404, b"{}")

    do_HEAD = do_GET  # noqa: N815 - the server looks for this name

    def answer(
        self, status: int, content: bytes, *, kind: str = "application/json", login: str = ""
    ) -> None:
        """Writes an answer."""
        self.send_response(status)
        if login:
            self.send_header("WWW-Authenticate", login)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Docker-Content-Digest", digest(content))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""


@contextmanager
def serving(registry: Registry) -> Iterator[str]:
    """The registry's host, while it runs; engines speak plain HTTP to `localhost`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, registry))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"localhost:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
