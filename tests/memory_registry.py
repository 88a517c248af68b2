"""A registry in memory, over real HTTP: its quirks in, what clients and engines push to out.

It holds what it was sent, says who asked what, and answers as the profile says: that of Debian's
registry is the plain one, and the same tests run against that registry, to keep this one honest.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import threading
import time
from base64 import b64decode
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from loopback_server import Answer, Exchange, LoopbackServer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1+prettyjws"
CONFIG = "application/vnd.docker.container.image.v1+json"
_PATH = re.compile(
    r"/v2/(?P<repository>.+?)/"
    r"(?:(?P<kind>manifests|blobs)/(?P<name>[^/]+)|blobs/uploads/(?P<upload>[^/]*)|(?P<tags>tags)/list)"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """In what a registry differs from Debian's `docker-registry` 2.8 without a configuration.

    Attributes:
        login: who alone may read and write; None lets everybody.
        tokens: a token has to be fetched with the login first.
        own: beginnings of the repositories that the login may use; others are 401.
        missing: status and code of a manifest that is not there.
        lagging: so many reads of a tag after each write still see what was there before.
        immutable: what a tag that exists does to a write: nothing, refuse other content, refuse
            the same content too, or say 201 and do nothing.
        deletes_tags: DELETE of a tag removes the tag, and leaves the manifest.
        makes_repositories: on the first push.
        converts: who does not accept a schema-2 manifest gets one of schema 1.
    """

    name: str
    login: tuple[str, str] | None = None
    tokens: bool = False
    own: tuple[str, ...] = ("",)
    missing: tuple[int, str] = (404, "MANIFEST_UNKNOWN")
    lagging: int = 0
    immutable: str = ""
    deletes_tags: bool = False
    makes_repositories: bool = True
    converts: bool = False


LOGIN = ("somebody", "a pass:word")
DISTRIBUTION = Profile(name="distribution", converts=True)
DOCKER_HUB = Profile(name="docker hub", login=LOGIN, tokens=True, own=("acme/",), lagging=2)
GHCR = Profile(name="ghcr", login=LOGIN, tokens=True, lagging=3)
ECR = Profile(name="ecr", login=LOGIN, immutable="same", makes_repositories=False)
HARBOR = Profile(name="harbor", login=LOGIN, tokens=True, immutable="dropped")
ARTIFACTORY = Profile(name="artifactory", login=LOGIN, missing=(403, "DENIED"), deletes_tags=True)
PROFILES = (DISTRIBUTION, DOCKER_HUB, GHCR, ECR, HARBOR, ARTIFACTORY)


def digest(content: bytes) -> str:
    """As registries name content."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


def config_of(content: str, labels: Mapping[str, str] | None = None) -> bytes:
    """The config of an image without layers."""
    config: dict[str, Any] = {"architecture": "amd64", "os": "linux", "rootfs": {}}
    author = {"author": content} if content else {}
    return json.dumps(config | author | ({"config": {"Labels": labels}} if labels else {})).encode()


@dataclass(slots=True)
class _Repository:
    """Media type and bytes by digest; digest by tag; digests of its blobs; reads that lag."""

    manifests: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    blobs: set[str] = field(default_factory=set)
    before: dict[str, tuple[str | None, int]] = field(default_factory=dict)


class _Refusal(Exception):  # noqa: N818 - it is an answer
    def __init__(self, status: int, code: str, **headers: str) -> None:
        super().__init__(code)
        body = json.dumps({"errors": [{"code": code, "message": code.lower()}]}).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        headers = {"Content-Type": "application/json; charset=utf-8", **named}
        self.answer = Answer(status=status, headers=headers, body=body)


