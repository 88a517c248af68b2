"""What is never published: versions that are none, odd names, odd files; before any effect."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import monorepos
import pytest
import yaml
from asked_registry import ask
from memory_registry import MemoryRegistry
from publications import Publisher

from build_config.definitions import Definition
from build_config.errors import UsageError
from build_config.image import InvalidReferenceError, parse
from build_config.ledger import Ledger
from build_config.machine.bootstrap import BOOTSTRAPPED_LABEL
from build_config.publishing.ports import Facts
from build_config.publishing.preflight import Finding, examine
from build_config.publishing.refusals import Conditions, of_the_image
from build_config.registry.client import Registry
from build_config.settings_values import registry_name
from build_config.yaml_files import YamlFileError, read_mapping

PROJECT = Path(__file__).resolve().parent.parent


def sound(version: str) -> Conditions:
    definition = Definition(id="i", repository="connectoryard/source-x", tag=version, path="d")
    return Conditions(commit="c" * 40, unclean=(), definition=definition, backport=False)


def examined(publisher: Publisher, version: str, conditions: Conditions) -> Finding:
    """How a version stands before a run."""
    target = publisher.target(version)
    facts = {"source-x": Facts(conditions=conditions, local_tag="dev")}
    ledger = Ledger(place=publisher.place, registry=publisher.registry)

    async def look(registry: Registry) -> Finding:
        _, findings = await examine({"source-x": target}, facts, registry, ledger)
        return findings[0]

    return ask(publisher.host, look)


@pytest.mark.parametrize(
    "version",
    ["1.0", "01.2.3", "1.0.0+meta", "v1.0.0", "", "latest", "staging", "dev", "1.0.0 ",
     "\uff11.0.0", "1.0.0-" + "a" * 130, "1.0.0/../2", "1.0.0\n", "-1.0.0", "1.0.0;a"],
)  # fmt: skip
def test_scenario_44_what_is_no_version_reaches_no_registry(
    publisher: Publisher, registry: MemoryRegistry, version: str
) -> None:
    finding = examined(publisher, version, sound(version))
    assert finding.is_doomed
    assert finding.why
    assert not registry.requests


def test_scenario_44_a_version_below_the_highest_is_refused_and_the_same_is_success(
    publisher: Publisher,
) -> None:
    asyncio.run(publisher.publish("1.2.0"))
    assert examined(publisher, "1.2.0", sound("1.2.0")).settled
    assert "1.1.9 is below 1.2.0" in examined(publisher, "1.1.9", sound("1.1.9")).refused
    assert "1.2.0-rc.1 is below 1.2.0" in examined(publisher, "1.2.0-rc.1", sound("x")).refused
    older = replace(sound("1.1.9"), backport=True)
    assert not examined(publisher, "1.1.9", older).is_doomed


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"commit": None}, "nothing is committed here"),
        ({"unclean": ("connectors/source-x",)}, "`connectors/source-x` is not as committed"),
        ({"definition": None}, "it has no definition"),
        ({"bootstrapped": True}, "it stands on a base that `invoke setup` made"),
    ],
)
def test_whatever_speaks_against_it_is_told_before_the_run(
    publisher: Publisher, registry: MemoryRegistry, changes: dict[str, Any], told: str
) -> None:
    finding = examined(publisher, "1.0.0", replace(sound("1.0.0"), **changes))
    assert told in finding.refused
    assert not registry.tags("connectoryard/source-x")


def test_everything_that_speaks_against_it_is_told_at_once(publisher: Publisher) -> None:
    against = replace(sound("1.0.0"), commit=None, unclean=("a", "b"), definition=None)
    assert examined(publisher, "1.0.0", against).refused.count(";") == 3


def test_an_image_of_a_bootstrapped_base_is_refused_unless_it_is_allowed() -> None:
    image = {"Config": {"Labels": {BOOTSTRAPPED_LABEL: "true"}}}
    assert list(of_the_image(image, allowed=False))
    assert not list(of_the_image(image, allowed=True))
    assert not list(of_the_image({"Config": None}, allowed=False))


ODD = [
    "../x",
    "-rf",
    "a;b",
    "a\nb",
    "a b",
    "a$(id)",
    "\uff53ource-x",
    "x\0y",
    "a/../b",
    "A",
    "x" * 300,
]


@pytest.mark.parametrize("name", ODD)
def test_scenario_46_an_odd_name_is_no_image_and_no_registry(name: str) -> None:
    with pytest.raises(InvalidReferenceError):
        parse(name)
    with pytest.raises(UsageError):
        registry_name("registry", f"localhost:5000/{name}")


@pytest.mark.parametrize("name", [name for name in ODD if "\0" not in name and len(name) < 200])
def test_scenario_46_an_odd_name_in_a_label_is_a_defect_of_its_file(
    tmp_path: Path, name: str
) -> None:
    label = name.replace("\n", "\\\n").replace("$", "\\$")
    text = f'FROM scratch\nLABEL io.airbyte.name="{label}" io.airbyte.version=1.0.0\n'
    found = monorepos.found(tmp_path, {"connectors/source-x/Dockerfile": text})
    made = [connector.image.name for connector in found.connectors]
    assert found.defects or made == [name.replace("\n", "")], "a line goes on after a backslash"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: !!python/object/apply:os.system [id]\n", "could not determine a constructor"),
        ("a: &a [1,1,1,1,1,1,1,1,1,1]\n"
        + "".join(f"{b}: &{b} [*{a},*{a},*{a},*{a},*{a},*{a},*{a},*{a},*{a}]\n"
                  for a, b in zip("abcdefghi", "bcdefghij", strict=True)), ""),
        ("x" * (11 << 20), "."),
        ("[" * 3000 + "]" * 3000, "."),
    ],
    ids=["python", "aliases", "huge", "deep"],
)  # fmt: skip
def test_scenario_48_a_bomb_of_yaml_is_refused_or_harmless_at_once(
    tmp_path: Path, text: str, told: str
) -> None:
    file = tmp_path / "metadata.yaml"
    file.write_text(text)
    begin = time.monotonic()
    if told:
        with pytest.raises(YamlFileError, match=told):
            read_mapping(file, "metadata.yaml")
    else:
        read = read_mapping(file, "metadata.yaml")
        assert read["j"][0] is read["j"][1], "one object, however often it stands there"
    assert time.monotonic() - begin < 30


def test_scenario_50_workflows_of_pull_requests_have_no_secrets_and_cannot_publish() -> None:
    files = sorted((PROJECT / ".github" / "workflows").glob("*.y*ml"))
    assert files
    for file in files:
        text = file.read_text(encoding="utf-8")
        document = yaml.safe_load(text)
        assert document["permissions"] == {}
        assert "pull_request_target" not in text
        if "pull_request" in document[True]:  # YAML's `on`
            assert "secrets." not in text
            assert "invoke publish" not in text
            for job in document["jobs"].values():
                assert set(job.get("permissions", {}).values()) <= {"read"}
            for step in job["steps"]:
                assert "${{" not in step.get("run", "")
                assert "@" not in step.get("uses", "") or len(step["uses"].split("@")[1]) == 40
                if step.get("uses", "").startswith("actions/checkout@"):
                    assert step["with"]["persist-credentials"] is False
