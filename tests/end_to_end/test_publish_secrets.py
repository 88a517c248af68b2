"""Canaries in every input of build, test and publish; afterwards they are looked for everywhere."""

from __future__ import annotations

import base64
import gzip
import json
import threading
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
import repositories
import tiny_connectors as tiny
from docker_registry import LOGINS, docker_registry
from publishing_yard import PublishingYard
from yard import NOBODY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine_under_test import Engine
    from yard import Finished, Yard

pytestmark = pytest.mark.engine

LOGIN = next(login for login in LOGINS if len(login[1]) > 6)
"""Its password is one that a template, a shell or a URL may take for something else."""
BOTH = ("source-a", "source-b")
TESTS = """
acceptance_tests:
  connection: {tests: [{}]}
  discovery: {bypass_reason: another test}
  basic_read: {bypass_reason: another test}
  full_refresh: {bypass_reason: another test}
  incremental: {bypass_reason: another test}
  robustness: {bypass_reason: another test}
"""
HELPER = """#!/bin/sh
read -r host
echo "$host" >> "$HOME/asked"
printf '{"ServerURL": "%s", "Username": "%s", "Secret": "%s"}' "$host" 'USER' 'PASSWORD'
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Canaries:
    """Values that must be found nowhere, by the input that they came in by."""

    values: dict[str, str] = field(
        default_factory=lambda: {
            name: f"{name}-{uuid.uuid4().hex}+/:@é"
            for name in ("variable", "config", "secret", "proxy", "git")
        }
    )

    def needles(self) -> dict[str, bytes]:
        """Every form in which a value may be written."""
        found: dict[str, bytes] = {}
        for name, value in {**self.values, "password": LOGIN[1]}.items():
            raw = value.encode()
            together = f"{LOGIN[0]}:{value}".encode()
            found |= {
                f"{name}, as it is": raw,
                f"{name}, quoted": json.dumps(value)[1:-1].encode(),
                f"{name}, in a URL": quote(value, safe="").encode(),
                f"{name}, as a path": quote(value).encode(),
                f"{name}, in base64": base64.b64encode(raw).rstrip(b"=")[:-1],
                f"{name}, in a login": base64.b64encode(together).rstrip(b"=")[:-1],
            }
        return found

    def assert_absent(self, contents: dict[str, bytes]) -> None:
        """Look for each form in everything."""
        assert contents
        hits = [
            f"{form}: {place}"
            for form, needle in self.needles().items()
            for place, content in contents.items()
            if needle in content
        ]
        assert not hits


@contextmanager
def watched_processes(seen: set[bytes]) -> Iterator[None]:
    """Collect what all processes of this machine were started with."""
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.02):
            for place in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.add(place.read_bytes())
                except OSError:
                    continue

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield
    finally:
        ended.set()
        watching.join()


def published(house: PublishingYard, name: str) -> dict[str, bytes]:
    """Manifests, configs and layers of all tags, the layers unpacked."""
    found = {}
    for tag in house.tags(name):
        content = house.bytes_of(name, tag)
        assert content is not None
        found[f"{name}:{tag}"] = content
        document = json.loads(content)
        for part in (document["config"], *document["layers"]):
            blob = house.blob(name, part["digest"])
            whole = gzip.decompress(blob) if part["mediaType"].endswith("gzip") else blob
            found[f"{name}@{part['digest']}"] = whole
    assert len(found) >= 4
    return found


def kept(yard: Yard) -> dict[str, bytes]:
    """All that we wrote down, in files and in git."""
    files = [path for path in (yard.root / ".yard").rglob("*") if path.is_file()]
    assert files
    found = {str(path): path.read_bytes() for path in files}
    listed = repositories.git(yard.root, "cat-file", "--batch-all-objects", "--batch-check")
    for line in listed.splitlines():
        identity, kind, _ = line.split()
        if kind != "tree":
            found[f"git {line}"] = repositories.git(yard.root, "cat-file", kind, identity).encode()
    assert any(b'"digest"' in content for place, content in found.items() if "blob" in place)
    return found


def said(runs: list[Finished]) -> dict[str, bytes]:
    """What was printed."""
    return {f"run {n}": (run.out + run.err).encode() for n, run in enumerate(runs)}


def with_helper(home: Path, host: str) -> None:
    """A credential helper for one registry, and nothing in the file."""
    program = home / "bin" / "docker-credential-yard"
    program.parent.mkdir()
    user, password = LOGIN
    program.write_text(HELPER.replace("USER", user).replace("PASSWORD", password))
    program.chmod(0o755)
    (home / ".docker" / "config.json").write_text(json.dumps({"credHelpers": {host: "yard"}}))


def inputs(canaries: Canaries, yard: Yard, host: str) -> PublishingYard:
    """Connectors, and a canary wherever a secret may be."""
    value = {name: quote(value, safe="") for name, value in canaries.values.items()}
    proxy = f"http://someone:{value['proxy']}@127.0.0.1:9"
    environment = {
        "SOME_TOKEN": canaries.values["variable"],
        "BUILD_TOKEN": canaries.values["secret"],
        **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), proxy),
        **dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost"),
        "PATH": f"{yard.home / 'bin'}:{yard.environment()['PATH']}",
    }
    yard.settings("images: {source-a: {secrets: {token: {env: BUILD_TOKEN}}}}")
    config = json.dumps({"token": canaries.values["config"]}, ensure_ascii=False)
    for name in BOTH:
        folder = f"connectors/{name}"
        files = {"secrets/config.json": config, "acceptance-test-config.yml": TESTS}
        yard.write({f"{folder}/{path}": text for path, text in files.items()})
    remote = f"https://someone:{value['git']}@git.example.com/acme/x.git"
    repositories.new_repository(yard.root, {".gitignore": "secrets/\n"})
    repositories.git(yard.root, "remote", "add", "origin", remote)
    write_login(yard.home, host, proxy)
    return PublishingYard(yard=yard, shell="", host=host, login=LOGIN, environment=environment)


def careless() -> str:
    """Lines of a Dockerfile that take everything in, and print what they are trusted with."""
    return (
        "COPY . /all/\n"
        f"RUN --mount=type=secret,id=token : {uuid.uuid4()}; read -r token < /run/secrets/token; "
        "echo it is $token and ${#token} long\nUSER 1000:1000\n"
    )


def test_scenario_45_no_secret_leaves_its_place(yard: Yard, shell: str, engine: Engine) -> None:
    canaries, seen = Canaries(), set[bytes]()
    with docker_registry(LOGIN) as registry, watched_processes(seen):
        host = registry.url.removeprefix("http://")
        house = replace(inputs(canaries, yard, host), shell=shell)
        leaky = tiny.script(check='say "$config"; echo "$config" >&2')
        house.commit(
            house.connector("source-a", says=tiny.script(), more=careless()),
            house.connector("source-b", says=leaky),
        )
        own = house.environment
        built = yard.invoke("build", "--progress=json", environment=own)
        tested = yard.invoke("test", "--progress=json", environment=own)
        runs = [built, tested, house.publish("--progress=json")]
        with_helper(yard.home, host)
        house.commit(house.connector("source-a", "0.1.1", says=tiny.script(), more=careless()))
        runs += [house.publish("--progress=plain"), house.publish()]
        assert [run.code for run in runs] == [0, 1, 1, 1, 1], "\n".join(map(str, runs))
        assert f"it is *** and {len(canaries.values['secret'].encode())} long" in built.out
        assert "no secret of the config is in the output" in tested.out
        assert house.ledger().keys() == {("source-a", "0.1.0"), ("source-a", "0.1.1")}, str(runs[3])
        assert host in (yard.home / "asked").read_text()
        canaries.assert_absent(published(house, "source-a"))
    canaries.assert_absent(said(runs))
    canaries.assert_absent(kept(yard))
    assert any(b"publish" in started for started in seen), "we do look"
    canaries.assert_absent({"processes": b"\n".join(seen)})
    for name in BOTH:
        canaries.assert_absent({name: engine.history(yard.image(name)).encode()})


def write_login(home: Path, host: str, proxy: str) -> None:
    """As `docker login` does, and as Docker's guide to proxies says."""
    (home / ".docker").mkdir()
    auth = base64.b64encode(":".join(LOGIN).encode()).decode()
    document = {
        "auths": {host: {"auth": auth}},
        "proxies": {"default": {"httpProxy": proxy, "httpsProxy": proxy}},
    }
    (home / ".docker" / "config.json").write_text(json.dumps(document))


@pytest.mark.parametrize("login", ["me:{}", "{}"])
def test_scenario_45_a_remote_with_a_login_is_refused_and_not_repeated(
    repository: Yard, login: str
) -> None:
    canary = uuid.uuid4().hex
    house = PublishingYard(yard=repository, shell=NOBODY, host="localhost:1")
    house.commit(house.connector("source-a"))
    shared = replace(
        house,
        environment={
            "INVOKE_PUBLISH_REMOTE": f"https://{login.format(canary)}@git.example.com/x.git"
        },
    )
    refused = shared.publish()
    assert refused.code == 2, refused
    assert canary not in refused.out + refused.err
    assert "publish.remote" in refused.err