class MemoryRegistry:
    """What it holds may be looked at and changed while it serves.

    Attributes:
        blobs: bytes by digest, of all repositories.
        written: repository, tag and digest of each write that set a tag, in order; a write of
            what the tag was already is none.
        requests: method and path of each request, in order.
        tokens: those that hold -> until when, by the monotonic clock.
        token_seconds: how long a new token holds.
    """

    def __init__(self, profile: Profile = DISTRIBUTION) -> None:
        self.profile = profile
        self.blobs: dict[str, bytes] = {}
        self.written: list[tuple[str, str, str]] = []
        self.requests: list[tuple[str, str]] = []
        self.tokens: dict[str, float] = {}
        self.token_seconds = 300
        self.identity_token = ""
        self._repositories: dict[str, _Repository] = {}
        self._uploads: dict[str, bytearray] = {}
        self._lock = threading.RLock()
        self._server = LoopbackServer(self._handle)

    @property
    def host(self) -> str:
        """Address and port."""
        return self._server.host

    @property
    def url(self) -> str:
        """Where it answers."""
        return self._server.url

    @property
    def login(self) -> tuple[str, str] | None:
        """User and password of who pushes."""
        return self.profile.login

    def stop(self) -> None:
        """As a crash would; what it holds stays."""
        self._server.stop()

    def start(self) -> None:
        """Again, on the same port."""
        self._server.start()

    def tags(self, repository: str) -> dict[str, str]:
        """Digest by tag, as it really is."""
        with self._lock:
            return dict(self._of(repository).tags)

    def manifest(self, repository: str, image: str) -> bytes:
        """The bytes of that digest."""
        with self._lock:
            return self._of(repository).manifests[image][1]

    def push(
        self,
        repository: str,
        *tags: str,
        content: str = "",
        config: bytes | None = None,
    ) -> str:
        """Have an image without layers, and return its digest.

        Args:
            repository: made where it is missing.
            tags: set to it, at once and for every reader.
            content: what tells this image from another.
            config: of the image, in place of one that is made up.
        """
        blob = config or config_of(content)
        described = {"mediaType": CONFIG, "size": len(blob), "digest": digest(blob)}
        document = {"schemaVersion": 2, "mediaType": MANIFEST, "config": described, "layers": []}
        body = json.dumps(document).encode()
        with self._lock:
            kept = self._repositories.setdefault(repository, _Repository())
            self.blobs[digest(blob)] = blob
            kept.blobs.add(digest(blob))
            kept.manifests[digest(body)] = (MANIFEST, body)
            kept.tags.update(dict.fromkeys(tags, digest(body)))
        return digest(body)

    def make(self, repository: str) -> None:
        """Have an empty repository."""
        with self._lock:
            self._repositories.setdefault(repository, _Repository())

    def delete(self, repository: str, image: str) -> None:
        """Delete the image of that digest, and every tag of it."""
        with self._lock:
            kept = self._of(repository)
            del kept.manifests[image]
            kept.tags = {tag: found for tag, found in kept.tags.items() if found != image}

    def delete_tag(self, repository: str, tag: str) -> None:
        """As a person would, on the registry's page."""
        with self._lock:
            del self._of(repository).tags[tag]

    def lose(self, repository: str, blob: str) -> None:
        """As its garbage collection would."""
        with self._lock:
            self._of(repository).blobs.remove(blob)

    def lose_manifest(self, repository: str, image: str) -> None:
        """As a retag on a full disk did: every tag of it stays, and leads nowhere."""
        with self._lock:
            del self._of(repository).manifests[image]

    def revoke(self) -> None:
        """Let every token end now."""
        with self._lock:
            self.tokens.clear()

    def _of(self, repository: str) -> _Repository:
        return self._repositories.get(repository) or _Repository()

    def _handle(self, exchange: Exchange) -> None:
        with self._lock:
            self.requests.append((exchange.method, exchange.path))
            try:
                answer = self._answer(exchange)
            except _Refusal as refusal:
                answer = refusal.answer
        version = {"Docker-Distribution-Api-Version": "registry/2.0"}
        length = {"Content-Length": str(len(answer.body))} if answer.body else {}
        headers = {**version, **length, **answer.headers}
        exchange.answer(Answer(status=answer.status, headers=headers, body=answer.body))

    def _answer(self, exchange: Exchange) -> Answer:
        place = urlsplit(exchange.path)
        query = {name: values[0] for name, values in parse_qs(place.query).items()}
        if place.path == "/token":
            return self._token(exchange, query)
        found = _PATH.fullmatch(place.path)
        self._admit(exchange, found["repository"] if found else "")
        if place.path == "/v2/":
            return Answer(status=200, body=b"{}")
        if found is None:
            raise _Refusal(404, "UNSUPPORTED")
        if found["kind"] == "manifests":
            return self._manifests(exchange, found["repository"], found["name"])
        if found["kind"] == "blobs" and found["name"] != "uploads":
            return self._blobs(exchange, found["repository"], found["name"])
        if found["tags"]:
            return self._list(found["repository"])
        return self._upload(exchange, found["repository"], found["upload"] or "", query)

    def _admit(self, exchange: Exchange, repository: str) -> None:
        """Let in who may, as the profile says; Docker Hub says 401 for what is not ours."""
        if self.login is None:
            return
        given = exchange.headers.get("authorization", "")
        kind, _, value = given.partition(" ")
        foreign = bool(repository) and not repository.startswith(self.profile.own)
        if self.profile.tokens:
            good = kind == "Bearer" and self.tokens.get(value, 0.0) > time.monotonic()
        else:
            good = kind == "Basic" and _decoded(value) == ":".join(self.login)
        if not good or foreign:
            raise _Refusal(
                401, "UNAUTHORIZED", WWW_Authenticate=self._challenge(exchange, repository)
            )

    def _challenge(self, exchange: Exchange, repository: str) -> str:
        if not self.profile.tokens:
            return 'Basic realm="Bearer of a login, or none"'
        scope = f',scope="repository:{repository}:pull"' if repository else ""
        return f'Bearer realm="http://{self._named(exchange)}/token",service="tests"{scope}'

    def _token(self, exchange: Exchange, query: Mapping[str, str]) -> Answer:
        if exchange.method == "POST":
            form = {name: v[0] for name, v in parse_qs(exchange.body.decode()).items()}
            good = bool(self.identity_token) and form.get("refresh_token") == self.identity_token
        else:
            form = dict(query)
            _, _, value = exchange.headers.get("authorization", "").partition(" ")
            good = self.login is not None and _decoded(value) == ":".join(self.login)
        if not good or form.get("service") != "tests":
            raise _Refusal(401, "UNAUTHORIZED")
        token = f"token-{secrets.token_hex(8)}"
        self.tokens[token] = time.monotonic() + self.token_seconds
        return _said({"token": token, "expires_in": self.token_seconds})

    def _manifests(self, exchange: Exchange, repository: str, name: str) -> Answer:
        kept = self._repositories.get(repository)
        if exchange.method == "PUT":
            return self._put_manifest(exchange, repository, name)
        if kept is None:
            status, code = self.profile.missing
            raise _Refusal(status, "NAME_UNKNOWN" if status == 404 else code)
        if exchange.method == "DELETE":
            return self._delete_manifest(kept, repository, name)
        image = name if ":" in name else self._seen(kept, name)
        if image not in kept.manifests:
            raise _Refusal(*self.profile.missing)
        media_type, body = kept.manifests[image]
        if self.profile.converts and media_type not in exchange.headers.get("accept", ""):
            media_type, body = SCHEMA_1, b'{"schemaVersion": 1, "name": "converted"}'
        headers = {"Content-Type": media_type, "Docker-Content-Digest": digest(body)}
        return Answer(status=200, headers=headers, body=body)

    def _seen(self, kept: _Repository, tag: str) -> str | None:
        """What a reader sees the tag to be: for a while what it was before."""
        before, reads = kept.before.get(tag, (None, 0))
        if reads:
            kept.before[tag] = (before, reads - 1)
            return before
        return kept.tags.get(tag)

    def _put_manifest(self, exchange: Exchange, repository: str, name: str) -> Answer:
        kept = self._writable(repository)
        found = digest(exchange.body)
        _check_manifest(exchange.body, kept)
        if ":" in name and name != found:
            raise _Refusal(400, "DIGEST_INVALID")
        headers = {
            "Docker-Content-Digest": found,
            "Location": f"/v2/{repository}/manifests/{found}",
        }
        self._refuse_moved(kept, name, found)
        kept.manifests[found] = (exchange.headers.get("content-type", ""), exchange.body)
        dropped = self.profile.immutable == "dropped" and name in kept.tags
        if ":" not in name and not dropped:
            self._set(repository, kept, name, found)
        return Answer(status=201, headers=headers)

    def _refuse_moved(self, kept: _Repository, tag: str, image: str) -> None:
        there = kept.tags.get(tag)
        same = self.profile.immutable == "same" and there is not None
        other = self.profile.immutable == "other" and there not in {None, image}
        if same or other:
            raise _Refusal(400, "TAG_INVALID")

    def _set(self, repository: str, kept: _Repository, tag: str, image: str) -> None:
        there = kept.tags.get(tag)
        if there != image:
            kept.before[tag] = (there, self.profile.lagging)
            kept.tags[tag] = image
            self.written.append((repository, tag, image))

    def _writable(self, repository: str) -> _Repository:
        if self.profile.makes_repositories:
            return self._repositories.setdefault(repository, _Repository())
        if repository not in self._repositories:
            raise _Refusal(404, "NAME_UNKNOWN")
        return self._repositories[repository]

    def _delete_manifest(self, kept: _Repository, repository: str, name: str) -> Answer:
        if ":" in name:
            self.delete(repository, name)
        elif self.profile.deletes_tags and name in kept.tags:
            del kept.tags[name]
        else:
            raise _Refusal(405, "UNSUPPORTED")
        return Answer(status=202)

    def _blobs(self, exchange: Exchange, repository: str, name: str) -> Answer:
        if name not in self._of(repository).blobs:
            raise _Refusal(404, "BLOB_UNKNOWN")
        headers = {"Content-Type": "application/octet-stream", "Docker-Content-Digest": name}
        assert exchange.method in {"GET", "HEAD"}
        return Answer(status=200, headers=headers, body=self.blobs[name])

    def _list(self, repository: str) -> Answer:
        if repository not in self._repositories:
            raise _Refusal(404, "NAME_UNKNOWN")
        return _said({"name": repository, "tags": sorted(self._of(repository).tags) or None})

    def _upload(
        self, exchange: Exchange, repository: str, upload: str, query: Mapping[str, str]
    ) -> Answer:
        kept = self._writable(repository)
        if exchange.method == "POST":
            return self._start(exchange, repository, query)
        if upload not in self._uploads:
            raise _Refusal(404, "BLOB_UPLOAD_UNKNOWN")
        if exchange.method == "DELETE":
            del self._uploads[upload]
            return Answer(status=204)
        self._uploads[upload] += exchange.body
        if exchange.method != "PUT":
            return self._going_on(exchange, repository, upload)
        content = bytes(self._uploads.pop(upload))
        if digest(content) != query.get("digest"):
            raise _Refusal(400, "DIGEST_INVALID")
        self.blobs[digest(content)] = content
        kept.blobs.add(digest(content))
        return _blob_made(repository, digest(content))

    def _start(self, exchange: Exchange, repository: str, query: Mapping[str, str]) -> Answer:
        mounted = query.get("mount", "")
        if mounted in self._of(query.get("from", "")).blobs:
            self._of(repository).blobs.add(mounted)
            return _blob_made(repository, mounted)
        upload = secrets.token_hex(8)
        self._uploads[upload] = bytearray()
        return self._going_on(exchange, repository, upload)

    def _going_on(self, exchange: Exchange, repository: str, upload: str) -> Answer:
        size = len(self._uploads[upload])
        headers = {
            "Location": f"http://{self._named(exchange)}/v2/{repository}/blobs/uploads/{upload}",
            "Docker-Upload-UUID": upload,
            "Range": f"0-{max(0, size - 1)}",
        }
        return Answer(status=202, headers=headers)

    def _named(self, exchange: Exchange) -> str:
        """As the client calls us: it may come through a proxy, and is to stay on that way."""
        return exchange.headers.get("host", self.host)


