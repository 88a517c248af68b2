"""What we ask of a Docker engine: a Protocol, and the records that go in and out of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from build_config.acceptance.case import CaseResult
from build_config.connector import Secret


@dataclass(frozen=True, kw_only=True, slots=True)
class LocalImage:
    """An image that the engine has.

    Attributes:
        id: what the engine calls it: the digest of the config, or of the manifest on the
            containerd image store.
        digest: the digest under which it was pulled, the same on every engine; None for an
            image that was made here.
    """

    id: str
    labels: Mapping[str, str]
    digest: str | None = None

    @property
    def identity(self) -> str:
        """What tells this content from another, if possible on any machine."""
        return self.digest or self.id


class Tell(Protocol):
    """How a running step says what it is doing; called on the event loop, never blocks."""

    def activity(self, text: str, current: int | None = None, total: int | None = None) -> None:
        """What is being done now; `current` and `total` are bytes."""

    def line(self, text: str) -> None:
        """One line of output of a tool."""

    def phase(self, name: str, seconds: float, *, cached: bool = False) -> None:
        """A part of the step has just ended, which took so long; `cached`: it was there before."""

    def case(self, case: CaseResult) -> None:
        """One assertion of a test has been judged."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageBuild:
    """All that the engine needs to build one image.

    Attributes:
        tag: the canonical reference that the result gets.
        context: makes a fresh stream of the context, as a tar archive.
        context_bytes: about how much that is, for progress.
        secrets: values are read when the builder asks for them.
        no_cache: run every instruction again.
        target: the stage to build; None for the last one.
    """

    tag: str
    context: Callable[[], Iterator[bytes]]
    context_bytes: int
    build_args: Mapping[str, str]
    labels: Mapping[str, str]
    secrets: tuple[Secret, ...]
    no_cache: bool = False
    target: str | None = None


class Builder(Protocol):
    """An open connection to the engine; serves all steps of a run at the same time."""

    async def build(self, build: ImageBuild, tell: Tell) -> str:
        """Build and tag an image; its id.

        Raises:
            StepError: the build failed; nothing was tagged.
            EngineUnavailableError: the engine went away.
        """

    async def pull(self, reference: str, tell: Tell, *, silence: float | None = None) -> LocalImage:
        """Fetch an image from its registry.

        Args:
            reference: of the image.
            tell: is told what the engine is doing.
            silence: seconds without news after which the engine counts as gone; None: for ever.

        Raises:
            StepError: the registry refused, has no such image, or did not answer.
            EngineUnavailableError: the engine went away.
        """

    async def push(self, image_id: str, repository: str, tag: str, tell: Tell) -> str:
        """Send an image to a repository under a tag; the digest of its manifest there.

        Raises:
            StepError: the registry refused, or the connection broke.
            EngineUnavailableError: the engine went away.
        """

    async def tag(self, image_id: str, reference: str) -> None:
        """Give an image a name, which another one may lose by that.

        Raises:
            YardError: the engine went away, or has no such image.
        """

    async def untag(self, reference: str) -> None:
        """Take a name from an image; with its last one the image goes.

        Raises:
            YardError: the engine went away, or nothing has that name.
        """

    async def platform(self) -> str:
        """What its containers run on: `linux/amd64`."""

    async def inspect(self, image: str) -> Mapping[str, Any]:
        """What the engine says of an image: the answer of `GET /images/{name}/json`.

        Raises:
            EngineUnavailableError: the engine went away, or the image did.
        """
