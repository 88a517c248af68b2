"""Publishing over real HTTP and real git; the registry is in memory, the engine a few lines."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from memory_registry import MemoryRegistry
from publications import COMMIT, MANIFEST, Publisher, digest

from build_config.errors import ConflictError, StepError

PATH = "connectoryard/source-x"


def run(publisher: Publisher, version: str, content: str = "a", **how: object) -> str:
    return asyncio.run(publisher.publish(version, content, **how))  # type: ignore[arg-type]


def test_a_version_is_published_written_down_and_latest(
    publisher: Publisher, registry: MemoryRegistry
) -> None:
    said = run(publisher, "1.0.0")
    made = publisher.image("1.0.0")
    assert said == f"1.0.0 is {digest(made.manifest)[:19]}; `latest` is now 1.0.0"
    tags = registry.tags(PATH)
    assert tags["1.0.0"] == tags["latest"] == digest(made.manifest)
    release = publisher.ledger.read().releases[publisher.target("1.0.0").key]
    assert (release.digest, release.image_id) == (digest(made.manifest), made.id)
    assert release.size == sum(len(blob) for blob in made.blobs.values())
    assert set(release.tests) == {"acceptance"}
    assert release.commit == COMMIT, "of the image, not what is checked out"


def test_again_nothing_is_written(publisher: Publisher, registry: MemoryRegistry) -> None:
    run(publisher, "1.0.0")
    written, tip = len(registry.written), publisher.ledger.read().tip
    assert run(publisher, "1.0.0").endswith("`latest` is 1.0.0")
    assert (len(registry.written), publisher.ledger.read().tip) == (written, tip)


def test_other_content_under_a_published_version_is_a_conflict(
    publisher: Publisher, registry: MemoryRegistry
) -> None:
    run(publisher, "1.0.0")
    before = registry.tags(PATH)
    with pytest.raises(ConflictError, match=r"with other content: `main\.py` changed") as caught:
        run(publisher, "1.0.0", "b")
    assert caught.value.hint == "`invoke bump --connector=source-x --part=patch`"
    assert registry.tags(PATH) == before


def test_the_same_sources_built_twice_are_the_same_version(publisher: Publisher) -> None:
    run(publisher, "1.0.0", built="one")
    assert "1.0.0 is" in run(publisher, "1.0.0", built="two")


def test_latest_never_goes_down(publisher: Publisher, registry: MemoryRegistry) -> None:
    for version in ("2.0.0", "2.1.0-rc.1"):
        run(publisher, version)
    assert registry.tags(PATH)["latest"] == registry.tags(PATH)["2.0.0"]
    with pytest.raises(StepError, match=r"1\.1\.9 is below 2\.1\.0-rc\.1"):
        run(publisher, "1.1.9")
    assert run(publisher, "1.1.9", backport=True).endswith("`latest` is 2.0.0")
    assert registry.tags(PATH)["latest"] == registry.tags(PATH)["2.0.0"]


def test_a_deleted_tag_comes_back_with_the_same_bytes(
    publisher: Publisher, registry: MemoryRegistry
) -> None:
    run(publisher, "1.0.0")
    before = registry.tags(PATH)["1.0.0"]
    registry.delete_tag(PATH, "1.0.0")
    with pytest.raises(ConflictError):
        run(publisher, "1.0.0", "b")
    assert "1.0.0" not in registry.tags(PATH)
    run(publisher, "1.0.0", built="other")
    assert registry.tags(PATH)["1.0.0"] == before


def garble(registry: MemoryRegistry, tag: str) -> str:
    """Have a tag mean the same image with other bytes, as a changed bit on the way would."""
    manifest = registry.manifest(PATH, registry.tags(PATH)["staging"])
    body = manifest + b" "
    address = f"{registry.url}/v2/{PATH}/manifests/{tag}"
    answer = httpx.put(address, content=body, headers={"Content-Type": MANIFEST})
    assert answer.status_code == 201
    return digest(body)


def test_a_manifest_that_was_garbled_on_its_way_is_set_right(
    publisher: Publisher, registry: MemoryRegistry
) -> None:
    run(publisher, "1.0.0")
    right = registry.tags(PATH)["1.0.0"]
    assert garble(registry, "1.0.0") != right
    run(publisher, "1.0.0")
    assert registry.tags(PATH)["1.0.0"] == right


def test_another_image_behind_a_published_tag_is_a_conflict(
    publisher: Publisher, registry: MemoryRegistry
) -> None:
    run(publisher, "1.0.0")
    other = registry.push(PATH, "1.0.0")
    with pytest.raises(ConflictError, match=r"1\.0\.0` is sha256:.* was published as sha256:"):
        run(publisher, "1.0.0")
    assert registry.tags(PATH)["1.0.0"] == other


def test_what_is_there_is_only_asked_for_and_not_pulled(
    publisher: Publisher, registry: MemoryRegistry
) -> None:
    """Docker Hub counts a manifest that it sends against its limit of pulls."""
    run(publisher, "1.0.0")
    before = len(registry.requests)
    run(publisher, "1.0.0")
    asked = [method for method, path in registry.requests[before:] if path.endswith("/1.0.0")]
    assert asked == ["HEAD"]
