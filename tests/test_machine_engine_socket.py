"""One question in plain HTTP, to sockets on which tiny engines answer in many ways."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from build_config.errors import EngineUnavailableError
from build_config.machine.engine_address import EngineAddress
from build_config.machine.engine_socket import get, get_lines, socket_path

if TYPE_CHECKING:
    from pathlib import Path


@contextmanager
def engine(path: Path, answer: bytes) -> Iterator[EngineAddress]:
    """Gives one answer, whatever is asked."""

    def serve(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(answer)

    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        serving = threading.Thread(target=serve, args=(listening,))
        serving.start()
        yield EngineAddress(url=f"unix://{path}", chosen_by="DOCKER_HOST")
        serving.join()


def http(status: str, body: str) -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


def test_an_answer_is_decoded(tmp_path: Path) -> None:
    place = tmp_path / "socket"
    with engine(place, http("200 OK", '[{"Id": "sha256:1"}]')) as address:
        path = socket_path(address)
        assert path == str(place)
        assert get(address, path, "/images/json") == [{"Id": "sha256:1"}]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (
            http("500 Internal Server Error", '{"message": "out of luck"}'),
            "the engine fails: out of luck",
        ),
        (
            http("503 Service Unavailable", "[]"),
            "the engine fails: Service Unavailable",
        ),
        (http("200 OK", "<html>"), r"no Docker engine answers at unix://.*\(DOCKER_HOST\): "),
        (b"SSH-2.0\r\n\r\n", "no Docker engine answers at "),
        (b"", "no Docker engine answers at "),
    ],
    ids=["refused", "refused without words", "no JSON", "no HTTP", "hung up"],
)
def test_what_is_no_good_answer_is_one_error(tmp_path: Path, answer: bytes, expected: str) -> None:
    with (
        engine(tmp_path / "socket", answer) as address,
        pytest.raises(EngineUnavailableError, match=expected),
    ):
        get(address, str(tmp_path / "socket"), "/images/json")


@pytest.mark.parametrize(
    ("answer", "lines"),
    [(http("200 OK", '{"a": 1}\n{}\n'), [b'{"a": 1}', b"{}"]), (http("400 Bad Request", "{}"), [])],
    ids=["lines", "not understood"],
)
def test_lines_are_given_as_they_are(tmp_path: Path, answer: bytes, lines: list[bytes]) -> None:
    with engine(tmp_path / "socket", answer) as address:
        assert get_lines(address, str(tmp_path / "socket"), "/events") == lines


def test_nobody_there_is_said_in_the_words_of_the_system(tmp_path: Path) -> None:
    address = EngineAddress(url=f"unix://{tmp_path}/none", chosen_by="DOCKER_HOST")
    with pytest.raises(EngineUnavailableError, match="no such file or directory"):
        get(address, f"{tmp_path}/none", "/images/json")


@pytest.mark.parametrize("url", ["tcp://builder:2375", "ssh://builder", "npipe:////./pipe/docker"])
def test_engines_elsewhere_have_no_socket_here(url: str) -> None:
    assert socket_path(EngineAddress(url=url)) is None


def test_without_a_choice_it_is_the_usual_socket() -> None:
    assert socket_path(EngineAddress()) == "/var/run/docker.sock"
