"""What is tested: a connector, its image as the engine has it, and where to run it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from build_config.acceptance.config import AcceptanceConfig
from build_config.connector import Connector
from build_config.definitions import Definition

if TYPE_CHECKING:
    from build_config.sandbox.containers import Containers


@dataclass(frozen=True, kw_only=True, slots=True)
class Image:
    """An image as the engine describes it.

    Attributes:
        id: `sha256:…`; containers are made from it, so that a moving tag changes nothing.
        entrypoint: the words of it; empty where the image has none.
        user: as in the Dockerfile: a name or a number, perhaps with a group; empty is root.
    """

    id: str
    labels: Mapping[str, str] = field(default_factory=dict)
    entrypoint: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str = ""

    @classmethod
    def from_inspection(cls, document: Mapping[str, Any]) -> Self:
        """Read what `GET /images/{name}/json` answers (`docker image inspect`)."""
        config = document.get("Config") or {}
        entrypoint = config.get("Entrypoint") or ()
        variables = (entry.partition("=") for entry in config.get("Env") or ())
        return cls(
            id=str(document["Id"]),
            labels=dict(config.get("Labels") or {}),
            entrypoint=(entrypoint,) if isinstance(entrypoint, str) else tuple(entrypoint),
            environment={name: value for name, _, value in variables},
            user=str(config.get("User") or ""),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """One connector under test.

    Attributes:
        definition: its entry in the catalog; None where it has none.
        metadata: the `data` of its metadata.yaml; empty where it has none.
        config: None where the connector has no file of that name.
        folder: the connector's directory, absolute; test files are read below it.
        containers: runs the image.
    """

    connector: Connector
    image: Image
    folder: Path
    containers: Containers
    definition: Definition | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    config: AcceptanceConfig | None = None

    @property
    def settings(self) -> AcceptanceConfig:
        """The config, or the defaults where there is none."""
        return self.config or AcceptanceConfig()
