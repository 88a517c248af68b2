"""A yard with connectors that can be published, and a registry; tiny ones, so that it is quick."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import repositories
import requests

from build_config.git_refs import Place
from build_config.ledger import Ledger
from build_config.release import Release

if TYPE_CHECKING:
    from yard import Finished, Yard

ACCEPTED = ", ".join(
    f"application/vnd.{kind}"
    for kind in (
        "docker.distribution.manifest.v2+json",
        "docker.distribution.manifest.list.v2+json",
        "oci.image.manifest.v1+json",
        "oci.image.index.v1+json",
    )
)
DEFINITIONS = "build_config/definitions/STANDARD_SOURCE_DEFINITION"
SPEC = {"type": "SPEC", "spec": {"connectionSpecification": {"type": "object", "properties": {}}}}
SAYS = f"echo '{json.dumps(SPEC)}'"
"""A connector's whole program: it says its spec."""


def digest(content: bytes) -> str:
    """As registries name content."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishingYard:
    """A yard, a registry, and the words between them.

    Attributes:
        yard: the repository.
        shell: reference of an image with `sh`, which all connectors stand on.
        host: of the registry, or of a proxy before it.
        login: of the registry.
        environment: that every run gets.
    """

    yard: Yard
    shell: str
    host: str
    login: tuple[str, str] | None = None
    environment: dict[str, str] = field(default_factory=dict)

    def base(self, name: str, version: str = "0.1.0", *, says: str = SAYS) -> dict[str, str]:
        """Files of a base."""
        image = f"{self.yard.namespace}/{name}"
        label = f"LABEL io.airbyte.name={image} io.airbyte.version={version}"
        return {
            f"connectors/bases/{name}/Dockerfile": f"FROM {self.shell}\nCOPY program /\n{label}\n",
            f"connectors/bases/{name}/program": f"{says}\n",
        }

    def connector(
        self,
        name: str,
        version: str = "0.1.0",
        *,
        says: str = SAYS,
        tests: str = ":",
        on: str = "",
        more: str = "",
    ) -> dict[str, str]:
        """Files of a source and its definition.

        Args:
            name: of its directory.
            version: in label and definition.
            says: what it does, in shell.
            tests: what its own tests do, in shell; a part of its image too.
            on: a base of this repository.
            more: lines of its Dockerfile.
        """
        image = f"{self.yard.namespace}/{name}"
        below = self.yard.image(on) if on else self.shell
        dockerfile = (
            f"FROM {self.shell} AS test\nCOPY tests /\n"
            'ENTRYPOINT ["sh", "-c", ". /tests"]\n\n'
            f"FROM {below}\nCOPY program tests /\n{more}"
            'ENV AIRBYTE_ENTRYPOINT="sh /program"\nENTRYPOINT ["sh", "/program"]\n'
            f"LABEL io.airbyte.name={image} io.airbyte.version={version}\n"
        )
        identity = uuid.uuid5(uuid.NAMESPACE_DNS, name)
        definition = (
            f"sourceDefinitionId: {identity}\nname: {name.title()}\n"
            f"dockerRepository: {image}\ndockerImageTag: {version}\n"
            f"documentationUrl: https://docs.example.com/{name}\n"
        )
        return {
            f"connectors/{name}/Dockerfile": dockerfile,
            f"connectors/{name}/program": f"{says}\n",
            f"connectors/{name}/tests": f"{tests}\n",
            f"{DEFINITIONS}/{name}.yaml": definition,
        }

    def commit(self, *files: Mapping[str, str]) -> None:
        """Write these and commit all there is."""
        together = {path: text for some in files for path, text in some.items()}
        self.yard.commit({".gitignore": ".yard/\nsecrets/\n", **together})

    def publish(self, *words: str, within: float = 240, **environment: str) -> Finished:
        """Run `invoke publish` to its end."""
        return self.yard.invoke(
            *("publish", f"--registry={self.host}", *words),
            environment={**self.environment, **environment},
            within=within,
        )

    def path(self, name: str) -> str:
        """Of an image in the registry."""
        return f"{self.yard.namespace}/{name}"

    def manifest(self, name: str, reference: str) -> dict[str, Any] | None:
        """What the registry has there; None: nothing."""
        content = self.bytes_of(name, reference)
        return None if content is None else dict(json.loads(content))

    def bytes_of(self, name: str, reference: str) -> bytes | None:
        """The manifest as it lies there."""
        address = f"http://{self.host}/v2/{self.path(name)}/manifests/{reference}"
        answer = requests.get(address, headers={"Accept": ACCEPTED}, auth=self._auth, timeout=60)
        if answer.status_code == requests.codes.not_found:
            return None
        answer.raise_for_status()
        return answer.content

    def blob(self, name: str, reference: str) -> bytes:
        """A config or a layer."""
        address = f"http://{self.host}/v2/{self.path(name)}/blobs/{reference}"
        answer = requests.get(address, auth=self._auth, timeout=60)
        answer.raise_for_status()
        return answer.content

    def tags(self, name: str) -> dict[str, str]:
        """Digest by tag, of the bytes that a client gets."""
        address = f"http://{self.host}/v2/{self.path(name)}/tags/list"
        answer = requests.get(address, auth=self._auth, timeout=60)
        if answer.status_code == requests.codes.not_found:
            return {}
        found = {tag: self.bytes_of(name, tag) for tag in answer.json()["tags"] or ()}
        return {tag: digest(content) for tag, content in found.items() if content is not None}

    def versions(self, name: str) -> dict[str, str]:
        """The tags that people see: all but the one by which bytes come in."""
        return {tag: found for tag, found in self.tags(name).items() if tag != "staging"}

    @property
    def _auth(self) -> tuple[str, str] | None:
        """What the library sends in Latin 1 is then UTF-8."""
        if self.login is None:
            return None
        user, password = (part.encode().decode("latin-1") for part in self.login)
        return user, password

    def ledger(self, remote: str | None = None) -> dict[tuple[str, str], str]:
        """(name, version) -> digest, as it is written down."""
        return {(r.name, r.version): r.digest for r in self._releases(remote)}

    def release(self, name: str, version: str) -> Release:
        """All that is written down of it."""
        return next(r for r in self._releases(None) if (r.name, r.version) == (name, version))

    def _releases(self, remote: str | None) -> Iterable[Release]:
        ledger = Ledger(place=Place(root=self.yard.root, remote=remote), registry=self.host)
        return ledger.read().releases.values()

    def refs(self) -> str:
        """Every ref of the repository, with what it is at."""
        return repositories.git(self.yard.root, "for-each-ref")
