"""Image references: text in, a normalised `Reference` out, and back as a person writes it."""

from __future__ import annotations

import re
from dataclasses import dataclass

DOCKER_HUB = "docker.io"

# The grammar of github.com/distribution/reference, regexp.go.
_PATH_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_PATH = re.compile(rf"{_PATH_PART}(?:/{_PATH_PART})*")
_DOMAIN = re.compile(r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\[[0-9a-fA-F:]+\])(?::[0-9]+)?")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-fA-F]{32,}")
_LONGEST_NAME = 255


class InvalidReferenceError(ValueError):
    """The text is not an image reference; the message says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """An image reference with every default filled in.

    Attributes:
        domain: the registry, `docker.io` where none was written.
        path: the repository within it, `library/python` for `python`.
        tag: None only where a digest was given without a tag.
        digest: `sha256:…`, or None.
    """

    domain: str
    path: str
    tag: str | None
    digest: str | None = None

    @property
    def name(self) -> str:
        """The repository as a person writes it: `python`, `airbyte/source-x`, `ghcr.io/a/b`."""
        if self.domain != DOCKER_HUB:
            return f"{self.domain}/{self.path}"
        return self.path.removeprefix("library/")

    @property
    def canonical(self) -> str:
        """The whole reference with no default left out: `docker.io/library/python:3.11`."""
        return f"{self.domain}/{self.path}{self._suffix}"

    @property
    def lookup(self) -> str:
        """The canonical reference by which an engine finds it: beside a digest a tag is ignored."""
        return f"{self.domain}/{self.path}@{self.digest}" if self.digest else self.canonical

    def __str__(self) -> str:
        """The reference as a person writes it: `python:3.11`."""
        return f"{self.name}{self._suffix}"

    @property
    def _suffix(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{tag}@{self.digest}" if self.digest else tag


def parse(text: str) -> Reference:
    """Read an image reference.

    Raises:
        InvalidReferenceError: the text does not follow the reference grammar.
    """
    name, at, digest = text.partition("@")
    if at and not _DIGEST.fullmatch(digest):
        raise InvalidReferenceError(f"`{text}` has an invalid digest")
    name, tag = _split_tag(name)
    if tag is not None and not _TAG.fullmatch(tag):
        raise InvalidReferenceError(f"`{text}` has an invalid tag")
    domain, path = _split_domain(name)
    if not _DOMAIN.fullmatch(domain) or not _PATH.fullmatch(path):
        why = " (names are lower case)" if name.lower() != name else ""
        raise InvalidReferenceError(f"`{text}` is not a legal image name{why}")
    if len(f"{domain}/{path}") > _LONGEST_NAME:
        raise InvalidReferenceError(f"`{text[:60]}…` is longer than {_LONGEST_NAME} characters")
    if tag is None and not at:
        tag = "latest"
    return Reference(domain=domain, path=path, tag=tag, digest=digest or None)


def _split_tag(name: str) -> tuple[str, str | None]:
    """A colon starts a tag only after the last slash; before it, it is a port."""
    head, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        return name, None
    return head, tag


def _split_domain(name: str) -> tuple[str, str]:
    """The first part is a registry when it looks like a host (distribution/reference)."""
    first, slash, rest = name.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost" or first != first.lower()):
        domain = DOCKER_HUB if first == "index.docker.io" else first
        return domain, f"library/{rest}" if domain == DOCKER_HUB and "/" not in rest else rest
    return DOCKER_HUB, name if slash else f"library/{name}"
