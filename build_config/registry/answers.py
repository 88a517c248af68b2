"""What a registry can answer to "is it there?": present, absent, or nobody can tell."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field


def digest_of(content: bytes) -> str:
    """`sha256:…` of the bytes, as registries name content."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


@dataclass(frozen=True, kw_only=True, slots=True)
class Present:
    """A manifest that is there.

    Attributes:
        digest: of the bytes, computed here; what a header said of them is not trusted.
        media_type: one of `manifests.ACCEPTED`.
        body: the exact bytes; to write them again is to keep the digest.
    """

    digest: str
    media_type: str
    body: bytes = field(repr=False)

    @classmethod
    def of(cls, media_type: str, body: bytes) -> Present:
        """A manifest of these bytes."""
        return cls(digest=digest_of(body), media_type=media_type, body=body)


@dataclass(frozen=True, kw_only=True, slots=True)
class Absent:
    """The registry said, in the words of the protocol, that there is none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CannotTell:
    """Every other answer, and no answer: nothing may be concluded from it.

    Attributes:
        why: one line that names the registry and what it said.
    """

    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Denied:
    """The registry knows who asks, and does not let them.

    Attributes:
        why: one line that names the registry and what it said.
    """

    why: str


Answer = Present | Absent | CannotTell
