"""The engine that tests build on: what is there afterwards, and nothing of it left in the end."""

from __future__ import annotations

import io
import json
import os
import shutil
import socket
import subprocess
import tarfile
import uuid
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import docker
from archives import archive
from docker.errors import ImageNotFound, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

ADDRESS = os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"
_NAME_LABEL = "io.airbyte.name"
_PROGRAMS = ("sh", "cat", "sleep")


@dataclass(frozen=True, kw_only=True, slots=True)
class Engine:
    """The real engine, seen through the Docker SDK: not through the code under test."""

    client: docker.DockerClient

    def has(self, reference: str) -> bool:
        """Whether there is an image of that name."""
        with suppress(ImageNotFound):
            self.client.images.get(reference)
            return True
        return False

    def id(self, reference: str) -> str:
        """What the engine calls the image."""
        return str(self.client.images.get(reference).id)

    def labels(self, reference: str) -> dict[str, str]:
        """Of the image."""
        return dict(self.client.images.get(reference).labels)

    def history(self, reference: str) -> str:
        """All that the engine tells of how the image came to be, and its whole configuration."""
        image = self.client.images.get(reference)
        return f"{image.attrs}\n{image.history()}"

    def content(self, reference: str, path: str) -> str:
        """Text of a file in the image."""
        archive = self.files(reference)
        return archive[path.lstrip("/")].decode()

    def files(self, reference: str) -> dict[str, bytes]:
        """Every regular file of the image, by path."""
        container = self.client.containers.create(reference, ["nothing"])
        try:
            exported = io.BytesIO()
            exported.writelines(_chunks(container))
            exported.seek(0)
        finally:
            container.remove()
        with tarfile.open(fileobj=exported) as listing:
            return {
                entry.name: stream.read()
                for entry in listing
                if entry.isreg() and (stream := listing.extractfile(entry))
            }

    def output(self, reference: str, *words: str) -> str:
        """What a container of the image prints, without a network."""
        said = self.client.containers.run(
            reference, list(words), network_disabled=True, remove=True
        )
        return bytes(said).decode()

    def remove_all(self, namespace: str) -> None:
        """Remove every image of the namespace, those without a name included."""
        for row in self.client.api.images():
            tags = row.get("RepoTags") or []
            names = [tag for tag in tags if tag.startswith(f"{namespace}/")]
            label = (row.get("Labels") or {}).get(_NAME_LABEL, "")
            others = [tag for tag in tags if tag not in names and not tag.startswith("<none>")]
            if label.startswith(f"{namespace}/") and not others:
                names = [row["Id"]]
            for name in names:
                with suppress(NotFound):
                    self.client.api.remove_image(name, force=True)

    def import_shell(self, reference: str) -> None:
        """Make an image of this machine's `sh`, `cat` and `sleep`: just enough for a RUN.

        It is another one each time, so that nothing of an earlier run of the tests is cached.
        """
        name, _, tag = reference.partition(":")
        self.client.api.import_image_from_data(
            archive({"id": uuid.uuid4().bytes, **shell_files()}, mode=0o755),
            repository=name,
            tag=tag,
            changes=["ENV PATH=/bin"],
        )

    def drop_cache(self, *, above: int, since: frozenset[str]) -> None:
        """Remove the entries of the builder's cache of more bytes than that, but for some."""
        for entry in self.build_cache():
            if entry["Size"] > above and entry["ID"] not in since:
                parameters = {"filters": json.dumps({"id": [entry["ID"]]}), "all": "1"}
                self.client.api.post(f"{self.client.api.base_url}/build/prune", params=parameters)

    def build_cache(self) -> list[dict[str, Any]]:
        """What the builder keeps."""
        return list(self.client.df().get("BuildCache") or [])


@contextmanager
def connected() -> Iterator[Engine]:
    """The engine of DOCKER_HOST or at the usual socket.

    Raises:
        DockerException: none answers.
        OSError: there is not even a socket.
    """
    _knock()
    client = docker.DockerClient(base_url=ADDRESS, timeout=60)
    try:
        client.ping()
        yield Engine(client=client)
    finally:
        client.close()


def _knock() -> None:
    """The SDK leaves a socket open that refuses, and warnings are errors here."""
    if ADDRESS.startswith("unix://"):
        with socket.socket(socket.AF_UNIX) as knocking:
            knocking.connect(ADDRESS.removeprefix("unix://"))


def _chunks(container: Any) -> Iterator[bytes]:
    """The stubs take these for text."""
    yield from container.export()


def shell_files() -> dict[str, bytes]:
    """This machine's `sh`, `cat` and `sleep` with the libraries they are linked to, by path."""
    files = {}
    for program in _PROGRAMS:
        path = shutil.which(program)
        if path is None:
            raise AssertionError(f"no {program} here")
        files[f"bin/{program}"] = Path(path).read_bytes()
        linked = subprocess.run(["ldd", path], capture_output=True, text=True, check=False).stdout
        for word in linked.split():
            if word.startswith("/"):
                files[word.lstrip("/")] = Path(word).read_bytes()
    return files
