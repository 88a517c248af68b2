"""A real Docker registry for tests: nothing in, a registry on a free port of the loopback out.

It runs in a temporary folder, and both are gone afterwards. Where the program is missing it is
installed from Debian's archive, which takes root. `python tests/docker_registry.py <secrets>`
starts one for `invoke test --connector=source-docker-registry`.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
from debian_packages import DebianPackagesError, install

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = "docker-registry"
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.docker.container.image.v1+json"
USUAL = ("reader", "1e3")
LOGINS = {
    USUAL: "$2y$04$YSGtW6PtmoSuU2G0Odp6/e.r.e/lPVaMoMV2.7vnaCwU03ojF7jKG",
    ("reader", "a:b{{ 1 }}é"): "$2y$04$3Pl84RRjUPLVXLiT5WojtufnFlxXo2FD/EPLECrofch/BWCK8gwey",
}
"""User and password -> its bcrypt hash: passwords that a template may take for something else."""
_SECONDS = 120
"""Within which it starts, and stops, on however busy a machine."""


class DockerRegistryError(Exception):
    """There is no registry; the message says why and what to do."""


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
def docker_registry(login: tuple[str, str] | None = None) -> Iterator[DockerRegistry]:
    """Start an empty registry; it and all that it holds are gone at the end of the `with`.

    Args:
        login: one of `LOGINS`, who alone may read and write; None lets everybody.

    Raises:
        DockerRegistryError: the program is missing and cannot be installed, or does not start.
    """
    program = _program()
    with tempfile.TemporaryDirectory(prefix="connectoryard-registry-") as folder:
        log = Path(folder, "log")
        # It dies when we do. Ctrl-C is for the tests: they stop it.
        command = ["setpriv", "--pdeathsig=TERM", "--", program, "serve"]
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*command, _configuration(Path(folder), login)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            yield DockerRegistry(url=f"http://{_address(process, log)}", login=login)
        finally:
            process.terminate()
            process.wait(timeout=_SECONDS)


def fill_for_acceptance(registry: DockerRegistry, folder: Path) -> None:
    """Push what `source-docker-registry` expects in its acceptance tests, and write their configs.

    Args:
        registry: empty, with a login.
        folder: `secrets` of the connector; made where it is missing.
    """
    assert registry.login is not None
    registry.push("library/alpine", "3.20", "latest")
    registry.push("team/app", "1.10", "1_000")
    registry.delete("no-tags", registry.push("no-tags", "gone"))
    folder.mkdir(parents=True, exist_ok=True)
    user, password = registry.login
    for name, used in (("config", password), ("wrong_password", f"not {password}")):
        who = {"auth_type": "basic", "username": user, "password": used}
        content = {"url": registry.url, "authentication": who}
        (folder / f"{name}.json").write_text(json.dumps(content))


def _program() -> str:
    """The path of the program, which is installed first where it is missing."""
    try:
        install(
            PACKAGE,
            is_there=lambda: shutil.which(PACKAGE) is not None,
            left_out_by="not docker_registry",
        )
    except DebianPackagesError as error:
        raise DockerRegistryError(str(error)) from error
    found = shutil.which(PACKAGE)
    if found is None:
        raise DockerRegistryError(f"`{PACKAGE}` is installed, but not on the PATH")
    return found


def _configuration(folder: Path, login: tuple[str, str] | None) -> Path:
    """JSON is YAML; port 0 is any free one, which the log then tells."""
    storage = {
        "filesystem": {"rootdirectory": str(folder / "storage")},
        "delete": {"enabled": True},
    }
    configuration: dict[str, Any] = {
        "version": "0.1",
        "log": {"level": "info", "accesslog": {"disabled": True}},
        "storage": storage,
        "http": {"addr": "127.0.0.1:0"},
    }
    if login:
        (folder / "htpasswd").write_text(f"{login[0]}:{LOGINS[login]}\n")
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
    raise DockerRegistryError(f"`{PACKAGE}` does not start: {log.read_text()[-2000:].strip()}")


def _serve(secrets: Path) -> None:
    """The `x-service` of source-docker-registry: until Ctrl-C or `kill`."""
    with docker_registry(login=USUAL) as registry:
        fill_for_acceptance(registry, secrets)
        sys.stdout.write(f"ready: a registry at {registry.url}; its configs are in {secrets}\n")
        sys.stdout.flush()
        ends = {signal.SIGINT, signal.SIGTERM}
        signal.pthread_sigmask(signal.SIG_BLOCK, ends)
        signal.sigwait(ends)
        shutil.rmtree(secrets)


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
