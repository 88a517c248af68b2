"""A real `docker-registry` of Debian's on a free port of this machine, and small images for it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import requests

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = "docker-registry"
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.docker.container.image.v1+json"
_SECONDS = 20
"""Within which it listens."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DockerRegistry:
    """A registry that runs.

    Attributes:
        url: its address.
        login: user and password of who pushes; None where it asks for none.
    """

    url: str
    login: tuple[str, str] | None = None

    def push(self, repository: str, *tags: str) -> str:
        """Push an image without layers, tag it, and return its digest."""
        with requests.Session() as session:
            session.auth = self.login
            config = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {}}).encode()
            self._push_blob(session, repository, config)
            described = {"mediaType": CONFIG, "size": len(config), "digest": digest(config)}
            manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": described}
            content = json.dumps({**manifest, "layers": []}).encode()
            for tag in tags:
                address = f"{self.url}/v2/{repository}/manifests/{tag}"
                headers = {"Content-Type": MANIFEST}
                session.put(address, data=content, headers=headers).raise_for_status()
        return digest(content)

    def delete(self, repository: str, image: str) -> None:
        """Delete the image of that digest, and every tag of it."""
        address = f"{self.url}/v2/{repository}/manifests/{image}"
        requests.delete(address, auth=self.login, timeout=_SECONDS).raise_for_status()

    def _push_blob(self, session: requests.Session, repository: str, content: bytes) -> None:
        started = session.post(f"{self.url}/v2/{repository}/blobs/uploads/")
        started.raise_for_status()
        parameters = {"digest": digest(content)}
        session.put(started.headers["Location"], params=parameters, data=content).raise_for_status()


def digest(content: bytes) -> str:
    """As registries name content."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


@contextmanager
def running(
    folder: Path, *, htpasswd: str = "", login: tuple[str, str] | None = None
) -> Iterator[DockerRegistry]:
    """A new, empty registry; it and all that it holds are gone afterwards.

    Args:
        folder: an empty directory, for its configuration, its storage and its log.
        htpasswd: `user:bcrypt hash` lines of who may read and write; empty lets everybody.
        login: one of them.

    Raises:
        AssertionError: there is no `docker-registry` and none can be installed, or it ends at once.
    """
    log = folder / "log"
    command = [_program(), "serve", str(_configuration(folder, htpasswd))]
    with (
        log.open("wb") as output,
        subprocess.Popen(command, stdout=output, stderr=output) as process,
    ):
        try:
            yield DockerRegistry(url=f"http://{_address(process, log)}", login=login)
        finally:
            process.terminate()
            process.wait(timeout=_SECONDS)
            shutil.rmtree(folder)


def _program() -> str:
    found = shutil.which(PACKAGE)
    if found is None and shutil.which("apt-get") and os.geteuid() == 0:
        _apt_get("update", "--quiet=2")
        _apt_get("install", "--quiet=2", "--yes", "--no-install-recommends", PACKAGE)
        found = shutil.which(PACKAGE)
    if found is None:
        raise AssertionError(
            f"there is no `{PACKAGE}` on this machine: as root, on Debian or Ubuntu, the tests "
            f"install it; elsewhere run `sudo apt-get install {PACKAGE}` or put its program on PATH"
        )
    return found


def _apt_get(*words: str) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        ["apt-get", *words], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise AssertionError(f"`apt-get {' '.join(words)}` failed: {done.stderr.strip()}")


def _configuration(folder: Path, htpasswd: str) -> Path:
    """JSON is YAML; port 0 is any free one, which the log then tells."""
    storage = {
        "filesystem": {"rootdirectory": str(folder / "storage")},
        "delete": {"enabled": True},
    }
    configuration = {
        "version": "0.1",
        "log": {"level": "info", "accesslog": {"disabled": True}},
        "storage": storage,
        "http": {"addr": "127.0.0.1:0"},
    }
    if htpasswd:
        (folder / "htpasswd").write_text(htpasswd)
        users = {"realm": "test", "path": str(folder / "htpasswd")}
        configuration["auth"] = {"htpasswd": users}
    file = folder / "config.yml"
    file.write_text(json.dumps(configuration))
    return file


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end and process.poll() is None:
        found = re.search(r"listening on ([\d.]+:\d+)", log.read_text())
        if found:
            return found[1]
        time.sleep(0.02)
    raise AssertionError(f"`{PACKAGE}` does not listen: {log.read_text()}")
