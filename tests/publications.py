"""Publications for tests: a real registry client, real git, and an engine of a few lines."""

from __future__ import annotations

import gzip
import hashlib
import http.client
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import monorepos
from fakes import Told
from repositories import new_repository

from build_config.connector import Connector
from build_config.connector import Kind as ImageKind
from build_config.definitions import Definition
from build_config.discovery import VERSION_LABEL
from build_config.engine import Tell
from build_config.errors import StepError
from build_config.fingerprint import SOURCES_LABEL, Inputs
from build_config.git_refs import Place
from build_config.image_labels import REVISION_LABEL
from build_config.ledger import Ledger
from build_config.publishing.ports import Facts, Press, Tested
from build_config.publishing.publication import Publication
from build_config.publishing.records import Records
from build_config.publishing.refusals import Conditions
from build_config.publishing.target import Target, target_of
from build_config.registry.client import Registry, connect
from build_config.registry.patience import Budget

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.docker.container.image.v1+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
PLATFORM = "linux/amd64"
COMMIT = "b" * 40
"""From which images here were built; what is checked out is another one by then."""
QUICK = Budget(total=2.0, call=0.5)
"""Long enough for a registry of this machine, short enough for a thousand faults."""


def digest(content: bytes) -> str:
    """As registries name content."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@dataclass(frozen=True, kw_only=True, slots=True)
class MadeImage:
    """An image as a registry has it: its id is the digest of its config."""

    manifest: bytes
    blobs: Mapping[str, bytes]
    labels: Mapping[str, str]

    @property
    def id(self) -> str:
        """Digest of the config, as an engine names it."""
        document = json.loads(self.manifest)
        return str(document["config"]["digest"])


def image(content: str, *, labels: Mapping[str, str], layers: int = 2) -> MadeImage:
    """An image whose layers hold `content`; the same arguments give the same bytes."""
    made = [gzip.compress(f"{content} {n}".encode() * 50, mtime=0) for n in range(layers)]
    document = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Labels": dict(labels)},
        "rootfs": {"type": "layers", "diff_ids": [digest(layer) for layer in made]},
    }
    config = json.dumps(document, sort_keys=True).encode()
    described = [_described(LAYER, layer) for layer in made]
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": _described(CONFIG, config),
        "layers": described,
    }
    blobs = {digest(blob): blob for blob in (config, *made)}
    return MadeImage(manifest=json.dumps(manifest).encode(), blobs=blobs, labels=labels)


def _described(media_type: str, content: bytes) -> dict[str, Any]:
    return {"mediaType": media_type, "size": len(content), "digest": digest(content)}


@dataclass(kw_only=True, slots=True)
class FakeImages:
    """`publishing.ports.Images` over HTTP, without an engine; tries each request once.

    Attributes:
        host: of the registry, or of the proxy before it.
        image: what this machine has built and tested.
        seconds: that a request may take.
        uploaded: digests of the blobs that were sent, in order.
    """

    host: str
    path: str
    image: MadeImage
    spec: Mapping[str, Any] | None
    refused: str = ""
    seconds: float = 5.0
    uploaded: list[str] = field(default_factory=list)

    async def tested(self, tell: Tell) -> Tested:  # noqa: ARG002 - the Protocol's
        """See `publishing.ports.Images`."""
        if self.refused:
            raise StepError(self.refused)
        tests = {"acceptance": {"passed": True, "when": "2026-11-22T12:00:00+00:00"}}
        return Tested(id=self.image.id, platform=PLATFORM, spec=self.spec, tests=tests)

    async def push(self, image_id: str, tag: str, tell: Tell) -> str:  # noqa: ARG002 - the Protocol's
        """See `publishing.ports.Images`."""
        assert image_id == self.image.id
        return self.send(tag)

    def send(self, tag: str) -> str:
        """Send the image; `tag` may be its digest."""
        try:
            for name, blob in self.image.blobs.items():
                self._send_blob(name, blob)
            headers = {"Content-Type": MANIFEST}
            self._ask("PUT", f"manifests/{tag}", self.image.manifest, headers)
        except (OSError, http.client.HTTPException) as error:
            raise StepError(f"cannot be pushed: {error!r}") from error
        return digest(self.image.manifest)

    async def pulled(self, digest: str, tell: Tell) -> Tested:  # noqa: ARG002 - the Protocol's
        """See `publishing.ports.Images`; the spec is what the label `spec` of its config says."""
        try:
            document = json.loads(
                self._ask("GET", f"manifests/{digest}", b"", {"Accept": MANIFEST})
            )
            config = document["config"]["digest"]
            told = json.loads(self._ask("GET", f"blobs/{config}", b"", {}))
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise StepError(f"cannot be pulled: {error!r}") from error
        spec = json.loads(told["config"]["Labels"].get("spec", "null"))
        return Tested(id=config, platform=PLATFORM, spec=spec)

    def _send_blob(self, name: str, blob: bytes) -> None:
        try:
            self._ask("HEAD", f"blobs/{name}", b"", {})
        except StepError:
            location = self._ask("POST", "blobs/uploads/", b"", {}, header="Location")
            place = location.decode().removeprefix(f"http://{self.host}")
            place += f"{'&' if '?' in place else '?'}digest={name}"
            headers = {"Content-Type": "application/octet-stream"}
            self._ask("PUT", place, blob, headers)
            self.uploaded.append(name)

    def _ask(
        self, method: str, path: str, body: bytes, headers: dict[str, str], header: str = ""
    ) -> bytes:
        place = path if path.startswith("/") else f"/v2/{self.path}/{path}"
        connection = http.client.HTTPConnection(self.host, timeout=self.seconds)
        try:
            connection.request(method, place, body=body or None, headers=headers)
            answer = connection.getresponse()
            content = self._read(answer)
            if answer.status >= 300:
                raise StepError(f"{method} {path}: {answer.status} {content[:200]!r}")
            return (answer.headers.get(header) or "").encode() if header else content
        finally:
            connection.close()

    def _read(self, answer: http.client.HTTPResponse) -> bytes:
        """All of it, in time: a server that trickles is given up, too."""
        end, content = time.monotonic() + self.seconds, b""
        while part := answer.read1(1 << 16):
            content += part
            if time.monotonic() > end:
                raise TimeoutError("the answer does not end")
        if answer.length:
            raise http.client.IncompleteRead(content, answer.length)
        return content


SPEC = {"connectionSpecification": {"type": "object", "properties": {}}}


@dataclass(frozen=True, kw_only=True, slots=True)
class Publisher:
    """One machine that publishes versions of one connector.

    Attributes:
        host: of the registry, or of a proxy before it.
        place: where its ledger is.
        registry: as the ledger knows it; other than `host` behind a proxy.
        records: another ledger than that of git.
    """

    connector: Connector
    place: Place
    host: str
    registry: str
    locks: Path
    budget: Budget = QUICK
    records: Records | None = None

    def target(self, version: str, content: str = "a") -> Target:
        """A version made of some content."""
        sources = Inputs(files={"main.py": content}, sources={}, build_args={}, bases={})
        connector = replace(self.connector, version=version)
        return target_of(connector, sources, self.registry)

    def image(self, version: str, content: str = "a", *, built: str = "") -> MadeImage:
        """The image of it; `built` tells apart two builds of the same sources."""
        labels = {
            VERSION_LABEL: version,
            REVISION_LABEL: COMMIT,
            SOURCES_LABEL: self.target(version, content).sources.fingerprint,
            "spec": json.dumps(SPEC),
        }
        return image(f"{version} {content} {built}", labels=labels)

    @property
    def ledger(self) -> Records:
        """What was published."""
        return self.records or Ledger(place=self.place, registry=self.registry)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Registry]:
        """The registry, as this machine reaches it, without a login."""
        async with connect(self.host, credentials=lambda _host: None, budget=self.budget) as made:
            yield made

    async def publish(
        self,
        version: str,
        content: str = "a",
        *,
        built: str = "",
        backport: bool = False,
        images: FakeImages | None = None,
    ) -> str:
        """Publish a version as `invoke publish` does; what was done."""
        target = self.target(version, content)
        own = images or FakeImages(
            host=self.host,
            path=target.path,
            image=self.image(version, content, built=built),
            spec=None if self.connector.kind is ImageKind.BASE else SPEC,
        )
        definition = Definition(
            id="id", repository=self.connector.image.name, tag=version, path="definition.yaml"
        )
        conditions = Conditions(
            commit="c" * 40, unclean=(), definition=definition, backport=backport
        )
        entry = {f"{self.connector.kind}DefinitionId": DEFINITION_ID, "name": "X"}
        async with self.open() as registry:
            ledger = self.ledger
            press = Press(registry=registry, ledger=ledger, book=ledger.read(), locks=self.locks)
            publication = Publication(
                target=target,
                press=press,
                images=own,
                facts=Facts(conditions=conditions, local_tag="dev", definition=entry),
                tell=Told(),
            )
            return await publication.publish()


DEFINITION_ID = "3f0a0f4e-6d2b-4a53-9d3c-0c2a7b7c6a11"
SOURCE = 'FROM scratch\nLABEL io.airbyte.name=connectoryard/source-x io.airbyte.version="1.0.0"\n'


def publisher_of(folder: Path, host: str) -> Publisher:
    """A machine that publishes `connectoryard/source-x` to that host, and keeps all in a folder."""
    connectors = {"connectors/source-x/Dockerfile": SOURCE}
    return Publisher(
        connector=monorepos.connectors(folder / "c", connectors)["source-x"],
        place=Place(root=new_repository(folder / "work", {})),
        host=host,
        registry=host,
        locks=folder / "locks",
    )
