"""What the client says of a registry: of one in memory, and of Debian's, in the same words."""

from __future__ import annotations

import asyncio
import json
import uuid
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest
import requests
from asked_registry import ask
from docker_registry import MANIFEST, USUAL, DockerRegistry, docker_registry
from memory_registry import DISTRIBUTION, ECR, MemoryRegistry, Profile, memory_registry

from build_config.image import InvalidReferenceError
from build_config.registry.answers import Absent, CannotTell, Denied, Present, digest_of
from build_config.registry.failures import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from build_config.registry.client import Registry

NOBODY = f"sha256:{'0' * 64}"
PROFILES = {
    "memory": DISTRIBUTION,
    "memory_login": Profile(name="basic", login=USUAL, converts=True),
    "memory_tokens": Profile(name="tokens", login=USUAL, tokens=True, converts=True),
}
Started = DockerRegistry | MemoryRegistry


@contextmanager
def started(kind: str) -> Iterator[Started]:
    """Those that want a login have that of `USUAL`."""
    with ExitStack() as stack:
        if kind.startswith("docker_registry"):
            login = USUAL if kind.endswith("login") else None
            yield stack.enter_context(docker_registry(login))
        else:
            yield stack.enter_context(memory_registry(PROFILES[kind]))


OPEN = ("memory", "docker_registry")
GUARDED = ("memory_login", "memory_tokens", "docker_registry_login")


@pytest.fixture(scope="module", params=[*OPEN, *GUARDED])
def registry(request: pytest.FixtureRequest) -> Iterator[Started]:
    """One for all tests of this module: each uses a repository of its own."""
    with started(request.param) as answering:
        yield answering


@pytest.fixture(scope="module", params=GUARDED)
def guarded(request: pytest.FixtureRequest) -> Iterator[Started]:
    """One that wants a login."""
    with started(request.param) as answering:
        yield answering


@pytest.fixture
def name() -> str:
    """A repository that nobody has used."""
    return f"acme/{uuid.uuid4().hex[:12]}"


def host(registry: Started) -> str:
    return registry.url.removeprefix("http://")


def test_a_tag_and_a_digest_are_the_same_manifest(registry: Started, name: str) -> None:
    digest = registry.push(name, "1.0")

    async def both(asked: Registry) -> tuple[object, object]:
        return await asked.manifest(name, "1.0"), await asked.manifest(name, digest)

    by_tag, by_digest = ask(host(registry), both, login=registry.login)
    assert isinstance(by_tag, Present)
    assert by_tag == by_digest
    assert (by_tag.digest, by_tag.media_type) == (digest, MANIFEST)
    assert digest_of(by_tag.body) == digest


@pytest.mark.parametrize("reference", ["2.0", NOBODY])
def test_what_a_repository_has_not_is_absent(registry: Started, name: str, reference: str) -> None:
    registry.push(name, "1.0")
    found = ask(host(registry), lambda r: r.manifest(name, reference), login=registry.login)
    assert found == Absent()


def test_what_an_unknown_repository_has_is_absent(registry: Started, name: str) -> None:
    found = ask(host(registry), lambda r: r.manifest(name, "1.0"), login=registry.login)
    assert found == Absent()


def test_another_tag_keeps_the_digest(registry: Started, name: str) -> None:
    digest = registry.push(name, "staged")

    async def promote(asked: Registry) -> object:
        staged = await asked.manifest(name, "staged")
        assert isinstance(staged, Present)
        await asked.put_manifest(name, "1.0", staged)
        await asked.put_manifest(name, "1.0", staged)
        return await asked.read_back(name, "1.0", digest)

    found = ask(host(registry), promote, login=registry.login)
    assert isinstance(found, Present)
    assert found.digest == digest


def test_a_manifest_without_its_blobs_is_refused_and_sets_no_tag(
    registry: Started, name: str
) -> None:
    registry.push(name, "1.0")
    described = {"mediaType": "application/octet-stream", "size": 1, "digest": NOBODY}
    document = {"schemaVersion": 2, "mediaType": MANIFEST, "config": described, "layers": []}
    manifest = Present.of(MANIFEST, json.dumps(document).encode())
    with pytest.raises(RefusedError, match=r"^`acme/\w+:2.0` is refused: 127\.") as refused:
        ask(host(registry), lambda r: r.put_manifest(name, "2.0", manifest), login=registry.login)
    assert refused.value.status == 400
    assert set(refused.value.codes) == {"MANIFEST_BLOB_UNKNOWN"}
    assert refused.value.there is None
    found = ask(host(registry), lambda r: r.manifest(name, "2.0"), login=registry.login)
    assert found == Absent()


def test_blobs_have_a_size_and_bytes_or_are_absent(registry: Started, name: str) -> None:
    registry.push(name, "1.0")

    async def blobs(asked: Registry) -> list[object]:
        manifest = await asked.manifest(name, "1.0")
        assert isinstance(manifest, Present)
        config = json.loads(manifest.body)["config"]
        digest, size = config["digest"], config["size"]
        content = await asked.blob(name, digest, limit=size)
        assert isinstance(content, bytes)
        assert digest_of(content) == digest
        assert await asked.blob_size(name, digest) == size == len(content)
        assert isinstance(await asked.blob(name, digest, limit=size - 1), CannotTell)
        return [await asked.blob_size(name, NOBODY), await asked.blob(name, NOBODY, limit=9)]

    assert ask(host(registry), blobs, login=registry.login) == [Absent(), Absent()]


