"""The registry in memory and the proxy before it are good enough for a real engine to push to."""

from __future__ import annotations

import json
import os
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from archives import archive
from docker.errors import ImageNotFound
from fault_proxy import Rule, fault_proxy, hang_up, reset_after, status
from memory_registry import (
    DISTRIBUTION,
    DOCKER_HUB,
    ECR,
    MemoryRegistry,
    Profile,
    digest,
    memory_registry,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine_under_test import Engine

pytestmark = pytest.mark.engine

X = "acme/x"


@pytest.fixture
def image(engine: Engine) -> Iterator[str]:
    """Name of an image with one layer that no other has; it and its tags go in the end."""
    name = f"memory-registry-{uuid.uuid4().hex[:10]}:1"
    engine.client.api.import_image_from_data(
        archive({"file": os.urandom(100_000)}), repository=name[:-2], tag="1"
    )
    yield name
    for tag in engine.client.images.get(name).tags:
        with suppress(ImageNotFound):
            engine.client.images.remove(tag)


def push(engine: Engine, image: str, host: str, login: tuple[str, str] | None) -> dict[str, Any]:
    """What the stream said in the end: `digest`, `error`."""
    engine.client.images.get(image).tag(f"{host}/{X}", "1")
    auth = {"username": login[0], "password": login[1]} if login else None
    lines = engine.client.api.push(
        f"{host}/{X}", tag="1", stream=True, decode=True, auth_config=auth
    )
    said: dict[str, Any] = {}
    for line in lines:
        said |= {"error": line["error"]} if "error" in line else {}
        said |= {"digest": line["aux"]["Digest"]} if "aux" in line else {}
    return said


@pytest.mark.parametrize("profile", [DISTRIBUTION, DOCKER_HUB, ECR], ids=lambda p: p.name)
def test_an_engine_pushes_and_every_byte_arrives(
    engine: Engine, image: str, profile: Profile
) -> None:
    with memory_registry(profile) as registry:
        registry.make(X)
        said = push(engine, image, registry.host, registry.login)
        assert registry.tags(X) == {"1": said["digest"]}
        _is_whole(registry, said["digest"])


def _is_whole(registry: MemoryRegistry, made: str) -> None:
    body = registry.manifest(X, made)
    assert digest(body) == made
    document = json.loads(body)
    for described in (document["config"], *document["layers"]):
        blob = registry.blobs[described["digest"]]
        assert (len(blob), digest(blob)) == (described["size"], described["digest"])


def test_an_engine_is_told_that_a_tag_cannot_be_moved(engine: Engine, image: str) -> None:
    with memory_registry(ECR) as registry:
        registry.make(X)
        push(engine, image, registry.host, registry.login)
        assert "error" in push(engine, image, registry.host, registry.login)


def test_an_engine_writes_the_manifest_once_and_the_effect_may_be_there(
    engine: Engine, image: str
) -> None:
    with memory_registry() as registry, fault_proxy(registry.host) as proxy:
        for action, there in ((status(503), False), (hang_up, False), (reset_after, True)):
            proxy.forget(Rule(method="PUT", path="/manifests/", action=action, times=None))
            assert "error" in push(engine, image, proxy.host, None)
            assert bool(registry.tags(X)) is there
        proxy.forget()
        assert registry.tags(X) == {"1": push(engine, image, proxy.host, None)["digest"]}
        # and the layer, which is there, is not sent again
        assert proxy.count("PATCH") == 0
