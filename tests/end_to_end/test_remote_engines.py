"""Build, test and publish on an engine that is reached over TLS and over ssh."""

from __future__ import annotations

import json
import os
import shutil
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import engine_under_test
import pytest
from docker_registry import docker_registry
from publishing_yard import PublishingYard
from remote_engine import Way, over_ssh, over_tls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine_under_test import Engine
    from yard import Yard

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(
        not engine_under_test.ADDRESS.startswith("unix://"), reason="needs the engine's socket"
    ),
]
SOCKET = engine_under_test.ADDRESS.removeprefix("unix://")
WAYS = {"tls": over_tls, "ssh": over_ssh}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Way]:
    folder = tmp_path / "way"
    folder.mkdir()
    with WAYS[request.param](folder, SOCKET) as leading:
        yield leading


@pytest.mark.long
def test_what_works_on_this_machine_works_on_a_remote_one(
    yard: Yard, shell: str, way: Way, engine: Engine
) -> None:
    """The unit tests, the spec and the publishing stand on the sandbox, and the push on the SDK."""
    with docker_registry() as registry:
        host = registry.url.removeprefix("http://")
        house = PublishingYard(yard=yard, shell=shell, host=host, environment=way.environment)
        house.commit(house.base("base-a"), house.connector("source-b", on="base-a"))
        built = yard.invoke("build", environment=way.environment)
        assert built.code == 0, built
        assert engine.has(yard.image("source-b"))
        tested = yard.invoke("test", environment=way.environment)
        assert tested.code == 0, tested
        assert "unit-tested 1" in tested.out
        published = house.publish()
        assert published.code == 0, published
        assert set(house.versions("source-b")) == {"0.1.0", "latest"}
        again = yard.invoke("build", environment=way.environment)
        assert "everything is up to date: 2 images" in again.out, again


def test_each_context_is_sent_once(yard: Yard, tmp_path: Path) -> None:
    sizes = {"base-a": 3_000_000, "source-b": 2_000_000, "source-c": 1_000_000}
    yard.commit(
        {
            "connectors/bases/base-a/Dockerfile": "FROM scratch\nCOPY . /a\n",
            "connectors/source-b/Dockerfile": f"FROM {yard.image('base-a')}\nCOPY . /b\n",
            "connectors/source-c/Dockerfile": f"FROM {yard.image('base-a')}\nCOPY . /c\n",
        }
    )
    for name, size in sizes.items():
        folder = f"connectors/{'bases/' if name == 'base-a' else ''}{name}"
        (yard.root / folder / "content").write_bytes(os.urandom(size))
    with over_tls(tmp_path, SOCKET) as way:
        built = yard.invoke("build", environment=way.environment)
        assert built.code == 0, built
        assert sum(sizes.values()) <= way.sent <= sum(sizes.values()) * 1.1
        so_far = way.sent
        again = yard.invoke("build", environment=way.environment)
        assert "everything is up to date: 3 images" in again.out, again
        assert way.sent - so_far < 10_000


@pytest.mark.long
def test_tests_of_what_has_not_changed_send_no_context(
    yard: Yard, shell: str, tmp_path: Path
) -> None:
    """The image and its stage `test` are two builds, hence twice the context; then none."""
    house = PublishingYard(yard=yard, shell=shell, host="localhost")
    house.commit(house.connector("source-a"))
    (yard.root / "connectors/source-a/content").write_bytes(os.urandom(2_000_000))
    with over_tls(tmp_path, SOCKET) as way:
        sent = []
        for _ in range(2):
            before = way.sent
            tested = yard.invoke("test", environment=way.environment)
            assert tested.code == 0, tested
            assert "unit-tested 1" in tested.out
            sent.append(way.sent - before)
        assert sent[0] <= 2 * 2_000_000 * 1.1
        assert sent[1] < 50_000
        house.commit({"connectors/source-a/tests": "exit 3\n"})
        assert yard.invoke("test", environment=way.environment).code == 1


def test_a_context_of_docker_leads_there_as_well(yard: Yard, tmp_path: Path) -> None:
    yard.commit({"connectors/source-a/Dockerfile": "FROM scratch\nCOPY . /\n"})
    with over_tls(tmp_path, SOCKET) as way:
        remote = docker_context(yard.home / ".docker", way)
        built = yard.invoke("build", environment={"DOCKER_HOST": "", "DOCKER_CONTEXT": remote})
        assert built.code == 0, built
        assert way.sent


def docker_context(configuration: Path, way: Way) -> str:
    """What `docker context create` writes; its name."""
    name, folder = "far", sha256(b"far").hexdigest()
    meta = configuration / "contexts/meta" / folder
    certificates = configuration / "contexts/tls" / folder / "docker"
    for place in (meta, certificates):
        place.mkdir(parents=True)
    endpoint = {"Host": way.environment["DOCKER_HOST"], "SkipTLSVerify": False}
    written = {"Name": name, "Metadata": {}, "Endpoints": {"docker": endpoint}}
    (meta / "meta.json").write_text(json.dumps(written))
    for file in ("ca.pem", "cert.pem", "key.pem"):
        shutil.copy(Path(way.environment["DOCKER_CERT_PATH"]) / file, certificates)
    return name


def test_a_certificate_that_the_engine_does_not_know_is_no_bug_of_ours(
    yard: Yard, tmp_path: Path
) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    with over_tls(tmp_path / "one", SOCKET) as way, over_tls(tmp_path / "other", SOCKET) as other:
        yard.commit({"connectors/source-a/Dockerfile": "FROM scratch\nCOPY . /\n"})
        wrong = {**way.environment, "DOCKER_CERT_PATH": other.environment["DOCKER_CERT_PATH"]}
        told = yard.invoke("build", environment=wrong)
    assert told.code == 4, told
    assert "no Docker engine answers at tcp://localhost:" in told.err
    assert "certificate" in told.err
