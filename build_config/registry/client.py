"""A registry's name in, a `Registry` out: manifests and blobs asked for, manifests written.

Every question ends in present, absent or cannot tell; only what the protocol calls absent is.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import replace
from urllib.parse import urljoin, urlsplit

from build_config import docker_credentials
from build_config.registry.address import check_reference, read_address
from build_config.registry.answers import (
    Absent,
    Answer,
    CannotTell,
    Denied,
    Present,
    digest_of,
)
from build_config.registry.failures import RefusedError, UnclearError
from build_config.registry.login import Credentials, Login
from build_config.registry.manifests import (
    ACCEPTED,
    MANIFEST_LIMIT,
    error_codes,
    judge,
    says_absent,
)
from build_config.registry.patience import AGAIN, Budget, Patience
from build_config.registry.session import Session, asked_to_wait, may_change
from build_config.registry.transport import ERROR_LIMIT, Reply, Request, Silence, open_transport

_OK = 200
_ACCEPTED = 202
_FOUND = range(200, 300)
_REFUSED = range(400, 500)
_DENIED = frozenset({401, 403, 405})
_NOT_FOUND = 404
_USUAL = Budget()
_SLOWEST = 256 * 1024  # bytes a second at which a blob is still waited for
_PAGES = 100


@asynccontextmanager
async def connect(
    registry: str,
    *,
    credentials: Credentials = docker_credentials.credentials,
    budget: Budget = _USUAL,
    insecure: Collection[str] = (),
) -> AsyncIterator[Registry]:
    """Open a registry: nothing is sent before the first question.

    Args:
        registry: `localhost:5000`, `docker.io`, or `ghcr.io/acme`, of which the host counts.
        credentials: who has the logins; asked in a thread, when the registry wants one.
        budget: of each operation by itself.
        insecure: hosts with their ports that have no TLS, beside those of the loopback.

    Raises:
        InvalidReferenceError: that is no registry.
    """
    address = read_address(registry, insecure=insecure)
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
        return await self._manifest(repository, reference, Patience(self._budget))

    async def read_back(self, repository: str, reference: str, digest: str) -> Answer:
        """The manifest once it is the one of that digest: a registry may be late to show it.

        Returns:
            What was answered last, when the budget is at its end: absent, or another manifest.
        """
        patience = Patience(self._budget)
        while True:
            found = await self._manifest(repository, reference, patience)
            done = isinstance(found, CannotTell) or _is(found, digest)
            if done or not await patience.again():
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
        patience = Patience(self._budget)
        request = replace(
            self._request("PUT", repository, f"manifests/{tag}", check=tag),
            headers={"content-type": manifest.media_type},
            content=manifest.body,
        )
        while True:
            answered = await self._session.once(request, repository, patience=patience)
            if _was_done(answered, manifest.digest):
                return
            found = await self._manifest(repository, tag, patience)
            if _is(found, manifest.digest):
                return
            self._raise_if_refused(answered, found, f"{repository}:{tag}")
            again = may_change(answered) and not isinstance(found, CannotTell)
            if not again or not await patience.again(asked_to_wait(answered)):
                raise UnclearError(
                    f"`{repository}:{tag}` may or may not be published: "
                    + self._session.told(answered),
                    hint="the same command again finds out, and goes on",
                )

    async def blob_size(self, repository: str, digest: str) -> int | Absent | CannotTell:
        """Bytes of a blob, as the registry says: it may have lost some of them."""
        patience = Patience(self._budget)
        request = self._request("HEAD", repository, f"blobs/{digest}", check=digest)
        answered = await self._session.ask(request, repository, patience=patience)
        if isinstance(answered, Reply) and answered.status == _NOT_FOUND:
            # only the answer to a GET says why; one byte, should it turn up in between
            headers = {"range": "bytes=0-0"}
            request = replace(request, method="GET", headers=headers)
            answered = await self._session.ask(request, repository, patience=patience)
            if isinstance(answered, Reply) and says_absent(answered, "blobs"):
                return Absent()
        elif isinstance(answered, Reply) and answered.status == _OK:
            length = answered.headers.get("content-length", "")
            if length.isascii() and length.isdigit():
                return int(length)
        return self._cannot_tell(answered)

    async def blob(
        self, repository: str, digest: str, *, limit: int
    ) -> bytes | Absent | CannotTell:
        """The bytes of a blob of at most `limit` bytes, which hash to its digest."""
        budget = self._budget
        longer = limit / _SLOWEST
        patience = Patience(replace(budget, total=budget.total + longer, call=budget.call + longer))
        request = self._request("GET", repository, f"blobs/{digest}", check=digest)
        request = replace(request, limit=max(limit, ERROR_LIMIT))
        answered = await self._session.ask(request, repository, patience=patience)
        if isinstance(answered, Silence) or answered.status != _OK:
            absent = isinstance(answered, Reply) and says_absent(answered, "blobs")
            return Absent() if absent else self._cannot_tell(answered)
        if len(answered.body) > limit:
            return CannotTell(why=f"{self.host} sent more than {limit} bytes")
        if digest_of(answered.body) != digest:
            sent = f"{len(answered.body)} bytes that are not {digest}"
            return CannotTell(why=f"{self.host} sent {sent}")
        return answered.body

    async def delete_tag(self, repository: str, tag: str, digest: str) -> bool:
        """Remove a tag that is of that digest; whether it is gone, and the manifest is not.

        Only the tag is ever named: a registry that deletes by digest alone, with every other tag
        of it, is left as it is.
        """
        patience = Patience(self._budget)
        if not _is(await self._manifest(repository, tag, patience), digest):
            return False
        request = self._request("DELETE", repository, f"manifests/{tag}", check=tag)
        await self._session.once(request, repository, patience=patience)
        gone = isinstance(await self._manifest(repository, tag, patience), Absent)
        return gone and _is(await self._manifest(repository, digest, patience), digest)

    async def tags(self, repository: str) -> tuple[str, ...] | CannotTell:
        """What the registry lists, for a diagnosis: a list proves nothing of a single tag."""
        patience = Patience(self._budget)
        request = self._request("GET", repository, "tags/list", check="latest")
        request = replace(request, limit=MANIFEST_LIMIT)
        found: list[str] = []
        for _ in range(_PAGES):
            answered = await self._session.ask(request, repository, patience=patience)
            if isinstance(answered, Reply) and says_absent(answered, "manifests"):
                break
            page = _listed(answered)
            if page is None:
                return self._cannot_tell(answered)
            found += page
            following = _next_page(answered)
            if following is None:
                break
            request = replace(request, url=urljoin(request.url, following))
        return tuple(dict.fromkeys(found))

    async def may_push(self, repository: str) -> Denied | CannotTell | None:
        """None if an upload may be started there (it is given up at once), else why it may not."""
        patience = Patience(self._budget)
        request = self._request("POST", repository, "blobs/uploads/", check="latest")
        answered = await self._session.ask(request, repository, patience=patience)
        if isinstance(answered, Silence):
            why = self._session.told(answered)
            return Denied(why=why) if answered.denied else CannotTell(why=why)
        if answered.status == _ACCEPTED:
            await self._give_up(request, answered, repository, patience)
            return None
        if answered.status in _DENIED or says_absent(answered, "manifests"):
            return Denied(why=self._session.told(answered))
        return self._cannot_tell(answered)

    async def _manifest(self, repository: str, reference: str, patience: Patience) -> Answer:
        request = replace(
            self._request("GET", repository, f"manifests/{reference}", check=reference),
            headers={"accept": ", ".join(ACCEPTED)},
            limit=MANIFEST_LIMIT,
        )
        answered = await self._session.ask(request, repository, patience=patience)
        if isinstance(answered, Silence):
            return self._cannot_tell(answered)
        judged = judge(answered, reference=reference, registry=self.host)
        # a status that is no 200 is told in the words that also know of logins
        if isinstance(judged, CannotTell) and answered.status != _OK:
            return self._cannot_tell(answered)
        return judged

    async def _give_up(
        self, request: Request, started: Reply, repository: str, patience: Patience
    ) -> None:
        """Cancel an upload, if the registry says where, on its own host: it expires anyway."""
        place = urljoin(request.url, started.headers.get("location", ""))
        if place != request.url and urlsplit(place)[:2] == urlsplit(request.url)[:2]:
            cancelling = Request(method="DELETE", url=place)
            await self._session.once(cancelling, repository, patience=patience)

    def _raise_if_refused(self, answered: Reply | Silence, found: Answer, name: str) -> None:
        denied = isinstance(answered, Silence) and answered.denied
        status = 401 if isinstance(answered, Silence) else answered.status
        if denied or (status in _REFUSED and status not in AGAIN and isinstance(answered, Reply)):
            raise RefusedError(
                f"`{name}` is refused: {self._session.told(answered)}",
                status=status,
                codes=error_codes(answered) if isinstance(answered, Reply) else (),
                there=found.digest if isinstance(found, Present) else None,
            )

    def _request(self, method: str, repository: str, path: str, *, check: str) -> Request:
        """What to ask of a repository; `check` is the tag or digest in the path."""
        check_reference(repository, check)
        root = self._session.address.root
        return Request(method=method, url=f"{root}/v2/{repository}/{path}")

    def _cannot_tell(self, answered: Reply | Silence) -> CannotTell:
        return CannotTell(why=self._session.told(answered))


def _is(answer: Answer, digest: str) -> bool:
    return isinstance(answer, Present) and answer.digest == digest


def _was_done(answered: Reply | Silence, digest: str) -> bool:
    """A plain yes: one that names another digest is to be looked into."""
    if isinstance(answered, Silence) or answered.status not in _FOUND:
        return False
    return answered.headers.get("docker-content-digest", digest) == digest


def _listed(answered: Reply | Silence) -> list[str] | None:
    """One page of tags; null stands for none (docker-registry)."""
    if isinstance(answered, Silence) or answered.status != _OK:
        return None
    try:
        found = json.loads(answered.body)["tags"] or []
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return [str(tag) for tag in found] if isinstance(found, list) else None


def _next_page(answered: Reply | Silence) -> str | None:
    """Of `Link: </v2/…>; rel="next"`."""
    link = "" if isinstance(answered, Silence) else answered.headers.get("link", "")
    place, _, rest = link.partition(";")
    return place.strip().strip("<>") if "next" in rest else None
