"""`invoke setup` against a real engine: images are made, left alone, and never half-made."""

from __future__ import annotations

from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from build_config.errors import MachineError
from build_config.machine import base_images, setup
from build_config.machine.bootstrap import BOOTSTRAPPED_FROM_LABEL, bootstrap
from build_config.machine.engine_address import find_engine_address
from build_config.machine.engine_client import connect
from build_config.machine.findings import Finding, Needs, Progress, State
from build_config.machine.host import look_at_host
from build_config.machine.recipes import RECIPES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker import APIClient

pytestmark = pytest.mark.engine

HOST = look_at_host()
NEEDS_MMDEBSTRAP = pytest.mark.skipif(
    not (HOST.mmdebstrap or HOST.installs_packages), reason="needs mmdebstrap and Debian's archive"
)
# What images built on the official one rely on: where things are, pip's layout, TLS.
LOOK_AROUND = """
import ssl, subprocess, sys, sysconfig
assert sys.version_info[:2] == (3, 11)
assert (sys.prefix, sys.executable) == ("/usr/local", "/usr/local/bin/python3"), sys.executable
assert sysconfig.get_path("purelib") == "/usr/local/lib/python3.11/site-packages"
assert ssl.create_default_context().get_ca_certs()
call = "import setuptools; setuptools.setup(name='tiny', py_modules=['tiny'])"
open("/setup.py", "w").write(call)
open("/tiny.py", "w").close()
install = "pip install -q --no-index --no-build-isolation --root-user-action=ignore".split()
subprocess.run([*install, "--prefix=/installed", "/"], check=True)
open("/installed/lib/python3.11/site-packages/tiny.py").close()
subprocess.run([*install, "/"], check=True)
import tiny
print(tiny.__file__)
"""
# The same of Java: where it is, and that it trusts whom the system trusts.
LOOK_AROUND_IN_JAVA = """
set -e
test "$JAVA_HOME" = /opt/java/openjdk
test "$(command -v java)" = /opt/java/openjdk/bin/java
test -s "$(dirname "$(dirname "$(readlink -f /opt/java/openjdk/bin/java)")")/lib/security/cacerts"
java -Xshare:dump -XX:SharedArchiveFile=/tmp/a.jsa > /dev/null
java -XX:+UseSerialGC -version 2>&1
"""
TRIALS = {
    "python:3.11-slim-bookworm": (("python3", "-c", LOOK_AROUND), "/tiny.py"),
    "eclipse-temurin:17-jre": (("sh", "-c", LOOK_AROUND_IN_JAVA), 'openjdk version "17.'),
}


@pytest.fixture
def client() -> Iterator[APIClient]:
    with closing(connect(find_engine_address())) as connected:
        yield connected


@pytest.fixture
def reference(client: APIClient) -> Iterator[str]:
    """A name that only this test uses; what it names is removed afterwards."""
    name = "setup-trial/made:1"
    yield name
    if base_images.look(client, name).state is State.FINE:
        client.remove_image(name, force=True)


def run_in(client: APIClient, reference: str, *command: str) -> str:
    container = client.create_container(reference, list(command), network_disabled=True)["Id"]
    try:
        client.start(container)
        status = client.wait(container)["StatusCode"]
        output: str = client.logs(container).decode()
    finally:
        client.remove_container(container, force=True)
    assert status == 0, output
    return output


def leftovers() -> set[Path]:
    return set(Path("/var/tmp").glob("connector-yard-*"))  # noqa: S108 - only looked at


@NEEDS_MMDEBSTRAP
@pytest.mark.parametrize("original", RECIPES)
def test_what_setup_made_on_this_machine_works_like_the_original(
    client: APIClient, original: str
) -> None:
    finding = base_images.look(client, original)
    if "bootstrapped" not in finding.found:
        pytest.skip(f"`{original}` came from its registry, or is not here")
    command, answer = TRIALS[original]
    assert answer in run_in(client, original, *command)


