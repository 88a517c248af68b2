from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from build_config import docker_credentials
from build_config.docker_credentials import credentials

Configure = Callable[[dict[str, Any]], None]

HELPER = """#!/bin/sh
# Docker's protocol for credential helpers: the registry on stdin, JSON on stdout.
read registry
case "$registry" in
  helped.example) echo '{"ServerURL": "helped.example", "Username": "u", "Secret": "s"}' ;;
  token.example) echo '{"ServerURL": "token.example", "Username": "<token>", "Secret": "t"}' ;;
  broken.example) echo 'boom' >&2; exit 1 ;;
  chatty.example) echo 'a new version is there' ;;
  empty.example) echo '{}' ;;
  hanging.example) sleep 60 ;;
  nothing.example) echo '{"ServerURL": "", "Username": "", "Secret": ""}' ;;
  *) echo 'credentials not found in native keychain'; exit 1 ;;
esac
"""


@pytest.fixture
def configure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Configure]:
    """Write Docker's configuration; a credential helper `test` is there too."""
    helper = tmp_path / "docker-credential-test"
    helper.write_text(HELPER)
    helper.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    docker_credentials._docker_config.cache_clear()

    def write(config: dict[str, Any]) -> None:
        (tmp_path / "config.json").write_text(json.dumps(config))

    yield write
    docker_credentials._docker_config.cache_clear()


def login(user: str, password: str) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}


def test_a_login_is_found_by_its_host(configure: Configure) -> None:
    configure({"auths": {"a.example:5000": login("me", "pass:word")}})
    assert credentials("a.example:5000") == ("me", "pass:word")
    assert credentials("b.example") is None


@pytest.mark.parametrize("host", ["docker.io", "index.docker.io", "registry-1.docker.io"])
def test_docker_hub_has_many_names_and_one_login(configure: Configure, host: str) -> None:
    configure({"auths": {"https://index.docker.io/v1/": login("me", "secret")}})
    assert credentials(host) == ("me", "secret")


def test_an_identity_token_has_no_user(configure: Configure) -> None:
    configure({"auths": {"a.example": {**login("00000000", "x"), "identitytoken": "tok"}}})
    assert credentials("a.example") == ("", "tok")


def test_a_helper_that_hangs_is_no_login_before_long(
    configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(docker_credentials, "_HELPER_SECONDS", 0.2)
    configure({"credHelpers": {"hanging.example": "test"}})
    begin = time.monotonic()
    assert credentials("hanging.example") is None
    assert time.monotonic() - begin < 30


def test_what_a_helper_does_not_have_may_stand_in_the_file(configure: Configure) -> None:
    configure({"credsStore": "test", "auths": {"a.example": login("me", "secret")}})
    assert credentials("a.example") == ("me", "secret")


@pytest.mark.parametrize("odd", [[1], {"auths": [1]}, {"auths": {"a.example": {"auth": "!"}}}])
def test_a_configuration_of_another_shape_is_no_login(configure: Configure, odd: Any) -> None:
    configure(odd)
    assert credentials("a.example") is None


def test_no_configuration_is_no_login(configure: Configure) -> None:
    configure({})
    assert credentials("a.example") is None
    assert credentials("docker.io") is None


def test_a_credential_helper_is_asked(configure: Configure) -> None:
    configure({"credHelpers": {"helped.example": "test", "token.example": "test"}})
    assert credentials("helped.example") == ("u", "s")
    assert credentials("token.example") == ("", "t")
    assert credentials("other.example") is None


def test_a_store_is_asked_about_every_registry(configure: Configure) -> None:
    configure({"credsStore": "test", "auths": {"helped.example": {}}})
    assert credentials("helped.example") == ("u", "s")
    assert credentials("nobody.example") is None


@pytest.mark.parametrize("helper", ["test", "that-is-not-installed"])
def test_a_helper_that_does_not_work_is_no_login(configure: Configure, helper: str) -> None:
    configure({"credHelpers": {"broken.example": helper}})
    assert credentials("broken.example") is None


@pytest.mark.parametrize("host", ["chatty.example", "empty.example", "nothing.example"])
def test_a_helper_that_prints_something_else_is_no_login(configure: Configure, host: str) -> None:
    configure({"credHelpers": {host: "test"}})
    assert credentials(host) is None
