import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

TOKEN = "s3cret-token"  # noqa: S105 - a secret made up to be looked for in the output
CSV = b"a,b\n1,x\n2,y\n"


class Handler(BaseHTTPRequestHandler):
    """Answers by path: /plain, /dated, /locked, /cut; anything else is 404."""

    def do_GET(self) -> None:
        """The body, cut short under /cut."""
        if self._head():
            self.wfile.write(CSV[:-4] if self.path.startswith("/cut") else CSV)

    def do_HEAD(self) -> None:
        """The head alone."""
        self._head()

    def _head(self) -> bool:
        path = self.path.partition("?")[0]
        status = 200 if path in {"/plain", "/dated", "/locked", "/cut"} else 404
        if path == "/locked" and self.headers.get("Authorization") != f"Bearer {TOKEN}":
            status = 401
        self.send_response(status)
        if path != "/plain":
            self.send_header("Last-Modified", "Tue, 14 Nov 2023 22:13:20 GMT")
        self.send_header("Content-Length", str(len(CSV) if status == 200 else 0))
        self.end_headers()
        return status == 200

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def serving() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def ask(tmp_path: Path, run: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    with serving() as address:

        def ask(command: str, path: str, *arguments: Any, **more: Any) -> Any:
            config = tmp_path / "config.json"
            location = path if "://" in path else address + path
            stream = {"name": "s", "location": location, "format": {"format_type": "csv"}}
            config.write_text(json.dumps({"streams": [stream], **more}))
            return run(command, "--config", config, *arguments)

        yield ask


def read(ask: Callable[..., Any], tmp_path: Path, path: str, state: Any = None) -> Any:
    (message,) = ask("discover", path).of("CATALOG")
    (stream,) = message["catalog"]["streams"]
    entry = {"stream": stream, "destination_sync_mode": "append"}
    entry["sync_mode"] = stream["supported_sync_modes"][-1]
    (tmp_path / "catalog.json").write_text(json.dumps({"streams": [entry]}))
    (tmp_path / "state.json").write_text(json.dumps(state or []))
    return ask(
        "read", path, "--catalog", tmp_path / "catalog.json", "--state", tmp_path / "state.json"
    )


def test_a_dated_file_is_read_once(ask: Callable[..., Any], tmp_path: Path) -> None:
    first = read(ask, tmp_path, "/dated?signature=abc")
    assert [it["record"]["data"]["a"] for it in first.of("RECORD")] == [1, 2]
    assert first.of("RECORD")[0]["record"]["data"]["_file_modified_at"].startswith("2023-11-14T22")
    assert "signature" not in "".join(line for line in first.lines if '"RECORD"' in line)
    second = read(ask, tmp_path, "/dated?signature=abc", [first.of("STATE")[-1]["state"]])
    assert (second.code, second.of("RECORD")) == (0, [])


def test_without_a_date_only_full_refresh_is_offered(
    ask: Callable[..., Any], tmp_path: Path
) -> None:
    (message,) = ask("discover", "/plain").of("CATALOG")
    assert message["catalog"]["streams"][0]["supported_sync_modes"] == ["full_refresh"]
    assert len(read(ask, tmp_path, "/plain").of("RECORD")) == 2


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/none", "404"),
        ("/locked", "401"),
        ("/cut", "broke off"),
        ("http://127.0.0.1:1/x", "cannot reach"),
        ("ftp://127.0.0.1/x", "cannot read `ftp://`"),
        ("http://u:p@127.0.0.1/x", "must not hold a password"),
    ],
)
def test_check_fails_with_the_reason(ask: Callable[..., Any], path: str, words: str) -> None:
    answer = ask("check", path)
    (status,) = answer.of("CONNECTION_STATUS")
    assert (answer.code, status["connectionStatus"]["status"]) == (0, "FAILED")
    assert words in status["connectionStatus"]["message"]


def test_the_token_is_sent_and_never_shown(ask: Callable[..., Any]) -> None:
    login = {"auth_type": "bearer", "token": TOKEN}
    answer = ask("check", "/locked", http_authentication=login)
    (status,) = answer.of("CONNECTION_STATUS")
    assert status["connectionStatus"]["status"] == "SUCCEEDED"
    broken = ask("check", "/locked", http_authentication={**login, "auth_type": 5})
    for text in (*answer.lines, answer.stderr, *broken.lines, broken.stderr):
        assert TOKEN not in text
