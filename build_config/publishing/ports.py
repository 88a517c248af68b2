"""What publishing asks of the engine, and the values that a publication is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from build_config.engine import Tell
from build_config.errors import StepError
from build_config.ledger import Book
from build_config.publishing.contents import Contents
from build_config.publishing.records import Records
from build_config.publishing.refusals import Conditions
from build_config.publishing.target import Target
from build_config.registry.answers import Present
from build_config.registry.client import Registry

STAGING = "staging"
"""The tag under which bytes come into a registry; each publication moves it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tested:
    """An image that may be published.

    Attributes:
        id: what the engine calls it.
        platform: `linux/amd64`.
        spec: of its own SPEC message; None for a base.
        tests: kind of test -> its record; empty for an image that another machine tested.
    """

    id: str
    platform: str
    spec: Mapping[str, Any] | None
    tests: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Shipment:
    """An image whose bytes are in the registry."""

    manifest: Present
    contents: Contents
    tested: Tested


class Images(Protocol):
    """The engine, as far as publishing one target needs it."""

    async def tested(self, tell: Tell) -> Tested:
        """The image of this machine.

        Raises:
            StepError: it is not there, its tests did not pass, or it must not be published.
        """

    async def push(self, image_id: str, tag: str, tell: Tell) -> str:
        """Send an image to the target's repository; the digest of its manifest there.

        Raises:
            StepError: the registry refused, or the connection broke.
        """

    async def pulled(self, digest: str, tell: Tell) -> Tested:
        """What another run staged, from the target's repository.

        Raises:
            StepError: it cannot be pulled, or says no spec.
        """


@dataclass(frozen=True, kw_only=True, slots=True)
class Press:
    """What all publications of a run share.

    Attributes:
        book: the ledger as it was when the run was planned.
        locks: folder of the locks.
    """

    registry: Registry
    ledger: Records
    book: Book
    locks: Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Publications:
    """All that a run publishes.

    Attributes:
        targets: by connector name.
        facts: by connector name.
        failures: by connector name: what was found out before the run, and need not be tried.
    """

    press: Press
    targets: Mapping[str, Target]
    facts: Mapping[str, Facts]
    failures: Mapping[str, StepError] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What is known of a target without its image.

    Attributes:
        conditions: what may speak against publishing.
        local_tag: means the images of this machine, and can be no version.
        source_url: of the repository; empty where nobody knows.
        definition: the catalog's entry, without repository and tag.
        tags: of the metadata.
    """

    conditions: Conditions
    local_tag: str
    source_url: str = ""
    definition: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
