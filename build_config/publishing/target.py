"""A connector and where to publish to in, the name and version that it will have there out."""

from __future__ import annotations

from dataclasses import dataclass

from build_config.connector import Connector
from build_config.errors import UsageError
from build_config.fingerprint import Inputs
from build_config.image import DOCKER_HUB, parse


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """One version of one image in a registry.

    Attributes:
        connector: whose image it is.
        repository: what a person pulls, without a tag: `ghcr.io/acme/source-x`.
        path: of that in the registry: `acme/source-x`.
        version: the tag.
        sources: what of its inputs is in the repository.
    """

    connector: Connector
    repository: str
    path: str
    version: str
    sources: Inputs

    @property
    def name(self) -> str:
        """Of the connector."""
        return self.connector.name

    @property
    def key(self) -> tuple[str, str]:
        """What the ledger knows it by."""
        return self.repository, self.version

    @property
    def bump(self) -> str:
        """What to type for another version of it."""
        return f"`invoke bump --connector={self.name} --part=patch`"

    def __str__(self) -> str:
        """What a person pulls."""
        return f"{self.repository}:{self.version}"


def target_of(connector: Connector, sources: Inputs, registry: str) -> Target:
    """Where a connector is published: its image's path below the registry.

    Raises:
        UsageError: the image's name says another registry.
    """
    image = connector.image
    host = registry.partition("/")[0]
    if image.domain not in {DOCKER_HUB, host}:
        raise UsageError(
            f"`{image.name}` belongs to {image.domain} and would go to `{registry}`",
            hint=f"set `registry: {image.domain}`, or another name in its Dockerfile",
        )
    place = parse(f"{registry}/{image.path.removeprefix('library/')}")
    return Target(
        connector=connector,
        repository=place.name,
        path=place.path,
        version=connector.version or "",
        sources=sources,
    )
