"""What the steps of a build do, before an engine in memory; the real one is in tests/engine."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest
from monorepos import OURS
from workbench import NOW, Workbench

from build_config import build_records
from build_config.connector import Secret
from build_config.errors import StepError
from build_config.events import Event, StepFinished, StepSkipped
from build_config.fingerprint import BASES_LABEL, FINGERPRINT_LABEL
from build_config.steps import Kind

BASE = "docker.io/connectoryard/base-python:dev"
SOURCE = "docker.io/connectoryard/source-a:dev"


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return Workbench.at(tmp_path, OURS, "python:3.11")


def finish(events: list[Event], key: str) -> StepFinished:
    (event,) = [e for e in events if isinstance(e, StepFinished) and e.key == key]
    return event


def names(context: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(context)) as archive:
        return [member.name for member in archive if member.isfile()]


def test_bases_are_built_before_what_stands_on_them(bench: Workbench) -> None:
    bench.all_good()
    assert bench.engine.built()[0] == "base-python"
    assert sorted(bench.engine.built()) == ["base-python", "destination-b", "source-a"]


def test_the_image_says_what_it_is_and_what_it_was_made_from(bench: Workbench) -> None:
    plan = bench.plan()
    bench.run(plan)
    labels = bench.engine.images[SOURCE].labels
    assert labels["io.airbyte.name"] == "connectoryard/source-a"
    assert labels["io.airbyte.version"] == "1.2.3"
    assert labels["org.opencontainers.image.created"] == NOW.isoformat()
    assert json.loads(labels[BASES_LABEL]) == {
        "connectoryard/base-python:dev": bench.engine.images[BASE].id
    }
    assert json.loads(bench.engine.images[BASE].labels[BASES_LABEL]) == {
        "python:3.11": bench.engine.images["docker.io/library/python:3.11"].digest
    }
    assert labels[FINGERPRINT_LABEL] == bench.plan().inputs["source-a"].fingerprint


def test_the_context_that_was_planned_is_sent(bench: Workbench) -> None:
    bench.all_good()
    assert names(bench.engine.contexts[SOURCE]) == ["Dockerfile", "main.py", "pyproject.toml"]


def test_what_it_was_made_from_is_remembered(bench: Workbench) -> None:
    bench.all_good()
    fingerprint = bench.engine.images[SOURCE].labels[FINGERPRINT_LABEL]
    inputs = build_records.read(bench.settings.state, "source-a", fingerprint)
    assert inputs is not None
    assert inputs.files.keys() == {"Dockerfile", "main.py", "pyproject.toml"}


def test_build_arguments_and_secrets_are_passed_on(tmp_path: Path) -> None:
    own = {"build_args": {"A": "1"}, "secrets": {"pip": {"env": "PIP"}}}
    bench = Workbench.at(tmp_path, OURS, "python:3.11", images={"source-a": own})
    bench.all_good("source-a")
    build = bench.engine.builds[-1]
    assert build.build_args == {"A": "1"}
    assert build.secrets == (Secret(id="pip", variable="PIP"),)
    assert not build.no_cache


def test_force_goes_without_the_builders_cache(bench: Workbench) -> None:
    bench.all_good()
    bench.build("source-a", force=True)
    assert bench.engine.builds[-1].tag == SOURCE
    assert bench.engine.builds[-1].no_cache


def test_a_failed_build_names_its_dockerfile_and_is_not_remembered(bench: Workbench) -> None:
    bench.engine.broken[SOURCE] = StepError("`[2/2] COPY main.py /`: not found", hint="a hint")
    ended = finish(bench.run(bench.plan()), "build source-a")
    assert (ended.path, ended.line) == ("connectors/source-a/Dockerfile", 2)
    assert ended.hint == "a hint"
    assert SOURCE not in bench.engine.images
    assert bench.build() == {
        "build base-python": "skipped",
        "build destination-b": "skipped",
        "build source-a": "failed",
    }


def test_a_line_that_the_engine_names_is_taken(bench: Workbench) -> None:
    bench.engine.broken[SOURCE] = StepError("no", path="other/Dockerfile", line=7)
    ended = finish(bench.run(bench.plan()), "build source-a")
    assert (ended.path, ended.line) == ("other/Dockerfile", 7)


def test_a_base_that_cannot_be_pulled_skips_all_that_stand_on_it(tmp_path: Path) -> None:
    bench = Workbench.at(tmp_path, OURS)
    events = bench.run(bench.plan())
    assert "cannot be pulled" in finish(events, "pull python:3.11").message
    assert {e.because for e in events if isinstance(e, StepSkipped)} == {
        "`pull python:3.11` failed"
    }
    assert bench.engine.builds == []


def test_a_base_that_was_pulled_anew_has_its_new_identity_in_the_fingerprint(
    bench: Workbench,
) -> None:
    bench.all_good()
    python = "docker.io/library/python:3.11"
    del bench.engine.images[python]
    bench.engine.registry[python] = "sha256:moved"
    bench.write({"connectors/bases/base-python/new": ""})
    bench.all_good()
    assert bench.engine.images[python].digest == "sha256:moved"
    assert bench.plan().work == ()


def gradle(bench: Workbench, script: str) -> None:
    """Give the repository a wrapper of this text, and a connector that needs it."""
    bench.write(
        {
            "gradlew": f"#!/bin/sh\n{script}",
            "connectors/source-java/build.gradle": "\n",
            "connectors/source-java/Main.java": "class Main {}\n",
            "connectors/source-java/Dockerfile": (
                "FROM python:3.11\nCOPY build/distributions/*.tar /\n"
            ),
        }
    )
    (bench.settings.root / "gradlew").chmod(0o755)


MAKES = "echo '> Task :one'\ncd connectors/source-java; mkdir -p build/distributions\n"


def test_what_gradle_made_in_this_run_is_sent_to_the_builder(bench: Workbench) -> None:
    gradle(bench, f"echo $@\n{MAKES}date +%N > build/distributions/x.tar\n")
    bench.all_good("source-java")
    context = bench.engine.contexts["docker.io/connectoryard/source-java:dev"]
    assert "build/distributions/x.tar" in names(context)
    assert bench.plan("source-java").work == ()


def test_gradle_is_started_once_with_the_tasks_of_what_is_built(bench: Workbench) -> None:
    gradle(bench, "echo $@ >> calls\n")
    bench.build("source-java")
    calls = (bench.settings.root / "calls").read_text()
    assert calls == "--console=plain :connectors:source-java:distTar\n"


@pytest.mark.parametrize(
    "said",
    [
        "> Task :a:compileJava FAILED",
        ":a:compileJava FAILED",
        ":a:compileJava/A.java:1: error: no\n FAILED\nExecution failed for task ':a:compileJava'.",
    ],
)
def test_a_failed_gradle_build_names_the_task_and_skips_its_images_only(
    bench: Workbench, said: str
) -> None:
    gradle(bench, f'echo "{said}"\nexit 3\n')
    events = bench.run(bench.plan())
    ended = finish(events, "gradle distributions")
    assert ended.message == "`./gradlew` ended with exit code 3 at `:a:compileJava`"
    assert [e.key for e in events if isinstance(e, StepSkipped)] == ["build source-java"]
    assert sorted(bench.engine.built()) == ["base-python", "destination-b", "source-a"]


def test_a_jdk_that_does_not_know_a_certificate_is_told_from_other_failures(
    bench: Workbench,
) -> None:
    gradle(bench, 'echo "  > (certificate_unknown) PKIX path building failed: …"\nexit 1\n')
    ended = finish(bench.run(bench.plan("source-java")), "gradle distributions")
    assert "`update-ca-certificates`" in ended.hint
    assert "`./gradlew --stop`" in ended.hint


def test_without_any_gradle_the_step_says_what_to_do(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    gradle(bench, "")
    (bench.settings.root / "gradlew").unlink()
    monkeypatch.setenv("PATH", str(bench.settings.root))
    ended = finish(bench.run(bench.plan("source-java")), f"{Kind.GRADLE} distributions")
    assert ended.message.startswith("there is no `gradlew`")
    assert "invoke setup" in ended.hint
