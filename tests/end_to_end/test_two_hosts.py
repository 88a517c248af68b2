"""Two engines as two hosts: the matrix run for real, joined by a registry as the shared cache."""

from __future__ import annotations

import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
import repositories
from another_engine import another_engine
from docker_registry import docker_registry
from engine_under_test import Engine, shell_files
from publishing_yard import PublishingYard

from build_config import run_record
from build_config.report import Ending
from build_config.steps import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from yard import Yard

    from build_config.run_record import RunRecord

pytestmark = [pytest.mark.engine, pytest.mark.long]

BASES = ("base-shell", "base-a")
CONNECTORS = ("source-b", "source-c", "source-d", "source-e")


@dataclass(frozen=True, kw_only=True, slots=True)
class Host:
    """A machine of its own: a clone, a home, an engine, no memory of the others."""

    yard: Yard
    engine: Engine

    def test(self, names: str, cache: str) -> RunRecord:
        """Run a cell of the matrix, as a job of the workflow does."""
        finished = self.yard.invoke(
            *("test", f"--connector={names}", f"--cache={cache}"),
            environment={"INVOKE_CACHE_WRITE": "1"},
            within=200,
        )
        assert finished.code == 0, finished
        return run_record.read(self.yard.root / ".yard/logs/latest")

    def images(self) -> dict[str, tuple[str, dict[str, bytes]]]:
        """Fingerprint and files of each image of the repository that is here."""
        there = [name for name in (*BASES, *CONNECTORS) if self.engine.has(self.yard.image(name))]
        return {
            name: (
                self.engine.labels(self.yard.image(name))["dev.connectoryard.fingerprint"],
                self.engine.files(self.yard.image(name)),
            )
            for name in there
        }

    def forget(self) -> None:
        """Be fresh from the factory."""
        self.engine.remove_all(self.yard.namespace)


@pytest.fixture
def hosts(yard: Yard, engine: Engine, tmp_path: Path) -> Iterator[list[Host]]:
    """Two clones of one repository, whose images are all built here, from nothing."""
    commit_images(yard)
    with another_engine(tmp_path) as (address, another):
        made = []
        for name, where, its in (("one", yard.engine, engine), ("two", address, another)):
            root, home = tmp_path / name, tmp_path / f"home-{name}"
            repositories.git(yard.root, "clone", "--quiet", ".", str(root))
            home.mkdir()
            made.append(Host(yard=replace(yard, root=root, home=home, engine=where), engine=its))
        yield made
        for host in made:
            host.forget()


def commit_images(yard: Yard) -> None:
    """A base of this machine's shell, another one on it, and connectors on both."""
    house = PublishingYard(yard=yard, shell=yard.image("base-shell"), host="localhost")
    house.commit(
        {
            "connectors/bases/base-shell/Dockerfile": "FROM scratch\nCOPY . /\nENV PATH=/bin\n",
            "connectors/bases/base-shell/.dockerignore": "Dockerfile\n.dockerignore\n",
        },
        house.base("base-a"),
        house.connector("source-b", on="base-a"),
        house.connector("source-c", on="base-a"),
        house.connector("source-d"),
        house.connector("source-e"),
    )
    shell = {"id": uuid.uuid4().bytes, **shell_files()}
    for path, content in shell.items():
        file = yard.root / "connectors/bases/base-shell" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        file.chmod(0o755)
    yard.commit({})


def test_a_matrix_on_two_hosts_builds_each_image_once_and_as_one_host_would(
    hosts: list[Host],
) -> None:
    one, _ = hosts
    with docker_registry() as registry:
        cache = f"{registry.url.removeprefix('http://')}/{one.yard.namespace}"
        joined = {"INVOKE_CACHE_REGISTRY": cache, "INVOKE_CACHE_WRITE": "1"}
        plan = one.yard.invoke("matrix", "--shards=2", environment=joined)
        assert plan.code == 0, plan
        waves = plan.json()
        records = [*wave(waves["bases"], [one], cache), *wave(waves["connectors"], hosts, cache)]
    built = Counter(name for record in records for name in of(record, Kind.BUILD, Ending.DONE))
    once = Counter((*BASES, *CONNECTORS))
    # a base has another id in the other kind of store, so what stands on it is another image there
    again = Counter() if one_kind_of_store(hosts) else Counter(["base-a"])
    assert built == once + again
    tested = [name for record in records for name in of(record, Kind.UNIT, Ending.DONE)]
    assert sorted(tested) == list(CONNECTORS)
    taken = Counter(of(records[-1], Kind.BUILD, Ending.FROM_CACHE))
    assert taken == Counter(BASES) - again, "the second host has what the first one built"
    together = [host.images() for host in hosts]
    one.forget()
    assert one.yard.build()
    alone = one.images()
    assert {**together[0], **together[1]} == alone
    assert all(alone[name] == image for host in together for name, image in host.items())


def wave(cells: dict[str, Any], hosts: list[Host], cache: str) -> list[RunRecord]:
    """All cells of a wave at once, each on the next host."""
    names = [cell["connectors"] for cell in cells["include"]]
    assert len(names) == len(hosts)
    with ThreadPoolExecutor() as running:
        jobs = [running.submit(host.test, n, cache) for host, n in zip(hosts, names, strict=True)]
        return [job.result() for job in jobs]


def one_kind_of_store(hosts: list[Host]) -> bool:
    """Whether both are classic, or both containerd's."""
    status = [dict(host.engine.client.info().get("DriverStatus") or ()) for host in hosts]
    return len({found.get("driver-type") for found in status}) == 1


def of(record: RunRecord, kind: Kind, ending: Ending) -> list[str]:
    """Whose steps of that kind ended so."""
    return [s.target for s in record.steps if s.kind is kind and s.outcome is ending]
