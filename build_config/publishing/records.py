"""What publishing asks of a ledger; `ledger.Ledger` answers it with git."""

from __future__ import annotations

from typing import Protocol

from build_config.ledger import Book, Claim, Lease
from build_config.release import Release


class Records(Protocol):
    """What was published, who claimed what, and whose turn it is; see `ledger.Ledger`."""

    def read(self, known: Book | None = None) -> Book:
        """All that was published so far."""

    def add(self, release: Release, known: Book | None = None) -> Book:
        """Write a release down, once."""

    def claim(self, repository: str, version: str, claim: Claim) -> Claim:
        """Say which bytes a version is; what holds is returned."""

    def claimed(self, repository: str, version: str) -> Claim | None:
        """Which bytes a version is, if somebody has said it."""

    def lease(self, repository: str, holder: str, *, after: Lease | None) -> Lease | None:
        """Take the turn to move `latest` after who had it; None: another was faster."""

    def leased(self, repository: str) -> Lease | None:
        """Whose turn it is."""

    def end_lease(self, repository: str, lease: Lease) -> None:
        """Let the next one have the turn."""
