from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from monorepos import AIRBYTE_2021, AIRBYTE_LAYOUT, OURS
from workbench import Workbench, is_sound, reasons

from build_config.engine import LocalImage
from build_config.fingerprint import BASES_LABEL, FINGERPRINT_LABEL
from build_config.plan import Present, plan_build
from build_config.repository import load
from build_config.settings import ImageSettings
from build_config.steps import Action, Kind

PYTHON = "docker.io/library/python:3.11"
BASE = "docker.io/connectoryard/base-python:dev"
SOURCE = "docker.io/connectoryard/source-a:dev"
BASE_FILE = "connectors/bases/base-python/Dockerfile"
JAVA = "airbyte-integrations/connectors/destination-postgres"
AGAIN = "stands on `base-python`, which is built again"


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    """Nothing is built yet, and the external base is not here."""
    return Workbench.at(tmp_path, OURS, "python:3.11")


@pytest.fixture
def built(bench: Workbench) -> Workbench:
    """Everything is built."""
    bench.all_good()
    assert bench.engine.built()[0] == "base-python"
    bench.engine.builds.clear()
    return bench


def relabel(bench: Workbench, name: str, **labels: str) -> None:
    """Change labels of an image; an empty value takes a label away."""
    keys = {"fingerprint": FINGERPRINT_LABEL, "bases": BASES_LABEL}
    merged = {**bench.engine.images[name].labels, **{keys[k]: v for k, v in labels.items()}}
    kept = {key: value for key, value in merged.items() if value}
    bench.engine.images[name] = replace(bench.engine.images[name], labels=kept)


def test_where_nothing_is_built_everything_is_bases_first(bench: Workbench) -> None:
    plan = bench.plan()
    assert reasons(plan) == {
        "pull python:3.11": "not here, and stands on it: `base-python`",
        "build base-python": "not built yet",
        "build destination-b": "not built yet",
        "build source-a": "not built yet",
    }
    assert is_sound(plan)
    needs = {step.key: step.needs for step in plan.steps}
    assert needs["build base-python"] == ("pull python:3.11",)
    assert needs["build source-a"] == ("build base-python",)


def test_what_was_built_is_up_to_date(built: Workbench) -> None:
    plan = built.plan()
    assert plan.work == ()
    assert {step.reason for step in plan.steps} == {"up to date"}
    assert {step.needs for step in plan.steps} == {()}
    assert set(plan.inputs) == {"base-python", "destination-b", "source-a"}


def test_a_touched_file_of_one_connector_rebuilds_that_alone(built: Workbench) -> None:
    built.write({"connectors/source-a/main.py": "print(1)\n"})
    assert reasons(built.plan()) == {"build source-a": "`main.py` changed"}


def test_more_than_three_changes_are_counted(built: Workbench) -> None:
    built.write({f"connectors/source-a/new{number}": "" for number in range(5)})
    assert reasons(built.plan())["build source-a"] == (
        "`new0` added, `new1` added, `new2` added and 2 more"
    )


def test_a_touched_base_rebuilds_what_stands_on_it(built: Workbench) -> None:
    built.write({BASE_FILE: OURS[BASE_FILE] + "ENV A=1\n"})
    found = built.plan()
    assert reasons(found)["build base-python"] == "`Dockerfile` changed"
    assert list(reasons(found)) == ["build base-python", "build destination-b", "build source-a"]
    assert is_sound(found)


def test_only_what_was_selected_and_its_bases_are_planned(built: Workbench) -> None:
    built.write({BASE_FILE: OURS[BASE_FILE] + "ENV A=1\n"})
    assert list(reasons(built.plan("source-a"))) == ["build base-python", "build source-a"]
    assert [step.target for step in built.plan("base-python").steps] == ["base-python"]


def test_what_was_left_out_is_built_the_next_time(built: Workbench) -> None:
    built.write({BASE_FILE: OURS[BASE_FILE] + "ENV A=1\n"})
    built.all_good("source-a")
    assert list(reasons(built.plan())) == ["build destination-b"]


def test_nothing_selected_is_nothing_to_do(bench: Workbench) -> None:
    graph = load(bench.settings).graph
    assert plan_build(graph, frozenset(), Present(images={}, sources={})).steps == ()


