"""A publisher and its registry in, whether their state is one that may be at any moment out.

The invariants are those of publishing: I1 what is written down can be pulled and has the digest
that was written down; I2 a version never changes its digest; I3 `latest` is a stable version that
is written down, and never goes down; I4 the spec that is written down is the image's own.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from memory_registry import MemoryRegistry
from publications import MANIFEST, SPEC, Publisher, digest

from build_config import versions
from build_config.discovery import VERSION_LABEL

LATEST = "latest"
STAGING = "staging"
_SECONDS = 60


class Reader:
    """Reads a registry as a person who pulls does, and believes nothing but bytes."""

    def __init__(self, host: str, path: str) -> None:
        self._connection = http.client.HTTPConnection(host, timeout=_SECONDS)
        self._path = path

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def digest_of(self, reference: str) -> str | None:
        """Of the manifest that it leads to; None where there is none."""
        found = self._get(f"manifests/{reference}")
        return None if found is None else f"sha256:{hashlib.sha256(found).hexdigest()}"

    def pull(self, image: str) -> Mapping[str, str]:
        """All bytes of an image, each hashed; the labels of its config."""
        manifest = self._get(f"manifests/{image}")
        assert manifest is not None, f"{self._path}@{image} is not there"
        document = json.loads(manifest)
        blobs = {}
        for part in (document["config"], *document["layers"]):
            blob = self._get(f"blobs/{part['digest']}")
            assert blob is not None, f"{part['digest']} of {image} is not there"
            assert part["digest"] == f"sha256:{hashlib.sha256(blob).hexdigest()}"
            blobs[part["digest"]] = blob
        config = json.loads(blobs[document["config"]["digest"]])
        labels: Mapping[str, str] = config["config"]["Labels"]
        return labels

    def _get(self, place: str) -> bytes | None:
        end = time.monotonic() + _SECONDS
        status, content = self._ask(place)
        # A write may still land whose client gave up, and Debian's registry writes its links in
        # place: who reads one that is empty at that moment is answered 500.
        while status == 500 and time.monotonic() < end:
            time.sleep(0.02)
            status, content = self._ask(place)
        assert status in {200, 404}, f"{place}: {status} {content[:200]!r}"
        return content if status == 200 else None

    def _ask(self, place: str) -> tuple[int, bytes]:
        self._connection.request("GET", f"/v2/{self._path}/{place}", headers={"Accept": MANIFEST})
        answer = self._connection.getresponse()
        return answer.status, answer.read()


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """What people see of an image.

    Attributes:
        tags: version, or `latest`, -> digest.
        recorded: version -> digest, as it was written down.
    """

    tags: Mapping[str, str]
    recorded: Mapping[str, str]


def assert_invariants(
    publisher: Publisher,
    registry: MemoryRegistry | str,
    known: Sequence[str],
    *,
    lost: Sequence[str] = (),
    garbled: bool = False,
) -> State:
    """See that an image's state is allowed, and give it.

    Args:
        publisher: whose image and ledger.
        registry: its log of writes counts too; or the address of another one.
        known: every version that there may be.
        lost: versions whose tags somebody has deleted, and that need not be back yet.
        garbled: a bit was changed on the way, and a registry takes any manifest: what nobody has
            sent counts as nothing at all.
    """
    path, repository = publisher.target("1").path, publisher.target("1").repository
    host = registry if isinstance(registry, str) else registry.host
    reader = Reader(host, path)
    try:
        tags = {tag: reader.digest_of(tag) for tag in (*known, LATEST)}
        if garbled:
            sent = _sent(publisher, known)
            tags = {tag: found if found in sent else None for tag, found in tags.items()}
        recorded = {}
        version_of = {}
        for release in publisher.ledger.read().of(repository):
            recorded[release.version] = release.digest
            labels = reader.pull(release.digest)
            version_of[release.digest] = release.version
            assert labels[VERSION_LABEL] == release.version
            assert release.spec == json.loads(labels["spec"]) == SPEC
            found = tags[release.version]
            gone = found is None and release.version in lost
            assert gone or found == release.digest, f"{release.version} is {found}"
    finally:
        reader.close()
    latest = tags[LATEST]
    assert latest is None or version_of[latest]
    if isinstance(registry, MemoryRegistry):
        log = [(tag, found) for where, tag, found in registry.written if where == path]
        if garbled:
            log = [(tag, found) for tag, found in log if found in _sent(publisher, known)]
        _assert_log(log, version_of)
    return State(tags={tag: d for tag, d in tags.items() if d is not None}, recorded=recorded)


def highest(recorded: Mapping[str, str]) -> str | None:
    """The digest that `latest` has in the end."""
    stable = [(order, v) for v in recorded if (order := versions.order(v)) and order[3]]
    return recorded[max(stable)[1]] if stable else None


def _sent(publisher: Publisher, known: Sequence[str]) -> frozenset[str]:
    """Digests of everything that any run of a campaign sends on purpose."""
    made = (publisher.image(version, built=built) for version in known for built in ("", "anew"))
    return frozenset(digest(image.manifest) for image in made)


def _assert_log(log: Sequence[tuple[str, str]], version_of: Mapping[str, str]) -> None:
    """No version was ever anything else, and `latest` only went up."""
    tops = []
    seen: dict[str, str] = {}
    for tag, found in log:
        if tag == LATEST:
            order = versions.order(version_of[found])
            assert order is not None
            tops.append(order)
        elif tag != STAGING:
            assert seen.setdefault(tag, found) == found, f"{tag} was {seen[tag]}, then {found}"
    assert tops == sorted(tops), f"`latest` went down: {tops}"
