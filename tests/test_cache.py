"""The shared cache with engines and a registry in memory: who builds what, and who need not."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from fault_proxy import Action, Rule, fault_proxy, flip_answer, hang, status
from memory_registry import MemoryRegistry, config_of, digest, memory_registry
from monorepos import OURS
from workbench import Workbench

from build_config.cache_settings import CachePlace
from build_config.events import Event, StepFinished, StepSkipped
from build_config.fingerprint import BASES_LABEL, FINGERPRINT_LABEL, SOURCES_LABEL
from build_config.steps import Kind

ALL = ["base-python", "destination-b", "source-a"]
SOURCE = "docker.io/connectoryard/source-a:dev"
PYTHON = "python:3.11"
PATH = "acme/source-a"


@pytest.fixture
def registry() -> Iterator[MemoryRegistry]:
    """An empty one."""
    with memory_registry() as started:
        yield started


def machine(
    root: Path, registry: MemoryRegistry, *, write: bool = False, host: str = ""
) -> Workbench:
    """A fresh clone, and an engine that has nothing."""
    place = CachePlace(registry=f"{host or registry.host}/acme", write=write, patience=1)
    bench = Workbench.at(root, OURS, PYTHON)
    bench.engine.shared = registry
    return replace(bench, cache=place)


@pytest.fixture
def filled(registry: MemoryRegistry, tmp_path: Path) -> Workbench:
    """The machine that has built everything and put it into the cache."""
    bench = machine(tmp_path / "writer", registry, write=True)
    bench.all_good()
    assert sorted(bench.engine.built()) == ALL
    return bench


def run(bench: Workbench) -> dict[str, StepFinished]:
    """Build everything; how each step ended."""
    events: list[Event] = bench.run(bench.plan())
    ended = {event.key: event for event in events if isinstance(event, StepFinished)}
    assert {event.outcome.value for event in ended.values()} == {"done"}
    return ended


def is_right(bench: Workbench) -> None:
    """Every image is what the sources say, and stands on the base that is here."""
    assert bench.plan().work == ()


def test_what_one_machine_built_another_one_takes(
    filled: Workbench, registry: MemoryRegistry, tmp_path: Path
) -> None:
    other = machine(tmp_path / "other", registry)
    ended = run(other)
    assert other.engine.built() == []
    assert all(ended[f"build {name}"].cached for name in ALL)
    assert ended["build source-a"].message == "from the cache"
    is_right(other)
    names = {name for name in other.engine.images if "connectoryard/" in name}
    assert {other.engine.images[name].id for name in names} == set(filled.engine.configs)
    assert not [name for name in other.engine.images if "acme/" in name], "no second name is left"


@pytest.mark.usefixtures("filled")
def test_what_is_in_the_cache_is_not_put_there_again(
    registry: MemoryRegistry, tmp_path: Path
) -> None:
    written = list(registry.written)
    other = machine(tmp_path / "other", registry, write=True)
    skipped = [event for event in other.run(other.plan()) if isinstance(event, StepSkipped)]
    assert sorted(event.key for event in skipped) == [f"share {name}" for name in ALL]
    assert all(event.expected for event in skipped)
    assert registry.written == written


def test_who_only_reads_puts_nothing_there(registry: MemoryRegistry, tmp_path: Path) -> None:
    bench = machine(tmp_path, registry)
    ended = run(bench)
    assert sorted(bench.engine.built()) == ALL
    assert not [key for key in ended if key.startswith(Kind.SHARE)]
    assert not registry.tags(PATH)


def test_nobody_waits_for_what_is_put_there(registry: MemoryRegistry, tmp_path: Path) -> None:
    ended = run(machine(tmp_path, registry, write=True))
    assert {key for key in ended if key.startswith(Kind.SHARE)} == {f"share {n}" for n in ALL}
    assert not ended["share source-a"].cached


@pytest.mark.usefixtures("filled")
def test_what_changed_is_built_and_the_rest_is_taken(
    registry: MemoryRegistry, tmp_path: Path
) -> None:
    other = machine(tmp_path / "other", registry)
    other.write({"connectors/source-a/main.py": "print(2)\n"})
    ended = run(other)
    assert other.engine.built() == ["source-a"]
    assert ended["build source-a"].message == ""
    is_right(other)


def test_an_image_stands_on_the_very_base_that_is_here(
    filled: Workbench, registry: MemoryRegistry, tmp_path: Path
) -> None:
    """Its base was built here, from the same sources: what is there stands on another one."""
    other = machine(tmp_path / "other", registry, write=True)
    replace(other, cache=None).all_good("base-python")
    other.engine.builds.clear()
    run(other)
    assert sorted(other.engine.built()) == ["destination-b", "source-a"]
    is_right(other)
    assert len(registry.tags(PATH)) == 2, "the one is not in the way of the other"
    third = machine(tmp_path / "third", registry)
    run(third)
    assert third.engine.built() == []
    assert filled.engine.images[SOURCE].id == third.engine.images[SOURCE].id


def test_what_is_forced_is_built_whatever_is_there(
    filled: Workbench, registry: MemoryRegistry, tmp_path: Path
) -> None:
    other = machine(tmp_path / "other", registry)
    other.build("source-a", force=True)
    assert other.engine.built() == ["source-a"]
    assert filled.engine.images[SOURCE].id != other.engine.images[SOURCE].id


def poison(registry: MemoryRegistry, labels: Mapping[str, str], architecture: str = "") -> None:
    """Have the tag of the source mean an image of our making."""
    (tag,) = registry.tags(PATH)
    old = json.loads(registry.manifest(PATH, registry.tags(PATH)[tag]))["config"]["digest"]
    document = json.loads(registry.blobs[old])
    document["config"]["Labels"] |= labels
    document["architecture"] = architecture or document["architecture"]
    registry.push(PATH, tag, config=json.dumps(document).encode())


def is_built_in_spite_of(bench: Workbench, why: str) -> None:
    """What cannot be taken is built, the rest is taken, and the step says why."""
    ended = run(bench)
    assert bench.engine.built() == ["source-a"]
    assert why in ended["build source-a"].message
    is_right(bench)


@pytest.mark.parametrize(
    "label", [FINGERPRINT_LABEL, SOURCES_LABEL, BASES_LABEL, "io.airbyte.version"]
)
@pytest.mark.usefixtures("filled")
def test_poison_an_image_with_a_wrong_label_is_not_taken(
    registry: MemoryRegistry, tmp_path: Path, label: str
) -> None:
    poison(registry, {label: "another"})
    is_built_in_spite_of(machine(tmp_path / "other", registry), f"its label `{label}`")


@pytest.mark.usefixtures("filled")
def test_poison_an_image_for_another_platform_is_not_taken(
    registry: MemoryRegistry, tmp_path: Path
) -> None:
    poison(registry, {}, architecture="s390x")
    is_built_in_spite_of(machine(tmp_path / "other", registry), "it is for linux/s390x")


@pytest.mark.usefixtures("filled")
def test_poison_a_tag_that_means_another_image_is_not_taken(
    registry: MemoryRegistry, tmp_path: Path
) -> None:
    (tag,) = registry.tags(PATH)
    (other,) = registry.tags("acme/destination-b").values()
    manifest = registry.manifest("acme/destination-b", other)
    config = json.loads(manifest)["config"]["digest"]
    registry.push(PATH, tag, config=registry.blobs[config])
    is_built_in_spite_of(machine(tmp_path / "other", registry), "its label ")


@pytest.mark.parametrize("config", [b"[]", b"[" * 100_000, b'{"config": {"Labels": ["a"]}}'])
@pytest.mark.usefixtures("filled")
def test_poison_what_is_no_config_is_not_taken(
    registry: MemoryRegistry, tmp_path: Path, config: bytes
) -> None:
    (tag,) = registry.tags(PATH)
    registry.push(PATH, tag, config=config)
    is_built_in_spite_of(machine(tmp_path / "other", registry), "is no config of an image")


def test_poison_an_engine_that_pulled_something_else_gives_it_no_name(
    filled: Workbench, registry: MemoryRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = machine(tmp_path / "other", registry)
    found = filled.engine.images[SOURCE]
    lie = config_of("a lie", found.labels)
    monkeypatch.setitem(registry.blobs, found.id, lie)
    is_built_in_spite_of(bench, "")
    assert bench.engine.images[SOURCE].id != digest(lie)


TROUBLE: dict[str, tuple[str, Action]] = {
    "an error": ("manifests", status(500)),
    "a refusal": ("manifests", status(403)),
    "garbage for a manifest": ("manifests", status(200, b"\x00garbage")),
    "a manifest that is not what its digest says": ("manifests", flip_answer),
    "a config that is not what its digest says": ("blobs", flip_answer),
    "nothing, for ever": ("manifests", hang),
    "no config, for ever": ("blobs", hang),
}


@pytest.mark.parametrize("trouble", TROUBLE)
@pytest.mark.usefixtures("filled")
def test_a_cache_that_answers_badly_is_left_alone_and_everything_is_built(
    registry: MemoryRegistry, tmp_path: Path, trouble: str
) -> None:
    path, action = TROUBLE[trouble]
    with fault_proxy(registry.host, Rule(path=path, action=action, times=None)) as proxy:
        bench = machine(tmp_path / "other", registry, host=proxy.host, write=True)
        begin = time.monotonic()
        ended = run(bench)
        assert time.monotonic() - begin < 4, "its patience is one second"
    assert sorted(bench.engine.built()) == ALL
    is_right(bench)
    told = [e.message for k, e in ended.items() if k.startswith("build ") and e.message]
    assert len(told) == 1, "it is said once"
    assert told[0].startswith("the cache is not asked any more: ")


def test_a_cache_that_nobody_reaches_is_left_alone(
    registry: MemoryRegistry, tmp_path: Path
) -> None:
    registry.stop()
    bench = machine(tmp_path, registry, write=True)
    ended = run(bench)
    assert sorted(bench.engine.built()) == ALL
    assert "cannot be reached" in ended["build base-python"].message


def test_a_pull_that_gets_stuck_is_given_up(
    filled: Workbench, registry: MemoryRegistry, tmp_path: Path
) -> None:
    bench = machine(tmp_path / "other", registry)
    bench.engine.stuck = True
    bench.engine.images["docker.io/library/python:3.11"] = filled.engine.images[
        "docker.io/library/python:3.11"
    ]
    ended = run(bench)
    assert sorted(bench.engine.built()) == ALL
    assert "got stuck" in ended["build base-python"].message


def test_a_cache_that_may_not_be_written_to_is_a_note(
    registry: MemoryRegistry, tmp_path: Path
) -> None:
    bench = machine(tmp_path, registry, write=True)
    bench.engine.shared = None
    ended = run(bench)
    messages = [ended[f"share {name}"].message for name in ALL]
    assert sum("denied" in message for message in messages) >= 1
    assert all("put into the cache" in message for message in messages)
    is_right(bench)


JAVA = {
    "gradlew": "#!/bin/sh\necho $@ >> calls\nmkdir -p connectors/source-j/build\n"
    "date +%N > connectors/source-j/build/j.jar\n",
    "connectors/source-j/Dockerfile": "FROM connectoryard/base-python:dev\nCOPY build/j.jar /\n",
    "connectors/source-j/build.gradle": "\n",
    "connectors/source-k/Dockerfile": "FROM connectoryard/base-python:dev\nCOPY build/k.jar /\n",
    "connectors/source-k/build.gradle": "\n",
}


def java(bench: Workbench) -> list[str]:
    """Build two connectors that need Gradle; with what it was called."""
    bench.write(JAVA)
    root = bench.settings.root
    (root / "gradlew").chmod(0o755)
    ended = run(bench)
    assert f"{Kind.GRADLE} distributions" not in ended
    calls = root / "calls"
    return calls.read_text().splitlines() if calls.is_file() else []


def test_gradle_is_started_once_by_what_is_not_in_the_cache_and_else_not_at_all(
    registry: MemoryRegistry, tmp_path: Path
) -> None:
    writer = machine(tmp_path / "writer", registry, write=True)
    (call,) = java(writer)
    assert ":connectors:source-j:assemble :connectors:source-k:assemble" in call
    assert b"build/j.jar" in writer.engine.contexts["docker.io/connectoryard/source-j:dev"]
    other = machine(tmp_path / "other", registry)
    assert java(other) == []
    assert other.engine.built() == []
    is_right(other)


def test_a_gradle_that_fails_is_started_once_and_fails_what_needs_it(
    registry: MemoryRegistry, tmp_path: Path
) -> None:
    bench = machine(tmp_path, registry)
    bench.write(JAVA | {"gradlew": "#!/bin/sh\necho $@ >> calls\nexit 3\n"})
    (tmp_path / "gradlew").chmod(0o755)
    ended = bench.build()
    assert [key for key, how in ended.items() if how == "failed"] == [
        "build source-j",
        "build source-k",
    ]
    assert len((tmp_path / "calls").read_text().splitlines()) == 1
    assert sorted(bench.engine.built()) == ALL
