"""The shared cache on a real engine and a real registry: filled, poisoned, in trouble."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import engine_under_test
import pytest
import requests
from archives import archive
from docker_registry import USUAL, docker_registry
from fault_proxy import FaultProxy, Rule, fault_proxy, hang, status, truncate
from publishing_yard import ACCEPTED
from yard import Yard

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine_under_test import Engine
    from yard import Finished

pytestmark = pytest.mark.engine

ALL = ["base-a", "destination-d", "source-c"]
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.docker.container.image.v1+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"


def digest(content: bytes) -> str:
    """As registries name content."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


@dataclass(frozen=True, kw_only=True, slots=True)
class Shared:
    """A repository of three images, and a registry behind a proxy that machines share."""

    yard: Yard
    engine: Engine
    proxy: FaultProxy

    def build(self, *words: str, write: bool = False, patience: int = 3) -> Finished:
        """Run `invoke build` with the cache: it must succeed, and leave all up to date."""
        finished = self.yard.invoke(
            *("build", "--progress=json", f"--cache={self.proxy.host}/{self.yard.namespace}"),
            *words,
            environment={
                "INVOKE_CACHE_WRITE": "1" if write else "",
                "INVOKE_CACHE_PATIENCE": str(patience),
            },
        )
        assert finished.code == 0, finished
        assert {action for action, _ in self.yard.plan().values()} == {"skip"}
        files = {f"connectors/{n}/{n[-1]}": f"/{n[-1]}" for n in ("source-c", "destination-d")}
        for path, inside in files.items():
            image = self.yard.image(path.split("/")[1])
            written = (self.yard.root / path).read_text()
            assert self.engine.content(image, inside) == written, "it is what the sources say"
        return finished

    def forget(self) -> None:
        """Be another machine: one that has built nothing."""
        self.engine.remove_all(self.yard.namespace)
        self.proxy.forget()

    def url(self, name: str, rest: str) -> str:
        """In the repository of an image."""
        return f"{self.proxy.url}/v2/{self.yard.namespace}/{name}/{rest}"

    def tags(self, name: str) -> list[str]:
        """That an image has in the cache."""
        answer = requests.get(self.url(name, "tags/list"), timeout=20)
        return sorted(answer.json().get("tags") or ())

    def manifest(self, name: str) -> bytes:
        """Of the one image of that name in the cache."""
        (tag,) = self.tags(name)
        headers = {"Accept": ACCEPTED}
        answer = requests.get(self.url(name, f"manifests/{tag}"), headers=headers, timeout=20)
        answer.raise_for_status()
        return answer.content

    def put_manifest(self, name: str, tag: str, manifest: bytes) -> None:
        """Have the tag mean these very bytes: an image may be called by their digest."""
        kind = json.loads(manifest)["mediaType"]
        requests.put(
            self.url(name, f"manifests/{tag}"),
            data=manifest,
            headers={"Content-Type": kind},
            timeout=20,
        ).raise_for_status()

    def labels(self, name: str) -> dict[str, str]:
        """Of the same."""
        blob = json.loads(self.manifest(name))["config"]["digest"]
        config = requests.get(self.url(name, f"blobs/{blob}"), timeout=20).json()
        return dict(config["config"]["Labels"])

    def put(self, name: str, labels: Mapping[str, str], files: Mapping[str, bytes]) -> str:
        """Have the tag mean an image of our making; the digest of its one layer."""
        (tag,) = self.tags(name)
        tar = archive(files)
        layer = gzip.compress(tar)
        rootfs = {"type": "layers", "diff_ids": [digest(tar)]}
        platform = {"os": "linux", "architecture": "amd64"}
        config = json.dumps({**platform, "config": {"Labels": dict(labels)}, "rootfs": rootfs})
        described = [
            {"mediaType": kind, "size": len(blob), "digest": self._put_blob(name, blob)}
            for kind, blob in ((CONFIG, config.encode()), (LAYER, layer))
        ]
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": described[0]}
        whole = json.dumps({**manifest, "layers": described[1:]})
        self.put_manifest(name, tag, whole.encode())
        return digest(layer)

    def _put_blob(self, name: str, content: bytes) -> str:
        started = requests.post(self.url(name, "blobs/uploads/"), timeout=20)
        where, parameters = started.headers["Location"], {"digest": digest(content)}
        requests.put(where, params=parameters, data=content, timeout=20).raise_for_status()
        return digest(content)