def test_force_builds_what_was_selected_and_what_stands_on_it_in_the_plan(
    built: Workbench,
) -> None:
    plan = built.plan("base-python,source-a", force=True)
    assert reasons(plan) == {"build base-python": "forced", "build source-a": "forced"}
    assert plan.builds["source-a"].no_cache
    plan = built.plan("source-a", force=True)
    assert reasons(plan) == {"build source-a": "forced"}
    assert not plan.builds["base-python"].no_cache


def test_a_base_built_again_from_the_same_sources_rebuilds_what_stands_on_it(
    built: Workbench,
) -> None:
    before = built.engine.images[BASE]
    built.build("base-python", force=True)
    after = built.engine.images[BASE]
    assert after.labels[FINGERPRINT_LABEL] == before.labels[FINGERPRINT_LABEL]
    assert reasons(built.plan("source-a")) == {
        "build source-a": "its base `connectoryard/base-python:dev` was replaced since"
    }
    built.all_good()
    assert built.plan().work == ()


def test_an_image_that_is_gone_is_built_and_what_stands_on_it(built: Workbench) -> None:
    del built.engine.images[BASE]
    assert reasons(built.plan()) == {
        "build base-python": "not built yet",
        "build destination-b": AGAIN,
        "build source-a": AGAIN,
    }


def test_an_external_base_that_was_pruned_is_no_reason_to_build(built: Workbench) -> None:
    del built.engine.images[PYTHON]
    assert built.plan().work == ()


def test_an_external_base_that_was_pruned_is_pulled_when_it_is_needed(built: Workbench) -> None:
    del built.engine.images[PYTHON]
    built.write({BASE_FILE: OURS[BASE_FILE] + "ENV A=1\n"})
    plan = built.plan("base-python")
    assert reasons(plan) == {
        "pull python:3.11": "not here, and stands on it: `base-python`",
        "build base-python": "`Dockerfile` changed",
    }
    built.all_good()
    assert built.plan().work == ()


def test_an_external_base_that_moved_rebuilds_what_stands_on_it(built: Workbench) -> None:
    built.engine.images[PYTHON] = LocalImage(id="other", labels={}, digest="sha256:other")
    plan = built.plan()
    assert reasons(plan)["build base-python"] == "base `python:3.11` moved"
    assert len(plan.images) == 3


def test_the_same_external_base_on_another_engine_has_the_same_fingerprint(
    built: Workbench,
) -> None:
    built.engine.images[PYTHON] = replace(built.engine.images[PYTHON], id="of another store")
    assert built.plan().work == ()


def test_an_external_base_beside_a_digest_is_found_without_its_tag(tmp_path: Path) -> None:
    digest = "sha256:" + "a" * 64
    files = {"connectors/source-a/Dockerfile": f"FROM python:3.11@{digest}\n"}
    bench = Workbench.at(tmp_path, files, f"python:3.11@{digest}")
    assert "pull python:3.11@" + digest in reasons(bench.plan())
    bench.all_good()
    assert bench.plan().work == ()
    bench.write({"connectors/source-a/new": ""})
    assert list(reasons(bench.plan())) == ["build source-a"]


def test_a_pull_is_planned_once_for_all_who_need_it(tmp_path: Path) -> None:
    files = {f"connectors/source-{name}/Dockerfile": "FROM python:3.11\n" for name in "abcde"}
    plan = Workbench.at(tmp_path, files).plan()
    (pull,) = [step for step in plan.steps if step.kind is Kind.PULL]
    assert pull.reason == (
        "not here, and stand on it: `source-a`, `source-b`, `source-c` and 2 more"
    )
    assert is_sound(plan)


def test_an_image_that_somebody_else_built_is_built(built: Workbench) -> None:
    relabel(built, SOURCE, fingerprint="")
    assert reasons(built.plan()) == {
        "build source-a": "`connectoryard/source-a:dev` on the engine was not built by this tool"
    }


def test_an_image_of_other_sources_that_are_not_remembered_is_built(built: Workbench) -> None:
    relabel(built, SOURCE, fingerprint="0" * 64)
    assert reasons(built.plan()) == {
        "build source-a": "its content differs from what the image was built from"
    }


