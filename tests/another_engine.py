"""A second Docker engine: that of ANOTHER_DOCKER_HOST, else one that is started for a while."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import docker
import pytest
from docker.errors import DockerException
from engine_under_test import Engine

VARIABLE = "ANOTHER_DOCKER_HOST"
_SECONDS = 60
_BRIDGE = "yardtests0"
_ADDRESS = "172.30.250.1/24"


@contextmanager
def another_engine(folder: Path) -> Iterator[tuple[str, Engine]]:
    """Its address, and what is on it; skips the test where there can be none."""
    named = os.environ.get(VARIABLE)
    if named:
        with closing(docker.DockerClient(base_url=named, timeout=60)) as client:
            yield named, Engine(client=client)
        return
    program = shutil.which("dockerd")
    if program is None or shutil.which("ip") is None or os.geteuid() != 0:
        wanted = "be root with `dockerd` and `ip`"
        pytest.skip(f"there is one engine: {wanted}, or name another in {VARIABLE}")
    address = f"unix://{folder}/s"
    with _daemon(program, folder, address), closing(_client(address, folder / "log")) as client:
        yield address, Engine(client=client)


@contextmanager
def _daemon(program: str, folder: Path, address: str) -> Iterator[None]:
    """It shares nothing with the engine of the machine, and leaves its networks alone.

    With a bridge of its own: with none, dockerd removes the `docker0` of the other engine.
    """
    (folder / "daemon.json").write_text("{}")
    options = {
        "host": address,
        "config-file": str(folder / "daemon.json"),
        "data-root": str(folder / "data"),
        "exec-root": str(folder / "exec"),
        "pidfile": str(folder / "pid"),
        "containerd-namespace": "another",
        "containerd-plugins-namespace": "another-plugins",
        "bridge": _BRIDGE,
        "iptables": "false",
        "ip-forward": "false",
        "ip-masq": "false",
    }
    command = [program, *(f"--{name}={value}" for name, value in options.items())]
    with _bridge(), (folder / "log").open("wb") as log:
        daemon = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        with daemon:
            try:
                yield
            finally:
                daemon.terminate()


@contextmanager
def _bridge() -> Iterator[None]:
    subprocess.run(["ip", "link", "add", _BRIDGE, "type", "bridge"], check=True)
    try:
        subprocess.run(["ip", "address", "add", _ADDRESS, "dev", _BRIDGE], check=True)
        yield
    finally:
        subprocess.run(["ip", "link", "delete", _BRIDGE], check=True)


def _client(address: str, log: Path) -> docker.DockerClient:
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until:
        if Path(address.removeprefix("unix://")).is_socket():
            client = docker.DockerClient(base_url=address, version="1.41", timeout=60)
            try:
                client.ping()
            except (DockerException, OSError):
                client.close()
            else:
                return client
        time.sleep(0.1)
    raise AssertionError(f"the second engine does not start: {log.read_text()[-2000:]}")