def test_tags_are_listed_for_a_diagnosis(registry: Started, name: str) -> None:
    registry.push(name, "1.0", "latest")
    listed = ask(host(registry), lambda r: r.tags(name), login=registry.login)
    assert isinstance(listed, tuple)
    assert set(listed) == {"1.0", "latest"}
    assert ask(host(registry), lambda r: r.tags("acme/nobody"), login=registry.login) == ()


def test_who_may_push_starts_no_image(registry: Started, name: str) -> None:
    assert ask(host(registry), lambda r: r.may_push(name), login=registry.login) is None
    found = ask(host(registry), lambda r: r.manifest(name, "latest"), login=registry.login)
    assert found == Absent()


def test_a_registry_that_deletes_by_digest_alone_keeps_the_tag(
    registry: Started, name: str
) -> None:
    digest = registry.push(name, "staged", "1.0")

    async def delete(asked: Registry) -> list[object]:
        gone = await asked.delete_tag(name, "staged", digest)
        kept = await asked.manifest(name, "1.0")
        return [gone, isinstance(kept, Present) and kept.digest == digest]

    assert ask(host(registry), delete, login=registry.login) == [False, True]


def test_scenario_9_all_types_are_asked_for_and_schema_1_is_never_accepted(
    registry: Started, name: str
) -> None:
    digest = registry.push(name, "1.0")
    found = ask(host(registry), lambda r: r.manifest(name, "1.0"), login=registry.login)
    assert isinstance(found, Present)
    assert found.digest == digest
    # what a careless client would see: another manifest, or an error
    careless = requests.get(f"{registry.url}/v2/{name}/manifests/1.0", timeout=60)
    assert careless.headers.get("Docker-Content-Digest") != digest


def test_who_has_no_login_learns_how_to_get_one(guarded: Started, name: str) -> None:
    guarded.push(name, "1.0")

    async def both(asked: Registry) -> tuple[object, object]:
        return await asked.manifest(name, "1.0"), await asked.may_push(name)

    found, may = ask(host(guarded), both)
    assert isinstance(found, CannotTell)
    assert f"`docker login {host(guarded)}`" in found.why
    assert may == Denied(why=found.why)


def test_a_wrong_password_is_told_and_not_shown(guarded: Started, name: str) -> None:
    manifest = Present.of(MANIFEST, b"{}")

    async def all_three(asked: Registry) -> tuple[object, object]:
        with pytest.raises(RefusedError, match="is refused") as refused:
            await asked.put_manifest(name, "1.0", manifest)
        assert refused.value.status == 401
        return await asked.manifest(name, "1.0"), await asked.may_push(name)

    found, may = ask(host(guarded), all_three, login=("reader", "canary-password"))
    assert isinstance(found, CannotTell)
    assert found.why.endswith(f"its login is not accepted: `docker login {host(guarded)}`")
    assert may == Denied(why=found.why)
    assert "canary" not in f"{found} {may}"


def test_many_are_asked_at_once(registry: Started, name: str) -> None:
    digest = registry.push(name, "1.0")

    async def all_of_them(asked: Registry) -> set[str]:
        questions = (asked.manifest(name, "1.0") for _ in range(50))
        return {f.digest for f in await asyncio.gather(*questions) if isinstance(f, Present)}

    assert ask(host(registry), all_of_them, login=registry.login) == {digest}


@pytest.mark.parametrize("path", ["../x", "-rf", "a;b", "a\nb", "Ä", "x" * 300, "", "a//b", "a?b"])
def test_a_name_that_is_no_repository_reaches_no_registry(path: str) -> None:
    with memory_registry() as registry:
        with pytest.raises(InvalidReferenceError):
            ask(registry.host, lambda r: r.manifest(path, "1.0"))
        with pytest.raises(InvalidReferenceError):
            ask(registry.host, lambda r: r.manifest("acme/x", path or "a:b"))
        assert registry.requests == []


def test_a_repository_that_has_to_be_made_first_is_denied() -> None:
    with memory_registry(ECR) as registry:
        may = ask(registry.host, lambda r: r.may_push("acme/x"), login=registry.login)
        assert isinstance(may, Denied)
        assert "NAME_UNKNOWN" in may.why
        assert may.why.endswith("; the repository has to be made there first")


def test_a_registry_that_deletes_tags_loses_the_tag_and_not_the_manifest() -> None:
    with memory_registry(Profile(name="deletes tags", deletes_tags=True)) as registry:
        digest = registry.push("acme/x", "staged", "1.0")
        other = registry.push("acme/x", "2.0", content="another")
        assert not ask(registry.host, lambda r: r.delete_tag("acme/x", "staged", other))
        assert ask(registry.host, lambda r: r.delete_tag("acme/x", "staged", digest))
        assert registry.tags("acme/x") == {"1.0": digest, "2.0": other}