@pytest.mark.parametrize("bases", ["", "no json", "[]", '{"connectoryard/base-python:dev": "x"}'])
def test_an_image_whose_bases_are_not_known_is_built(built: Workbench, bases: str) -> None:
    relabel(built, SOURCE, bases=bases)
    assert reasons(built.plan()) == {
        "build source-a": "its base `connectoryard/base-python:dev` was replaced since"
    }


def test_without_an_engine_everything_is_unknown_and_nothing_is_missing(built: Workbench) -> None:
    plan = built.plan(silent=True)
    assert set(reasons(plan).values()) == {"unknown: no engine"}
    assert [step.kind for step in plan.steps] == [Kind.BUILD] * 3
    assert is_sound(plan)


def test_a_build_argument_is_a_reason(built: Workbench) -> None:
    own = ImageSettings(build_args={"A": "1"}, secrets=())
    changed = replace(built.settings, images={"source-a": own})
    assert reasons(replace(built, settings=changed).plan()) == {
        "build source-a": "build argument `A` added"
    }


def test_a_version_outside_of_the_context_is_a_reason(tmp_path: Path) -> None:
    files = {
        "connectors/source-a/Dockerfile": "FROM scratch\n",
        "connectors/source-a/.dockerignore": "*\n",
        "connectors/source-a/metadata.yaml": "data: {dockerImageTag: 1.0.0}\n",
    }
    bench = Workbench.at(tmp_path, files)
    bench.all_good()
    bench.write({"connectors/source-a/metadata.yaml": "data: {dockerImageTag: 1.0.1}\n"})
    assert reasons(bench.plan()) == {"build source-a": "label `io.airbyte.version` changed"}


def test_durations_are_taken_from_the_last_time(bench: Workbench) -> None:
    bench.seconds.update({"build source-a": 42.0, "pull python:3.11": 7.0})
    seconds = {step.key: step.seconds for step in bench.plan().steps}
    assert seconds["build source-a"] == 42.0
    assert seconds["pull python:3.11"] == 7.0
    assert seconds["build base-python"] == 42.0  # what builds take here, as far as is known


@pytest.fixture
def airbyte(tmp_path: Path) -> Workbench:
    outside = ("python:3.7-slim", "amazonlinux:2022.0.20220831.1", "amazoncorretto:17.0.4")
    own = ("airbyte/integration-base-python:0.1.1", "python:3.9")
    return Workbench.at(tmp_path, AIRBYTE_2021, *outside, *own, **AIRBYTE_LAYOUT)


def test_a_chain_of_bases_is_planned_in_order(airbyte: Workbench) -> None:
    plan = airbyte.plan("source-stripe-singer")
    assert is_sound(plan)
    assert [step.target for step in plan.images] == [
        "airbyte-protocol", "base", "base-python", "base-singer", "source-stripe-singer",
    ]  # fmt: skip


def test_gradle_runs_once_and_only_where_a_java_image_is_built(airbyte: Workbench) -> None:
    other = JAVA.replace("postgres", "other")
    airbyte.write(
        {
            f"{other}/Dockerfile": (
                "FROM airbyte/integration-base-java:dev\nCOPY build/distributions/*.tar /\n"
            ),
            f"{other}/build.gradle": "\n",
        }
    )
    plan = airbyte.plan()
    (gradle,) = [step for step in plan.work if step.kind is Kind.GRADLE]
    assert gradle.reason == "copied by `destination-other`, `destination-postgres`"
    needing = [step.target for step in plan.work if gradle.key in step.needs]
    assert needing == ["destination-other", "destination-postgres"]
    assert Kind.GRADLE not in {step.kind for step in airbyte.plan("source-*").steps}
    assert is_sound(plan)


def test_what_gradle_makes_is_no_source_and_what_it_reads_is(airbyte: Workbench) -> None:
    before = airbyte.plan("destination-postgres").builds["destination-postgres"].sources
    airbyte.write({f"{JAVA}/build/distributions/destination-postgres.tar": "made"})
    after = airbyte.plan("destination-postgres").builds["destination-postgres"].sources
    assert before == after
    assert "src/main/java/Main.java" in [file.path for file in before.gradle]


def test_a_skipped_step_needs_nothing_and_is_needed_by_nobody(built: Workbench) -> None:
    built.write({"connectors/source-a/main.py": "print(1)\n"})
    plan = built.plan()
    (work,) = plan.work
    assert work.needs == ()
    assert [s.action for s in plan.steps].count(Action.SKIP) == 2