@NEEDS_MMDEBSTRAP
@pytest.mark.long
def test_an_image_is_made_from_packages_and_leaves_nothing_else(
    client: APIClient, reference: str
) -> None:
    original, recipe = next(iter(RECIPES.items()))
    before = leftovers()
    steps = tuple(bootstrap(client, reference=reference, recipe=recipe, host=HOST))

    fractions = [step.fraction for step in steps if step.fraction is not None]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    finding = base_images.look(client, reference)
    assert finding.state is State.FINE
    assert "bootstrapped" in finding.found
    labels = client.inspect_image(reference)["Config"]["Labels"]  # type: ignore[no-untyped-call]  # stubs
    assert labels[BOOTSTRAPPED_FROM_LABEL].startswith("debian bookworm: ")
    command, answer = TRIALS[original]
    assert answer in run_in(client, reference, *command)
    assert run_in(client, reference, "ls", "/etc/apt/apt.conf.d").split() == [
        "01autoremove",
        "70debconf",
    ]
    assert "Packages" not in run_in(client, reference, "ls", "/var/lib/apt/lists")
    assert not leftovers() - before


@NEEDS_MMDEBSTRAP
def test_stopping_in_the_middle_leaves_no_image_and_no_files(
    client: APIClient, reference: str
) -> None:
    recipe, before = next(iter(RECIPES.values())), leftovers()
    with closing(bootstrap(client, reference=reference, recipe=recipe, host=HOST)) as steps:
        next(step for step in steps if step.activity == "downloading packages")
        assert leftovers() - before
    assert base_images.look(client, reference).state is State.MISSING
    assert not leftovers() - before


def test_an_image_that_no_registry_gives_is_a_finding_with_its_reason() -> None:
    needs = Needs(external_images=("localhost:1/nobody/listens:1",))
    values = tuple(setup.prepare(needs))
    (finding,) = (
        value
        for value in values
        if value.subject == "image localhost:1/nobody/listens:1" and isinstance(value, Finding)
    )
    assert finding.state is State.BROKEN
    assert "no registry can be reached" in finding.found
    assert "connection refused" in finding.found
    assert "docker load" in finding.remedy


class EmptyRegistry(BaseHTTPRequestHandler):
    """A registry that answers, and has nothing."""

    def do_GET(self) -> None:
        """Say that the registry is there, and that nothing else is."""
        found = self.path == "/v2/"
        body = b"{}" if found else b'{"errors": [{"code": "MANIFEST_UNKNOWN", "message": "no"}]}'
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815 - the name is http.server's

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


def test_a_registry_that_has_no_such_image_is_a_refusal(client: APIClient) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), EmptyRegistry) as registry:
        Thread(target=registry.serve_forever, daemon=True).start()
        steps = base_images.obtain(
            client, f"127.0.0.1:{registry.server_port}/nobody/has:1", host=HOST
        )
        with pytest.raises(MachineError, match="the registry does not give") as caught:
            tuple(steps)
        registry.shutdown()
    assert not isinstance(caught.value, base_images.RegistryUnreachableError)


def test_what_is_there_is_fine_and_nothing_is_done(client: APIClient, reference: str) -> None:
    empty = client.import_image_from_data(bytes(10240), repository="setup-trial/made", tag="1")
    assert "sha256:" in str(empty)
    needs = Needs(external_images=(reference,))
    values = tuple(setup.prepare(needs))
    assert values == setup.inspect(needs)
    assert not [value for value in values if isinstance(value, Progress)]
    image = next(value for value in values if value.subject == f"image {reference}")
    assert isinstance(image, Finding)
    assert (image.state, image.found) == (State.FINE, "in the engine")


def test_an_engine_elsewhere_that_is_silent_leaves_images_unknown_and_installs_nothing() -> None:
    needs = Needs(external_images=("python:3.11",), docker_host="tcp://127.0.0.1:1")
    states = {
        value.subject: value.state for value in setup.prepare(needs) if isinstance(value, Finding)
    }
    assert states["Docker engine"] is State.BROKEN
    assert states["image python:3.11"] is State.UNKNOWN
