"""`source-docker-registry` and its base in containers without rights, against a real registry."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import engine_under_test
import pytest
import yaml
from docker_registry import LOGINS, DockerRegistry, docker_registry
from engine_under_test import Engine
from yard import PROJECT, Yard

pytestmark = pytest.mark.engine

NAME = "source-docker-registry"
BASES = ("base-python", "base-declarative")
MANY = 120
"""Repositories: more than there are on a page of the registry."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """How a command of the connector ended."""

    code: int
    messages: list[dict[str, Any]]

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The payloads of one type of messages."""
        return [
            next(v for k, v in m.items() if k != "type") for m in self.messages if m["type"] == kind
        ]

    def data(self, stream: str) -> list[dict[str, Any]]:
        """The records of a stream."""
        return [it["data"] for it in self.of("RECORD") if it["stream"] == stream]


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """The image under test.

    Attributes:
        yard: the repository that it was built from.
        files: folder that its containers see as `/files`.
    """

    engine: Engine
    yard: Yard
    files: Path

    def __call__(self, *words: str, tmpfs: bool = False, **files: object) -> Answer:
        """Run a command in a container that may do nothing; `files` by flag, as JSON."""
        arguments = list(words)
        for name, content in files.items():
            (self.files / f"{name}.json").write_text(json.dumps(content))
            arguments += [f"--{name}", f"/files/{name}.json"]
        container = self.engine.client.containers.create(
            self.yard.image(NAME),
            arguments,
            network_mode="host",
            read_only=True,
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            mem_limit="512m",
            tmpfs={"/tmp": "noexec,size=16m"} if tmpfs else {},  # noqa: S108 - the container's own
            volumes={str(self.files): {"bind": "/files", "mode": "ro"}},
        )
        try:
            container.start()
            code = container.wait(timeout=120)["StatusCode"]
            output = container.logs(stdout=True, stderr=False).decode()
        finally:
            container.remove(force=True)
        return Answer(code=code, messages=[json.loads(line) for line in output.splitlines()])


def copy(yard: Yard, path: str, *files: str) -> None:
    """Copy files, or all of a directory, of this project into a yard, under its own namespace."""
    for file in files or (".",):
        source, target = PROJECT / path / file, yard.root / path / file
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            skipped = shutil.ignore_patterns("__pycache__", ".*_cache", "secrets")
            shutil.copytree(source, target, dirs_exist_ok=True, ignore=skipped)
        else:
            shutil.copyfile(source, target)
    for copied in (yard.root / path).rglob("*"):
        if copied.name in {"Dockerfile", "metadata.yaml", "acceptance-test-config.yml"} or (
            path.startswith("build_config")
        ):
            copied.write_text(copied.read_text().replace("connectoryard/", f"{yard.namespace}/"))


@pytest.fixture(scope="module")
def source(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Source]:
    """Built from three files and the bases, and nothing else."""
    folder = tmp_path_factory.mktemp("source")
    for name in ("repository", "home", "files"):
        (folder / name).mkdir()
    (folder / "files").chmod(0o755)
    yard = Yard(
        root=folder / "repository",
        home=folder / "home",
        namespace=f"declarative-{folder.name}".replace("_", "-"),
        engine=engine_under_test.ADDRESS,
    )
    for base in BASES:
        copy(yard, f"connectors/bases/{base}")
    copy(yard, f"connectors/{NAME}", "Dockerfile", "manifest.yaml", "metadata.yaml")
    built = yard.invoke("build", f"--connector={NAME}", within=600)
    assert built.code == 0, built
    yield Source(engine=engine, yard=yard, files=folder / "files")
    engine.remove_all(yard.namespace)


@pytest.fixture(scope="module")
def registry() -> Iterator[DockerRegistry]:
    """Open to all, with more repositories than there are on a page."""
    with docker_registry() as started:
        for number in range(MANY):
            started.push(f"team-{number % 7}/app-{number:03}", "latest", f"1.{number}0")
        started.delete("no-tags", started.push("no-tags", "gone"))
        yield started


def catalog(*streams: str) -> dict[str, Any]:
    """A configured catalog: full refresh."""
    stream = {"json_schema": {}, "supported_sync_modes": ["full_refresh"]}
    modes = {"sync_mode": "full_refresh", "destination_sync_mode": "overwrite"}
    return {"streams": [{"stream": {"name": name, **stream}, **modes} for name in streams]}


def status(answer: Answer) -> tuple[str, str]:
    """What a check says, and why."""
    assert answer.code == 0, answer
    [told] = answer.of("CONNECTION_STATUS")
    return told["status"], told.get("message", "")


def login(user: str, password: str) -> dict[str, Any]:
    return {"authentication": {"auth_type": "basic", "username": user, "password": password}}


