"""Pulls from an engine of our making: what it may say, and how it may fall silent."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from fakes import Told
from loopback_server import Answer, Exchange, LoopbackServer

from build_config import docker_credentials
from build_config.buildkit.endpoint import Endpoint
from build_config.docker_pull import pull_image
from build_config.errors import EngineUnavailableError, StepError

IMAGE = "localhost:5000/acme/base:1"
LAYER = "a563d1d6a23b"


@pytest.fixture(autouse=True)
def _own_login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """There is one for a single host."""
    auth = base64.b64encode(b"me:secret").decode()
    (tmp_path / "config.json").write_text(json.dumps({"auths": {"localhost:5000": {"auth": auth}}}))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    docker_credentials._docker_config.cache_clear()
    yield
    docker_credentials._docker_config.cache_clear()


@contextmanager
def engine(handle: Callable[[Exchange], None]) -> Iterator[Endpoint]:
    """It handles every request in that way."""
    server = LoopbackServer(handle)
    try:
        yield Endpoint.parse(f"tcp://{server.host}")
    finally:
        server.stop()


def saying(*records: dict[str, object], status: int = 200) -> Callable[[Exchange], None]:
    """The body has these records, one in a line, and no end of line after the last."""
    body = b"\r\n".join(json.dumps(record).encode() for record in records)
    return lambda exchange: exchange.answer(Answer(status=status, body=body))


def pull(endpoint: Endpoint, reference: str = IMAGE, *, silence: float | None = None) -> Told:
    """What a step says meanwhile."""
    tell = Told()
    asyncio.run(pull_image(endpoint, reference, tell, silence=silence))
    return tell


@pytest.mark.parametrize(
    ("reference", "image", "tag", "login"),
    [
        (IMAGE, "localhost:5000/acme/base", "1", True),
        ("python", "python", "latest", False),
        (f"python:3@sha256:{1:064x}", "python", f"sha256:{1:064x}", False),
    ],
)
def test_the_engine_is_asked_for_that_image_with_the_login_for_its_host(
    reference: str, image: str, tag: str, *, login: bool
) -> None:
    asked: list[Exchange] = []

    def handle(exchange: Exchange) -> None:
        asked.append(exchange)
        exchange.answer(Answer(status=200))

    with engine(handle) as endpoint:
        pull(endpoint, reference)
    (request,) = asked
    assert request.method == "POST"
    assert parse_qs(urlsplit(request.path).query) == {"fromImage": [image], "tag": [tag]}
    sent = request.headers.get("x-registry-auth")
    assert (sent is not None) is login
    if sent is not None:
        assert json.loads(base64.urlsafe_b64decode(sent)) == {
            "username": "me",
            "password": "secret",
            "serveraddress": "localhost:5000",
        }


def test_the_bytes_of_a_layer_are_told() -> None:
    records: tuple[dict[str, object], ...] = (
        {"status": "Pulling from acme/base", "id": "1"},
        {
            "status": "Downloading",
            "progressDetail": {"current": 5, "total": 9},
            "progress": "[==>  ]",
            "id": LAYER,
        },
        {"status": "Extracting", "progressDetail": {"current": 1, "units": "s"}, "id": LAYER},
        {"status": "Pull complete", "progressDetail": {}, "id": LAYER},
    )
    with engine(saying(*records)) as endpoint:
        assert pull(endpoint).activities == [
            ("Pulling from acme/base 1", None, None),
            (f"Downloading {LAYER}", 5, 9),
            (f"Extracting {LAYER}", None, None),
            (f"Pull complete {LAYER}", None, None),
        ]


@pytest.mark.parametrize(
    "answer",
    [
        saying({"error": "no such image", "errorDetail": {"message": "no such image"}}),
        saying({"status": "Pulling"}, {"errorDetail": {"code": 1, "message": "no such image"}}),
        saying({"status": "Pulling"}, {"error": "no such image"}),
        saying({"message": "no such image"}, status=404),
    ],
    ids=["both", "a day without `error`", "of old", "before the stream"],
)
def test_what_the_registry_said_fails_the_pull(answer: Callable[[Exchange], None]) -> None:
    with engine(answer) as endpoint, pytest.raises(StepError) as caught:
        pull(endpoint)
    assert str(caught.value) == f"`{IMAGE}` cannot be pulled: no such image"


def test_a_registry_that_wants_a_login_gets_one_named() -> None:
    said = 'Head "http://localhost:5000/v2/acme/base/manifests/1": no basic auth credentials'
    answer = saying({"errorDetail": {"message": said}})
    with engine(answer) as endpoint, pytest.raises(StepError) as caught:
        pull(endpoint)
    assert caught.value.hint == "`docker login localhost:5000`"


def test_an_engine_that_goes_away_amid_a_pull_is_no_pull() -> None:
    def handle(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        exchange.send(b'10\r\n{"status":"a"}\r\n\r\n')
        exchange.hang_up()

    with engine(handle) as endpoint, pytest.raises(EngineUnavailableError, match="broke"):
        pull(endpoint)


def test_a_silent_engine_is_given_up_where_somebody_waits() -> None:
    def handle(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        exchange.send(b'10\r\n{"status":"a"}\r\n\r\n')
        exchange._handler.connection.recv(1)

    with engine(handle) as endpoint, pytest.raises(EngineUnavailableError, match="in time"):
        pull(endpoint, silence=0.2)
