"""A connector, and the other images of the repository, as values: no disk, no engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from build_config.dockerfile import Dockerfile
from build_config.image import Reference


class Kind(StrEnum):
    """What an image of the repository is."""

    SOURCE = "source"
    DESTINATION = "destination"
    BASE = "base"


class Language(StrEnum):
    """What a connector is written in, guessed from its files."""

    PYTHON = "python"
    JAVA = "java"
    DECLARATIVE = "declarative"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True, slots=True)
class Secret:
    """A build secret: where its value is read from when the builder asks, and never before."""

    id: str
    file: str | None = None
    variable: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Connector:
    """One image that the repository builds.

    Attributes:
        name: the directory's name.
        image: the image's repository, as written in its name label; the tag says nothing.
        version: from the label or the metadata; None where neither has one.
        path: its directory, relative to the root, with forward slashes.
        gradle: its Dockerfile copies what a Gradle build leaves under `build/`.
        gradle_project: Gradle builds it, for its image or for others, and runs its tests.
        build_args: from the settings.
        secrets: from the settings.
    """

    name: str
    kind: Kind
    language: Language
    image: Reference
    version: str | None
    path: str
    gradle: bool
    dockerfile: Dockerfile
    gradle_project: bool = False
    build_args: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[Secret, ...] = ()

    @property
    def dockerfile_path(self) -> str:
        """Relative to the root."""
        return f"{self.path}/Dockerfile"

    @property
    def aliases(self) -> frozenset[str]:
        """What people call it: the directory's name and the last part of the image's name."""
        return frozenset({self.name, self.image.path.rpartition("/")[2]})
