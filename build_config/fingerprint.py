"""What goes into an image in, its fingerprint out; and what differs between two sets of inputs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

FORMAT = 1
"""Raise it when the way images are made changes so that all of them must be built again."""

FINGERPRINT_LABEL = "dev.connectoryard.fingerprint"
SOURCES_LABEL = "dev.connectoryard.sources"
"""Fingerprint of what of the inputs is in the repository (`source_inputs`)."""

BASES_LABEL = "dev.connectoryard.bases"
"""JSON object: name of each image that it stands on -> the id which that image had."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Inputs:
    """Everything that decides what is in an image.

    Attributes:
        files: path in the build context -> mode and blob id; the Dockerfile is one of them.
        sources: the same for what a Gradle build reads outside the context.
        build_args: name -> value.
        bases: image it stands on -> fingerprint if built here, else the engine's identity of it.
        labels: name -> value of those that come from outside of the context, as a version in a
            metadata.yaml that `.dockerignore` keeps out.
        fingerprint: SHA-256 over all of these in canonical JSON; hexadecimal.
    """

    files: Mapping[str, str]
    sources: Mapping[str, str]
    build_args: Mapping[str, str]
    bases: Mapping[str, str]
    labels: Mapping[str, str] = field(default_factory=dict)
    format: int = FORMAT
    fingerprint: str = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        # once: a base is asked for it by all that stand on it
        fingerprint = hashlib.sha256(self.to_json().encode()).hexdigest()
        object.__setattr__(self, "fingerprint", fingerprint)

    def to_json(self) -> str:
        """Canonical: sorted keys, no spaces, ASCII."""
        # not `asdict`: it copies every file's entry first
        said = {
            "files": self.files,
            "sources": self.sources,
            "build_args": self.build_args,
            "bases": self.bases,
            "labels": self.labels,
            "format": self.format,
        }
        return json.dumps(said, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote.

        Raises:
            ValueError: it did not.
        """
        data: Any = json.loads(text)
        try:
            return cls(**data)
        except TypeError as error:
            raise ValueError(str(error)) from error


def differences(before: Inputs, after: Inputs) -> Iterator[str]:
    """What makes `after` another image than `before`, most telling first, each in a few words."""
    if before.format != after.format:
        yield "this version of the tool builds images in another way"
    yield from _changes(before.bases, after.bases, "base `{}`", "moved")
    yield from _changes(before.build_args, after.build_args, "build argument `{}`", "changed")
    yield from _changes(before.labels, after.labels, "label `{}`", "changed")
    yield from _changes(before.files, after.files, "`{}`", "changed")
    yield from _changes(before.sources, after.sources, "`{}`", "changed")


def _changes(
    before: Mapping[str, str], after: Mapping[str, str], what: str, changed: str
) -> Iterator[str]:
    for name in sorted(before.keys() | after.keys()):
        if name not in before:
            yield f"{what.format(name)} added"
        elif name not in after:
            yield f"{what.format(name)} removed"
        elif before[name] != after[name]:
            yield f"{what.format(name)} {changed}"
