"""What a registry replied in, what may be concluded from it out: fails closed, pure."""

from __future__ import annotations

import json
import re
from typing import Any

from build_config.registry.answers import Absent, Answer, CannotTell, Present, digest_of
from build_config.registry.transport import Reply

DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
ACCEPTED = (DOCKER_MANIFEST, DOCKER_LIST, OCI_MANIFEST, OCI_INDEX)
"""Asked for all together: a registry makes another manifest, with another digest, for who takes
less than what it has."""

MANIFEST_LIMIT = 4 * 1024 * 1024  # bytes; what the specification lets a registry refuse
_ABSENT = {
    "manifests": frozenset({"MANIFEST_UNKNOWN", "NAME_UNKNOWN"}),
    "blobs": frozenset({"BLOB_UNKNOWN", "NAME_UNKNOWN"}),
}
_NOT_FOUND = 404
_OK = 200
_LONGEST = 200


def judge(reply: Reply, *, reference: str, registry: str) -> Answer:
    """What the answer to `GET manifests/<reference>` says of it."""
    if says_absent(reply, "manifests"):
        return Absent()
    if reply.status != _OK:
        return CannotTell(why=f"{registry} {told(reply)}")
    manifest = _manifest(reply)
    if isinstance(manifest, str):
        return CannotTell(why=f"{registry} {manifest}")
    said = reply.headers.get("docker-content-digest", manifest.digest)
    for expected in (said, reference if ":" in reference else manifest.digest):
        if expected != manifest.digest:
            why = f"{registry} calls `{_line(expected)}` what is {manifest.digest}"
            return CannotTell(why=why)
    return manifest


def says_absent(reply: Reply, kind: str) -> bool:
    """Whether it is the one reply that means "there is none": any other 404 may be a proxy's.

    Args:
        reply: to a GET: the reply to a HEAD has no error code.
        kind: `manifests` or `blobs`.
    """
    codes = error_codes(reply)
    return reply.status == _NOT_FOUND and bool(codes) and _ABSENT[kind].issuperset(codes)


def error_codes(reply: Reply) -> tuple[str, ...]:
    """Such as `MANIFEST_UNKNOWN`; none where the body is not that of the protocol."""
    return tuple(_line(str(error.get("code"))) for error in _errors(reply))


def told(reply: Reply) -> str:
    """What it said, as a few words that follow its name: `answered 403 (DENIED: no access)`."""
    said = [": ".join(filter(None, map(_text, _words(error)))) for error in _errors(reply)]
    return f"answered {reply.status}" + (f" ({_line('; '.join(said))})" if said else "")


def _words(error: dict[str, Any]) -> tuple[Any, Any]:
    return error.get("code"), error.get("message")


def _manifest(reply: Reply) -> Present | str:
    """The manifest in the body; else why it is none."""
    declared = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    document = _document(reply.body)
    if document is None or document.get("schemaVersion") not in (1, 2):
        return f"answered 200 with what is no manifest (`{_line(declared)}`)"
    if document["schemaVersion"] == 1:
        return "answered with a manifest of the abandoned schema 1"
    inside = document.get("mediaType", declared)
    if declared not in ACCEPTED or inside != declared:
        return f"answered with a manifest of an unknown type (`{_line(declared)}`)"
    return Present(digest=digest_of(reply.body), media_type=declared, body=reply.body)


def _errors(reply: Reply) -> list[dict[str, Any]]:
    document = _document(reply.body) or {}
    found = document.get("errors")
    return [e for e in found if isinstance(e, dict)] if isinstance(found, list) else []


def _document(body: bytes) -> dict[str, Any] | None:
    try:
        found: Any = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _line(text: str) -> str:
    """What a stranger wrote, as the part of a line: nothing that a terminal would obey."""
    plain = re.sub(r"\s+", " ", "".join(c if c.isprintable() else " " for c in text)).strip()
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1]}…"