@contextmanager
def memory_registry(profile: Profile = DISTRIBUTION) -> Iterator[MemoryRegistry]:
    """Start an empty registry; it is gone at the end of the `with`."""
    registry = MemoryRegistry(profile)
    try:
        yield registry
    finally:
        registry.stop()


def _check_manifest(body: bytes, kept: _Repository) -> None:
    try:
        document: Any = json.loads(body)
        needed = [document["config"], *document["layers"]] if "config" in document else []
        digests = [described["digest"] for described in needed]
        children = [described["digest"] for described in document.get("manifests", [])]
    except (ValueError, KeyError, TypeError) as error:
        raise _Refusal(400, "MANIFEST_INVALID") from error
    if not kept.blobs.issuperset(digests) or not set(children) <= set(kept.manifests):
        raise _Refusal(400, "MANIFEST_BLOB_UNKNOWN")


def _blob_made(repository: str, name: str) -> Answer:
    place = f"/v2/{repository}/blobs/{name}"
    return Answer(status=201, headers={"Docker-Content-Digest": name, "Location": place})


def _said(document: dict[str, Any]) -> Answer:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    return Answer(status=200, headers=headers, body=json.dumps(document).encode())


def _decoded(value: str) -> str:
    try:
        return b64decode(value).decode()
    except ValueError:
        return ""
