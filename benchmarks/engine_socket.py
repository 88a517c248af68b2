"""The engine's plain HTTP interface on its socket: a question in, its answer out, nothing else.

What our times are compared with goes through here: the standard library and no client of Docker's.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote, urlencode

_API = "/v1.41"  # that of Docker 20.10; newer engines know it too
_TAR = {"Content-Type": "application/x-tar"}


class EngineError(Exception):
    """The engine said no; the message is its own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Engine:
    """An engine that listens on a socket in the file system."""

    path: str

    def list_images(self, filters: Mapping[str, list[str]] | None = None) -> Any:
        """All images, as `docker image ls` asks for them."""
        query = f"?{urlencode({'filters': json.dumps(filters)})}" if filters else ""
        return json.loads(self._ask("GET", f"/images/json{query}"))

    def describe(self) -> str:
        """`Docker 20.10.24, store overlay2`."""
        said = self._info()
        kind = " of containerd" if self.has_containerd_store() else ""
        return f"Docker {said['ServerVersion']}, store {said['Driver']}{kind}"

    def has_containerd_store(self) -> bool:
        """Whether containerd keeps its images: listing them takes a time for each.

        Source: `DriverStatus` of `GET /info`, as `docker info` shows it.
        """
        return ["driver-type", "io.containerd.snapshotter.v1"] in self._info()["DriverStatus"]

    def knows_named_contexts(self) -> bool:
        """Whether one build can stand on another of the same `docker buildx bake`.

        Source: BuildKit 0.10 began with it; Docker 23 was the first to bring that.
        """
        return int(self._info()["ServerVersion"].partition(".")[0]) >= 23  # noqa: PLR2004 - above

    def _info(self) -> Any:
        return json.loads(self._ask("GET", "/info"))

    def build(self, tag: str, tar: bytes) -> None:
        """Build one image with BuildKit from the tar of its context.

        Raises:
            EngineError: it was not built.
        """
        path = f"/build?{urlencode({'version': 2, 't': tag})}"
        for line in self._ask("POST", path, tar, _TAR).splitlines():
            said = json.loads(line)
            if "error" in said:
                raise EngineError(f"{tag}: {said['error']}")

    def remove(self, names: Iterable[str]) -> None:
        """Take the tags away, and the images that have no other."""
        for name in names:
            self._ask("DELETE", f"/images/{quote(name)}?force=1")

    def nameless(self, label: str, start: str) -> list[str]:
        """Ids of the images whose name another image got, and whose label starts like this."""
        filters = {"dangling": ["true"], "label": [label]}
        images = self.list_images(filters)
        return [image["Id"] for image in images if image["Labels"][label].startswith(start)]

    def tags(self, repository: str) -> list[str]:
        """The tags of all images whose name starts like this."""
        found = (tag for image in self.list_images() for tag in image["RepoTags"] or ())
        return sorted((tag for tag in found if tag.startswith(repository)), reverse=True)

    def build_cache(self) -> dict[str, int]:
        """What the builder keeps: bytes by id."""
        kept = json.loads(self._ask("GET", "/system/df"))["BuildCache"] or ()
        return {entry["ID"]: entry["Size"] for entry in kept}

    def drop_cache(self, *, above: int, since: Mapping[str, int]) -> None:
        """Remove what the builder keeps of more bytes than that, but for what it kept before."""
        for identity, size in self.build_cache().items():
            if size > above and identity not in since:
                filters = json.dumps({"id": [identity]})
                self._ask("POST", f"/build/prune?{urlencode({'filters': filters, 'all': 1})}")

    def _ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> bytes:
        connection = HTTPConnection("docker")
        connection.sock = socket.socket(socket.AF_UNIX)
        with closing(connection):
            connection.sock.connect(self.path)
            connection.request(method, _API + path, body, dict(headers or {}))
            answer = connection.getresponse()
            said = answer.read()
        if not 200 <= answer.status < 300:  # noqa: PLR2004 - HTTP's own
            raise EngineError(f"{method} {path}: {said.decode(errors='replace').strip()}")
        return said


def find_engine() -> Engine:
    """The engine of `DOCKER_HOST`, else the usual one.

    Raises:
        EngineError: it is not on a socket of this machine.
    """
    address = os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"
    if not address.startswith("unix://"):
        raise EngineError(f"benchmarks need an engine on a socket here, not `{address}`")
    return Engine(path=address.removeprefix("unix://"))
