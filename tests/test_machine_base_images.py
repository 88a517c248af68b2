"""What the engine says about a pull decides between waiting for a registry and giving up."""

from __future__ import annotations

import pytest

from build_config.errors import MachineError
from build_config.machine.base_images import (
    PullError,
    RegistryUnreachableError,
    is_bootstrapped,
    pulled_fractions,
    refusal,
)
from build_config.machine.bootstrap import imported_id
from build_config.machine.recipes import find_recipe


@pytest.mark.parametrize(
    "message",
    [
        'Get "https://registry.example/v2/": dial tcp: lookup registry.example: no such host',
        'Get "http://localhost:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused',
        'Get "https://registry.example/v2/": net/http: request canceled (Client.Timeout exceeded)',
        'Get "https://registry-1.docker.io/v2/": net/http: TLS handshake timeout',
        'Get "https://registry-1.docker.io/v2/": context deadline exceeded',
        'Get "https://registry-1.docker.io/v2/": x509: certificate signed by unknown authority',
        'Get "https://registry-1.docker.io/v2/": proxyconnect tcp: i/o timeout',
        'Get "https://registry-1.docker.io/v2/": EOF',
    ],
)
def test_a_registry_that_nobody_reaches_is_unreachable(message: str) -> None:
    assert isinstance(refusal("python:3.11", message), RegistryUnreachableError)


@pytest.mark.parametrize(
    "message",
    [
        "pull access denied for nope, repository does not exist or may require 'docker login'",
        "manifest for python:9.9 not found: manifest unknown: manifest unknown",
        "no matching manifest for linux/s390x in the manifest list entries",
        "unauthorized: authentication required",
        "toomanyrequests: You have reached your pull rate limit.",
        "write /var/lib/docker/tmp/GetImageBlob1: no space left on device",
    ],
)
def test_an_answer_that_says_no_is_no_reason_to_make_the_image(message: str) -> None:
    error = refusal("python:3.11", message)
    assert not isinstance(error, RegistryUnreachableError)
    assert message in str(error)
    assert "`docker pull python:3.11`" not in str(error)
    assert "docker pull python:3.11" in error.hint


def test_fractions_of_a_pull_grow_although_layers_announce_themselves_late() -> None:
    messages = (
        {"status": "Pulling fs layer", "id": "a", "progressDetail": {}},
        {"status": "Downloading", "id": "a", "progressDetail": {"current": 50, "total": 100}},
        {"status": "Downloading", "id": "b", "progressDetail": {"total": 900}},
        {"status": "Downloading", "id": "b", "progressDetail": {"current": 400, "total": 900}},
        {"status": "Pull complete", "id": "a", "progressDetail": {}},
        {"status": "Pull complete", "id": "b", "progressDetail": {}},
        {"status": "Status: Downloaded newer image"},
    )
    assert tuple(pulled_fractions(messages)) == (0.5, 1.0)


def test_an_error_in_the_middle_of_a_pull_is_raised() -> None:
    with pytest.raises(PullError, match="unexpected EOF"):
        tuple(pulled_fractions(({"status": "Downloading"}, {"error": "unexpected EOF"})))


@pytest.mark.parametrize(
    ("reference", "known"),
    [
        ("python:3.11-slim-bookworm", True),
        ("docker.io/library/python:3.11-slim-bookworm", True),
        ("python:3.11-slim", False),
        ("quay.io/library/python:3.11-slim-bookworm", False),
        ("python:3.11-slim-bookworm@sha256:" + "0" * 64, False),
        ("Not An Image", False),
    ],
)
def test_a_recipe_is_found_however_the_very_image_is_spelt(reference: str, known: bool) -> None:  # noqa: FBT001 - a table's column
    assert (find_recipe(reference) is not None) is known


def test_an_image_says_whether_it_was_bootstrapped() -> None:
    assert is_bootstrapped({"Config": {"Labels": {"dev.connectoryard.bootstrapped": "true"}}})
    assert not is_bootstrapped({"Config": {"Labels": None}})
    assert not is_bootstrapped({"Config": None})


def test_the_engines_answer_to_an_import_is_an_id_or_an_error() -> None:
    assert imported_id('{"status":"sha256:abc"}\r\n') == "sha256:abc"
    with pytest.raises(MachineError, match="no space left"):
        imported_id('{"status":"x"}\n{"error":"no space left on device"}\n')
