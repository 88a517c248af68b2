"""A registry's name in, a `Registry` out: manifests and blobs asked for, manifests written.

Every question ends in present, absent or cannot tell; only what the protocol calls absent is.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from build_config import docker_credentials
from build_config.registry import reading, writing
from build_config.registry.address import read_address
from build_config.registry.answers import Absent, Answer, CannotTell, Denied, Present
from build_config.registry.login import Credentials, Login
from build_config.registry.patience import SLOWEST, Budget, Patience
from build_config.registry.session import Session
from build_config.registry.transport import open_transport

_USUAL = Budget()


@asynccontextmanager
async def connect(
    registry: str,
    *,
    credentials: Credentials = docker_credentials.credentials,
    budget: Budget = _USUAL,
) -> AsyncIterator[Registry]:
    """Open a registry: nothing is sent before the first question.

    Args:
        registry: `localhost:5000`, `docker.io`, or `ghcr.io/acme`, of which the host counts.
        credentials: who has the logins; asked in a thread, when the registry wants one.
        budget: of each operation by itself.

    Raises:
        InvalidReferenceError: that is no registry.
    """
    address = read_address(registry)
    async with open_transport(address) as transport:
        session = Session(transport, address, Login(transport, address, credentials))
        yield Registry(session, budget)


class Registry:
    """An open registry; serves all connectors of a run at the same time.

    A repository is the whole path within the registry: `acme/source-x`. What is no legal
    repository, tag or digest raises `InvalidReferenceError`.
    """

    def __init__(self, session: Session, budget: Budget) -> None:
        self._session = session
        self._budget = budget

    @property
    def host(self) -> str:
        """As people write it: `docker.io`, `localhost:5000`."""
        return self._session.address.name

    async def manifest(self, repository: str, reference: str) -> Answer:
        """The manifest of a tag or a digest."""
        return await reading.read_manifest(self._in(repository), reference)

    async def says(self, repository: str, reference: str, digest: str) -> bool:
        """Whether the registry says, without sending it, that this is the manifest of a digest.

        A yes is enough to do nothing; a no may be any answer, and proves nothing. Docker Hub counts
        a manifest that is sent against its limit of pulls, and this not.
        """
        return await reading.says(self._in(repository), reference, digest)

    async def read_back(self, repository: str, reference: str, digest: str) -> Answer:
        """The manifest once it is the one of that digest: a registry may be late to show it.

        Returns:
            What was answered last, when the budget is at its end: absent, or another manifest.
        """
        asked = self._in(repository)
        while True:
            found = await reading.read_manifest(asked, reference)
            done = isinstance(found, CannotTell) or reading.is_of(found, digest)
            if done or not await asked.patience.again():
                return found

    async def put_manifest(self, repository: str, tag: str, manifest: Present) -> None:
        """Have the tag mean exactly these bytes, whose blobs are there.

        A write that did not plainly succeed is looked for before anything else: what is there
        already, or has landed although the answer was lost, is success. It is repeated only after
        a read that shows it did not land.

        Raises:
            RefusedError: the registry said no, and the tag is not this.
            UnclearError: nobody knows whether it was done.
        """
        await writing.write_manifest(self._in(repository), tag, manifest)

    async def blob_size(self, repository: str, digest: str) -> int | Absent | CannotTell:
        """Bytes of a blob, as the registry says: it may have lost some of them."""
        return await reading.read_blob_size(self._in(repository), digest)

    async def blob(
        self, repository: str, digest: str, *, limit: int
    ) -> bytes | Absent | CannotTell:
        """The bytes of a blob of at most `limit` bytes, which hash to its digest."""
        return await reading.read_blob(
            self._in(repository, seconds=limit / SLOWEST), digest, limit=limit
        )

    async def delete_tag(self, repository: str, tag: str, digest: str) -> bool:
        """Remove a tag that is of that digest; whether it is gone, and the manifest is not.

        Only the tag is ever named: a registry that deletes by digest alone, with every other tag
        of it, is left as it is.
        """
        return await writing.delete_tag(self._in(repository), tag, digest)

    async def tags(self, repository: str) -> tuple[str, ...] | CannotTell:
        """What the registry lists, for a diagnosis: a list proves nothing of a single tag."""
        return await reading.list_tags(self._in(repository))

    async def may_push(self, repository: str) -> Denied | CannotTell | None:
        """None if an upload may be started there (it is given up at once), else why it may not."""
        return await writing.may_push(self._in(repository))

    def _in(self, repository: str, *, seconds: float = 0.0) -> reading.Repository:
        """A repository, for one operation; with that many seconds more than usual."""
        usual = self._budget
        budget = replace(usual, total=usual.total + seconds, call=usual.call + seconds)
        return reading.Repository(session=self._session, path=repository, patience=Patience(budget))