def built(finished: Finished) -> list[str]:
    """What was built, and not taken."""
    return sorted(
        key.removeprefix("build ")
        for key, event in ended(finished, "build").items()
        if not event["cached"]
    )


def ended(finished: Finished, kind: str) -> dict[str, dict[str, Any]]:
    """How the steps of a kind ended, by key."""
    return {
        event["key"]: event
        for event in finished.events()
        if event["event"] == "step_finished" and event["key"].startswith(f"{kind} ")
    }


@pytest.fixture(scope="module")
def filled(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    """One machine has built everything and put it into the cache."""
    folder = tmp_path_factory.mktemp("shared")
    for name in ("repository", "home"):
        (folder / name).mkdir()
    yard = Yard(
        root=folder / "repository",
        home=folder / "home",
        namespace=f"end-to-end-{os.urandom(5).hex()}",
        engine=engine_under_test.ADDRESS,
    )
    yard.commit(
        {
            ".gitignore": ".yard/\n",
            "connectors/bases/base-a/Dockerfile": "FROM scratch\nCOPY a /\n",
            "connectors/bases/base-a/a": f"{yard.namespace}\n",
            "connectors/source-c/Dockerfile": f"FROM {yard.image('base-a')}\nCOPY c /\n",
            "connectors/source-c/c": f"{yard.namespace} c\n",
            "connectors/destination-d/Dockerfile": "FROM scratch\nCOPY d /\n",
            "connectors/destination-d/d": f"{yard.namespace} d\n",
        }
    )
    with docker_registry() as registry, fault_proxy(registry.url[7:]) as proxy:
        shared = Shared(yard=yard, engine=engine, proxy=proxy)
        finished = shared.build(write=True, patience=20)
        assert built(finished) == ALL
        told = {key.split()[1]: e["message"] for key, e in ended(finished, "share").items()}
        assert told == dict.fromkeys(ALL, "")
        yield shared
    engine.remove_all(yard.namespace)


@pytest.fixture
def shared(filled: Shared) -> Iterator[Shared]:
    """Another machine; the cache is as it was in the end."""
    filled.forget()
    before = {name: (filled.tags(name)[0], filled.manifest(name)) for name in ALL}
    yield filled
    filled.proxy.forget()
    for name, (tag, manifest) in before.items():
        filled.put_manifest(name, tag, manifest)


def test_another_machine_takes_everything_and_builds_nothing(shared: Shared) -> None:
    finished = shared.build(write=True)
    assert built(finished) == []
    summary = finished.events()[-1]
    assert summary["totals"]["from the cache"] == 3
    assert not shared.proxy.count("PUT"), "what came from there is not sent there"
    assert not ended(finished, "share")
    names = {tag for row in shared.engine.client.api.images() for tag in row["RepoTags"] or ()}
    assert not [name for name in names if name.startswith(shared.proxy.host)]
    digests = {d for row in shared.engine.client.api.images() for d in row["RepoDigests"] or ()}
    assert not [name for name in digests if name.startswith(shared.proxy.host)]


@pytest.mark.long
def test_the_layers_are_pulled_and_their_bytes_are_told(shared: Shared) -> None:
    """Those of the others are in the builder's cache: this one is of our making."""
    content = (shared.yard.root / "connectors/destination-d/d").read_bytes()
    files = {"d": content, "more": os.urandom(300_000)}
    layer = shared.put("destination-d", shared.labels("destination-d"), files)
    finished = shared.build()
    assert built(finished) == []
    assert shared.proxy.count("GET", f"/blobs/{layer}") == 1
    message = ended(finished, "build")["build destination-d"]["message"]
    by_containerd = "driver-type" in dict(shared.engine.client.info()["DriverStatus"])
    told = "" if by_containerd else r", 300\.\d kB pulled"  # it is too quick for containerd
    assert re.fullmatch(f"from the cache{told}", message)


@pytest.mark.long
def test_poison_a_wrong_label_is_built_instead(shared: Shared) -> None:
    labels = shared.labels("source-c") | {"dev.connectoryard.sources": "another"}
    shared.put("source-c", labels, {"c": b"poison"})
    finished = shared.build()
    assert built(finished) == ["source-c"]
    assert "its label `dev.connectoryard.sources`" in finished.out


@pytest.mark.long
def test_poison_a_tag_that_means_another_image_is_built_instead(shared: Shared) -> None:
    shared.put("source-c", shared.labels("destination-d"), {"c": b"poison"})
    finished = shared.build()
    assert built(finished) == ["source-c"]
    assert "not taken from the cache: its label " in finished.out


def test_poison_a_truncated_layer_is_built_instead(shared: Shared) -> None:
    files = {"d": os.urandom(100_000)}
    layer = shared.put("destination-d", shared.labels("destination-d"), files)
    shared.proxy.forget(Rule(path=f"/blobs/{layer}", method="GET", action=truncate, times=None))
    finished = shared.build()
    assert built(finished) == ["destination-d"]
    how = ended(finished, "build")["build destination-d"]
    assert how["message"].startswith("not taken from the cache: ")
    assert how["seconds"] < 10, "nobody waits for the engine to try again and again"


def test_poison_a_layer_that_is_not_what_its_digest_says_is_built_instead(shared: Shared) -> None:
    files = {"d": os.urandom(100_000)}
    layer = shared.put("destination-d", shared.labels("destination-d"), files)
    lie = status(200, gzip.compress(archive({"d": b"poison"})))
    shared.proxy.forget(Rule(path=f"/blobs/{layer}", method="GET", action=lie, times=None))
    assert built(shared.build()) == ["destination-d"]


@pytest.mark.long
def test_poison_garbage_for_a_manifest_is_built_instead(shared: Shared) -> None:
    garbage = status(200, b"\x00garbage", Content_Type=MANIFEST)
    shared.proxy.forget(Rule(path="/source-c/manifests/", action=garbage, times=None))
    finished = shared.build()
    assert "source-c" in built(finished)
    assert "what is no manifest" in finished.out


@pytest.mark.long
def test_a_pull_that_gets_stuck_is_built_instead_and_the_cache_is_left_alone(
    shared: Shared,
) -> None:
    files = {"a": os.urandom(100_000)}
    layer = shared.put("base-a", shared.labels("base-a"), files)
    shared.proxy.forget(Rule(path=f"/blobs/{layer}", method="GET", action=hang, times=None))
    finished = shared.build("--jobs=1", patience=1)
    assert "base-a" in built(finished)
    assert "got stuck" in finished.out
    assert ended(finished, "build")["build base-a"]["seconds"] < 10


@pytest.mark.long
def test_a_cache_that_asks_for_a_login_is_read_by_nobody_and_fails_nothing(
    yard: Yard, engine: Engine
) -> None:
    yard.commit(
        {
            "connectors/source-c/Dockerfile": "FROM scratch\nCOPY c /\n",
            "connectors/source-c/c": "1\n",
        }
    )
    with docker_registry(login=USUAL) as registry:
        finished = yard.invoke(
            "build",
            environment={
                "INVOKE_CACHE_REGISTRY": f"{registry.url[7:]}/acme",
                "INVOKE_CACHE_WRITE": "true",
            },
        )
    assert finished.code == 0, finished
    assert "docker login" in finished.out
    assert "built 1 in " in finished.out
    assert engine.has(yard.image("source-c"))


@pytest.mark.long
def test_a_cache_that_may_only_be_read_fails_no_run(yard: Yard) -> None:
    yard.commit(
        {
            "connectors/source-c/Dockerfile": "FROM scratch\nCOPY c /\n",
            "connectors/source-c/c": "1\n",
        }
    )
    denied = Rule(method="POST", path="/blobs/uploads", action=status(403), times=None)
    with docker_registry() as registry, fault_proxy(registry.url[7:], denied) as proxy:
        finished = yard.invoke(
            "build",
            "--progress=plain",
            f"--cache={proxy.host}/acme",
            environment={"INVOKE_CACHE_WRITE": "1"},
        )
    assert finished.code == 0, finished
    assert "source-c: share: done in" in finished.out
    assert "not put into the cache: " in finished.out
