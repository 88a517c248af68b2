import json
import logging
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import parse_qs, urlsplit

import base_declarative.commands  # noqa: F401 - imported once, before any fork
import pytest
from base_declarative.run import main

MANIFEST = Path(__file__).parent / "manifest.yaml"


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


class Handler(BaseHTTPRequestHandler):
    """Serves two pages of things, a change log by day, and what no API should answer."""

    def do_GET(self) -> None:
        """One page."""
        address = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(address.query).items()}
        if address.path == "/things" and self.headers.get("Authorization") != "Bearer open sesame":
            self.answer(401, {"error": "who are you?"})
        elif address.path == "/things" and "page" not in query:
            things = [{"id": 1, "name": None}, {"id": 2, "name": "two"}]
            self.answer(200, {"things": things, "next": "2"})
        elif address.path == "/things":
            self.answer(200, {"things": [{"id": 3, "name": "three", "extra": None}]})
        elif address.path == "/changes":
            days = [f"2026-01-0{day}" for day in range(1, 6)]
            since = query.get("since", "")
            self.answer(200, {"changes": [{"day": day} for day in days if day >= since]})
        else:
            self.answer(
                200, {"things": [{"id": number, "name": "x" * 100} for number in range(200_000)]}
            )

    def answer(self, status: int, content: object) -> None:
        """Write JSON."""
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""


@pytest.fixture
def api() -> Iterator[str]:
    """Address of an API on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def run() -> Callable[..., Answer]:
    """Run a manifest in a fork of this process: as alone as in its own, without a new import."""

    def run(manifest: Path, *arguments: str | Path) -> Answer:
        with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
            child = os.fork()
            if child == 0:
                _become(stdout.fileno(), stderr.fileno(), manifest, list(map(str, arguments)))
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            stdout.seek(0)
            stderr.seek(0)
            lines = stdout.read().decode().splitlines()
            return Answer(code=code, lines=lines, stderr=stderr.read().decode())

    return run


def _become(out: int, err: int, manifest: Path, arguments: list[str]) -> NoReturn:
    for target, descriptor in ((1, out), (2, err)):
        os.dup2(descriptor, target)
    stdout, stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
    sys.stdout, sys.stderr = stdout, stderr
    sys.__stdout__, sys.__stderr__ = stdout, stderr  # type: ignore[misc]
    code: Any = 1
    try:
        code = main(arguments, manifest)
    except SystemExit as stop:
        code = stop.code
    except BaseException:  # noqa: BLE001 - what Python itself does at the top
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