def test_a_manifest_a_metadata_file_and_two_lines_of_dockerfile_are_a_connector(
    source: Source,
) -> None:
    folder = source.yard.root / "connectors" / NAME
    assert {file.name for file in folder.iterdir()} == {
        "Dockerfile",
        "manifest.yaml",
        "metadata.yaml",
    }
    assert len((folder / "Dockerfile").read_text().splitlines()) == 2
    [listed] = [
        row for row in source.yard.invoke("list", "--format=json").json() if row["name"] == NAME
    ]
    assert (listed["language"], listed["version"]) == ("declarative", "0.1.0")
    reference = source.yard.image(NAME)
    labels = source.engine.labels(reference)
    assert labels["io.airbyte.name"] == reference.removesuffix(":dev")
    assert labels["io.airbyte.version"] == "0.1.0"
    configuration = source.engine.client.images.get(reference).attrs["Config"]
    entrypoint = " ".join(configuration["Entrypoint"])
    assert f"AIRBYTE_ENTRYPOINT={entrypoint}" in configuration["Env"]
    assert configuration["User"] == "1000:1000"


def test_spec_is_the_one_of_the_manifest(source: Source) -> None:
    answer = source("spec")
    manifest = yaml.safe_load((PROJECT / "connectors" / NAME / "manifest.yaml").read_text())
    [told] = answer.of("SPEC")
    assert answer.code == 0
    assert told["connectionSpecification"] == manifest["spec"]["connection_specification"]
    assert told["documentationUrl"] == manifest["spec"]["documentation_url"]


@pytest.mark.parametrize("tmpfs", [False, True])
def test_all_pages_are_read_and_every_tag(
    source: Source, registry: DockerRegistry, *, tmpfs: bool
) -> None:
    asked = {"config": {"url": registry.url}, "catalog": catalog("repositories", "tags")}
    answer = source("read", tmpfs=tmpfs, **asked)
    assert answer.code == 0, answer.messages[-5:]
    names = [f"team-{number % 7}/app-{number:03}" for number in range(MANY)]
    assert sorted(row["name"] for row in answer.data("repositories")) == sorted([*names, "no-tags"])
    expected = [(name, tag) for i, name in enumerate(names) for tag in ("latest", f"1.{i}0")]
    told = [(row["repository"], row["tag"]) for row in answer.data("tags")]
    assert sorted(told) == sorted(expected)
    statuses = [
        it["stream_status"]["status"] for it in answer.of("TRACE") if it["type"] == "STREAM_STATUS"
    ]
    assert statuses.count("COMPLETE") == 2
    assert "INCOMPLETE" not in statuses


def test_discover_tells_both_streams_and_their_keys(
    source: Source, registry: DockerRegistry
) -> None:
    answer = source("discover", config={"url": registry.url})
    [found] = answer.of("CATALOG")
    keys = {it["name"]: it["source_defined_primary_key"] for it in found["streams"]}
    assert keys == {"repositories": [["name"]], "tags": [["repository"], ["tag"]]}


def test_an_image_that_the_engine_pushed_is_seen(
    source: Source, engine: Engine, shell: str
) -> None:
    with docker_registry() as registry:
        pushed = f"{registry.url.removeprefix('http://')}/tools/shell"
        engine.client.images.get(shell).tag(pushed, "1.10")
        try:
            said = engine.client.images.push(pushed, "1.10")
        finally:
            engine.client.images.remove(f"{pushed}:1.10")
        assert "digest" in said
        answer = source("read", config={"url": registry.url}, catalog=catalog("tags"))
    assert answer.data("tags") == [{"repository": "tools/shell", "tag": "1.10"}]


def test_an_empty_registry_is_fine(source: Source) -> None:
    with docker_registry() as registry:
        asked = {"url": f"{registry.url}/"}
        assert status(source("check", config=asked)) == ("SUCCEEDED", "")
        answer = source("read", config=asked, catalog=catalog("repositories", "tags"))
    assert (answer.code, answer.of("RECORD")) == (0, [])


@pytest.mark.parametrize("who", LOGINS)
def test_the_right_password_is_let_in_and_no_other(source: Source, who: tuple[str, str]) -> None:
    with docker_registry(login=who) as registry:
        asked = {"url": registry.url}
        assert status(source("check", config={**asked, **login(*who)})) == ("SUCCEEDED", "")
        answer = source("check", config={**asked, **login(who[0], "let-me-in")})
        anonymous = source("check", config=asked)
    told, why = status(answer)
    assert told == "FAILED"
    assert "the registry refuses the user and the password of `authentication`" in why
    assert "let-me-in" not in json.dumps(answer.messages)
    told, why = status(anonymous)
    assert told == "FAILED"
    assert "the registry wants a user and a password: set `authentication`" in why


@pytest.mark.parametrize(
    ("url", "why"),
    [
        pytest.param("http://127.0.0.1:1", "Connection refused", marks=pytest.mark.long),
        ("{registry}/elsewhere", "there is no registry with a list of its repositories at"),
        ("localhost:5000", "Config validation error"),
    ],
)
def test_an_address_without_a_registry_is_a_failed_check(
    source: Source, registry: DockerRegistry, url: str, why: str
) -> None:
    asked = {"url": url.format(registry=registry.url)}
    told, because = status(source("check", config=asked))
    assert told == "FAILED"
    assert why in because


def test_a_read_of_a_stream_that_there_is_not_fails(
    source: Source, registry: DockerRegistry
) -> None:
    chosen = catalog("repositories", "manifests")
    answer = source("read", config={"url": registry.url}, catalog=chosen)
    assert answer.code == 1
    assert answer.of("RECORD") == []
    assert (
        "`manifests`, which is not one of this source" in answer.of("TRACE")[-1]["error"]["message"]
    )
