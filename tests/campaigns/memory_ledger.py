"""A ledger in memory: what git compares and swaps, compared and swapped under a lock."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping

from build_config.errors import ConflictError
from build_config.ledger import Book, Claim, Lease
from build_config.release import Release


class MemoryLedger:
    """`publishing.records.Records`; serves any number of threads.

    Attributes:
        added: every release, in the order in which they were written down.
    """

    def __init__(self) -> None:
        self.added: list[Release] = []
        self._book = Book(tip=None, releases={})
        self._claims: dict[tuple[str, str], Claim] = {}
        self._leases: dict[str, Lease] = {}
        self._lock = threading.Lock()

    @property
    def claims(self) -> Mapping[tuple[str, str], Claim]:
        """By repository and version."""
        return dict(self._claims)

    def read(self, known: Book | None = None) -> Book:
        """See `ledger.Ledger.read`."""
        with self._lock:
            book = self._book
        return known if known is not None and known.tip == book.tip else book

    def add(self, release: Release, known: Book | None = None) -> Book:  # noqa: ARG002 - the Protocol's
        """See `ledger.Ledger.add`."""
        key = release.repository, release.version
        with self._lock:
            written = self._book.releases.get(key)
            if written is not None and written.digest != release.digest:
                raise ConflictError(f"{key} is {written.digest}, and this is {release.digest}")
            if written is None:
                self.added.append(release)
                releases = {**self._book.releases, key: release}
                self._book = Book(tip=uuid.uuid4().hex, releases=releases)
            return self._book

    def claim(self, repository: str, version: str, claim: Claim) -> Claim:
        """See `ledger.Ledger.claim`."""
        with self._lock:
            return self._claims.setdefault((repository, version), claim)

    def claimed(self, repository: str, version: str) -> Claim | None:
        """See `ledger.Ledger.claimed`."""
        with self._lock:
            return self._claims.get((repository, version))

    def lease(self, repository: str, holder: str, *, after: Lease | None) -> Lease | None:
        """See `ledger.Ledger.lease`."""
        with self._lock:
            if self._leases.get(repository) != after:
                return None
            self._leases[repository] = Lease(holder=holder, commit=uuid.uuid4().hex)
            return self._leases[repository]

    def leased(self, repository: str) -> Lease | None:
        """See `ledger.Ledger.leased`."""
        with self._lock:
            return self._leases.get(repository)

    def end_lease(self, repository: str, lease: Lease) -> None:
        """See `ledger.Ledger.end_lease`."""
        with self._lock:
            if self._leases.get(repository) == lease:
                del self._leases[repository]
