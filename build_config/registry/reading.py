"""A question to a registry in, what may be concluded from its answer out; changes nothing."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace

from build_config.registry.address import beside, check_reference
from build_config.registry.answers import Absent, Answer, CannotTell, Present, digest_of
from build_config.registry.manifests import ACCEPTED, MANIFEST_LIMIT, judge, says_absent
from build_config.registry.patience import Patience
from build_config.registry.session import Session
from build_config.registry.transport import ERROR_LIMIT, Reply, Request, Silence

_OK = 200
_NOT_FOUND = 404
_PAGES = 100
_NUMBER = re.compile("[0-9]{1,18}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Repository:
    """One repository of a registry, asked within the time that is left for an operation.

    Attributes:
        path: within the registry: `acme/source-x`.
    """

    session: Session
    path: str
    patience: Patience

    def request(self, method: str, place: str, *, check: str = "latest") -> Request:
        """What to ask below the repository; `check` is the tag or digest in the place.

        Raises:
            InvalidReferenceError: that is none, or the path is no repository.
        """
        check_reference(self.path, check)
        root = self.session.address.root
        return Request(method=method, url=f"{root}/v2/{self.path}/{place}")

    async def ask(self, request: Request) -> Reply | Silence:
        """Ask, and ask again where that may help."""
        return await self.session.ask(request, self.path, patience=self.patience)

    async def once(self, request: Request) -> Reply | Silence:
        """Ask once."""
        return await self.session.once(request, self.path, patience=self.patience)

    def cannot_tell(self, answered: Reply | Silence) -> CannotTell:
        """What was said, where nothing follows from it."""
        return CannotTell(why=self.session.told(answered))


async def read_manifest(repository: Repository, reference: str) -> Answer:
    """The manifest of a tag or a digest."""
    request = replace(
        repository.request("GET", f"manifests/{reference}", check=reference),
        headers={"accept": ", ".join(ACCEPTED)},
        limit=MANIFEST_LIMIT,
    )
    answered = await repository.ask(request)
    if isinstance(answered, Silence):
        return repository.cannot_tell(answered)
    registry = repository.session.address.name
    judged = judge(answered, reference=reference, registry=registry)
    # what is no 200 is told by the session, which also knows of logins
    if isinstance(judged, CannotTell) and answered.status != _OK:
        return repository.cannot_tell(answered)
    return judged


async def says(repository: Repository, reference: str, digest: str) -> bool:
    """Whether the registry says that this is the manifest of a digest; asked once."""
    request = replace(
        repository.request("HEAD", f"manifests/{reference}", check=reference),
        headers={"accept": ", ".join(ACCEPTED)},
    )
    answered = await repository.once(request)
    if not isinstance(answered, Reply) or answered.status != _OK:
        return False
    return answered.headers.get("docker-content-digest") == digest


async def read_blob_size(repository: Repository, digest: str) -> int | Absent | CannotTell:
    """Bytes of a blob, as the registry says."""
    request = repository.request("HEAD", f"blobs/{digest}", check=digest)
    answered = await repository.ask(request)
    if isinstance(answered, Reply) and answered.status == _NOT_FOUND:
        # only the answer to a GET says why; one byte, should it turn up in between
        answered = await repository.ask(
            replace(request, method="GET", headers={"range": "bytes=0-0"})
        )
        if isinstance(answered, Reply) and says_absent(answered, "blobs"):
            return Absent()
    length = "" if isinstance(answered, Silence) else answered.headers.get("content-length", "")
    if isinstance(answered, Reply) and answered.status == _OK and _NUMBER.fullmatch(length):
        return int(length)
    return repository.cannot_tell(answered)


async def read_blob(
    repository: Repository, digest: str, *, limit: int
) -> bytes | Absent | CannotTell:
    """The bytes of a blob of at most `limit` bytes, which hash to its digest."""
    request = repository.request("GET", f"blobs/{digest}", check=digest)
    answered = await repository.ask(replace(request, limit=max(limit, ERROR_LIMIT)))
    if isinstance(answered, Silence):
        return repository.cannot_tell(answered)
    if answered.status != _OK:
        absent = says_absent(answered, "blobs")
        return Absent() if absent else repository.cannot_tell(answered)
    registry = repository.session.address.name
    if len(answered.body) > limit:
        return CannotTell(why=f"{registry} sent more than {limit} bytes")
    if digest_of(answered.body) != digest:
        return CannotTell(why=f"{registry} sent {len(answered.body)} bytes that are not {digest}")
    return answered.body


async def list_tags(repository: Repository) -> tuple[str, ...] | CannotTell:
    """What the registry lists; nothing where it says that there is no such repository."""
    request = replace(repository.request("GET", "tags/list"), limit=MANIFEST_LIMIT)
    found: list[str] = []
    for _ in range(_PAGES):
        answered = await repository.ask(request)
        if isinstance(answered, Reply) and says_absent(answered, "manifests"):
            break
        page = _listed(answered)
        if page is None:
            return repository.cannot_tell(answered)
        found += page
        following = _next_page(request, answered)
        if following is None:
            break
        request = replace(request, url=following)
    return tuple(dict.fromkeys(found))


def is_of(answer: Answer, digest: str) -> bool:
    """Whether it is there, and is this."""
    return isinstance(answer, Present) and answer.digest == digest


def _listed(answered: Reply | Silence) -> list[str] | None:
    """One page of tags; null stands for none (docker-registry)."""
    if isinstance(answered, Silence) or answered.status != _OK:
        return None
    try:
        found = json.loads(answered.body)["tags"] or []
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return [str(tag) for tag in found] if isinstance(found, list) else None


def _next_page(request: Request, answered: Reply | Silence) -> str | None:
    """Of `Link: </v2/…>; rel="next"`; the login is not taken to another host."""
    link = "" if isinstance(answered, Silence) else answered.headers.get("link", "")
    place, _, rest = link.partition(";")
    return beside(request.url, place.strip().strip("<>")) if "next" in rest else None
