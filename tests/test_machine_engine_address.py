"""DOCKER_HOST, DOCKER_CONTEXT and Docker's configuration decide which engine is used."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from build_config.errors import EngineUnavailableError
from build_config.machine.engine_address import EngineAddress, find_engine_address

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def docker_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    (tmp_path / "config.json").write_text("{}")
    context = tmp_path / "contexts" / "meta" / sha256(b"colima").hexdigest()
    context.mkdir(parents=True)
    meta = {
        "Name": "colima",
        "Metadata": {},
        "Endpoints": {"docker": {"Host": "unix:///home/me/.colima/docker.sock"}},
    }
    (context / "meta.json").write_text(json.dumps(meta))
    return tmp_path


@pytest.mark.usefixtures("docker_configuration")
def test_without_a_choice_it_is_this_machines_own_engine() -> None:
    address = find_engine_address()
    assert address == EngineAddress()
    assert address.is_default


def test_the_current_context_of_dockers_configuration_is_used(docker_configuration: Path) -> None:
    (docker_configuration / "config.json").write_text('{"currentContext": "colima"}')
    address = find_engine_address()
    assert address.url == "unix:///home/me/.colima/docker.sock"
    assert address.undo == "docker context use default"
    assert not address.is_default


@pytest.mark.usefixtures("docker_configuration")
def test_the_environments_context_is_used_and_docker_host_beats_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DOCKER_CONTEXT", "colima")
    assert find_engine_address().chosen_by == "Docker context colima"
    monkeypatch.setenv("DOCKER_HOST", "tcp://builder:2375")
    assert str(find_engine_address()) == "tcp://builder:2375 (DOCKER_HOST)"
    assert find_engine_address("tcp://other:1").url == "tcp://other:1"


@pytest.mark.usefixtures("docker_configuration")
def test_docker_host_that_names_the_usual_socket_is_still_this_machines_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///var/run/docker.sock")
    assert find_engine_address().is_default


def test_a_context_is_found_where_docker_has_no_configuration(
    docker_configuration: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (docker_configuration / "config.json").unlink()
    monkeypatch.setenv("DOCKER_CONTEXT", "colima")
    assert find_engine_address().url == "unix:///home/me/.colima/docker.sock"


@pytest.mark.parametrize(("skips", "verifies"), [(False, True), (True, False)])
def test_a_context_has_its_own_certificates(
    docker_configuration: Path, monkeypatch: pytest.MonkeyPatch, *, skips: bool, verifies: bool
) -> None:
    identity = sha256(b"far").hexdigest()
    for kind in ("meta", "tls"):
        (docker_configuration / "contexts" / kind / identity / "docker").mkdir(parents=True)
    endpoint = {"Host": "tcp://far.example:2376", "SkipTLSVerify": skips}
    meta = docker_configuration / "contexts/meta" / identity / "meta.json"
    meta.write_text(json.dumps({"Name": "far", "Endpoints": {"docker": endpoint}}))
    material = docker_configuration / "contexts/tls" / identity / "docker"
    for name in ("ca.pem", "cert.pem", "key.pem"):
        (material / name).touch()
    monkeypatch.setenv("DOCKER_CONTEXT", "far")
    address = find_engine_address()
    assert str(address) == "tcp://far.example:2376 (Docker context far)"
    assert address.tls.ca_cert == str(material / "ca.pem")
    assert address.tls.cert == (str(material / "cert.pem"), str(material / "key.pem"))
    assert address.tls.verify is verifies


@pytest.mark.usefixtures("docker_configuration")
def test_a_context_that_does_not_exist_is_an_error_that_names_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DOCKER_CONTEXT", "nowhere")
    with pytest.raises(EngineUnavailableError, match="`nowhere` does not exist") as caught:
        find_engine_address()
    assert "unset DOCKER_CONTEXT" in caught.value.hint


@pytest.mark.parametrize("text", ["{broken", "[]", "{}", '{"Endpoints": {"docker": "x"}}'])
def test_a_context_that_cannot_be_read_is_an_error_too(
    docker_configuration: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("DOCKER_CONTEXT", "colima")
    for meta in docker_configuration.rglob("meta.json"):
        meta.write_text(text)
    with pytest.raises(EngineUnavailableError, match="cannot be read"):
        find_engine_address()


@pytest.mark.usefixtures("docker_configuration")
def test_tls_files_that_are_not_there_are_an_error_with_the_variables_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://builder:2376")
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    monkeypatch.setenv("DOCKER_CERT_PATH", str(tmp_path / "none"))
    with pytest.raises(EngineUnavailableError, match="DOCKER_CERT_PATH"):
        find_engine_address()
