"""A repository of the shape that Airbyte's had in 2021, which never heard of this tool."""

from __future__ import annotations

import dataclasses
import io
import tarfile
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from engine_under_test import Engine
    from yard import Yard

BASES = "airbyte-integrations/bases"
CONNECTORS = "airbyte-integrations/connectors"
LAYOUT = {"connectors": CONNECTORS, "bases": BASES}
GRADLEW = """\
#!/bin/sh
# Does what `gradle distTar` does, as far as this repository goes.
set -e
for task in "$@"; do
    case "$task" in
    :*:distTar)
        project=.$(echo "${task%:distTar}" | tr : /)
        name=$(basename "$project")-0.3.0
        mkdir -p "$project/build/distributions" "$project/build/tmp/$name"
        cp "$project"/src/main/java/*.java "$project/build/tmp/$name"
        tar -C "$project/build/tmp" -cf "$project/build/distributions/$name.tar" "$name"
        echo "> Task $task"
        ;;
    esac
done
echo BUILD SUCCESSFUL
"""
LAYERS = [
    ["base"],
    ["airbyte-protocol", "base-java"],
    ["base-python", "destination-postgres"],
    ["base-singer"],
    ["source-stripe-singer"],
]


def monorepo(yard: Yard, outside: str) -> Yard:
    """Fill it: directories and images have different names, `outside` is the one external base."""
    ours = yard.namespace
    yard.write(
        {
            ".gitignore": "build/\n.gradle/\n",
            "settings.gradle": "rootProject.name = 'airbyte'\n",
            "gradlew": GRADLEW,
            f"{BASES}/base/Dockerfile": (
                f"FROM {outside}\n\nCOPY base.sh /airbyte/\n\n"
                f"LABEL io.airbyte.version=0.1.0\nLABEL io.airbyte.name={ours}/integration-base\n"
            ),
            f"{BASES}/base/base.sh": "#!/bin/sh\n",
            f"{BASES}/airbyte-protocol/Dockerfile": (
                f"FROM {ours}/integration-base:dev as base\n\nfrom base as final\n"
                "COPY protocol.py /protocol/\n"
                f'LABEL io.airbyte.version="0.1.0" \\\n'
                f'      io.airbyte.name="{ours}/base-airbyte-protocol-python"\n'
            ),
            f"{BASES}/airbyte-protocol/protocol.py": "\n",
            f"{BASES}/base-python/Dockerfile": (
                f"FROM {ours}/base-airbyte-protocol-python:dev\n"
                f"COPY --from={ours}/integration-base:dev /airbyte/base.sh /airbyte/copy.sh\n"
                "LABEL io.airbyte.version=0.1.2\n"
                f"LABEL io.airbyte.name={ours}/integration-base-python\n"
            ),
            f"{BASES}/base-python/setup.py": "\n",
            f"{BASES}/base-python/build.gradle": "plugins { id 'airbyte-docker' }\n",
            f"{BASES}/base-singer/Dockerfile": (
                f"ARG TAG=dev\nFROM {ours}/integration-base-python:${{TAG}}\nCOPY setup.py /\n"
                f"LABEL io.airbyte.name='{ours}/integration-base-singer' io.airbyte.version=0.1.0\n"
            ),
            f"{BASES}/base-singer/setup.py": "\n",
            f"{BASES}/base-java/Dockerfile": (
                f"FROM {outside} as jdk\n"
                f"COPY --from={ours}/integration-base:dev /airbyte /airbyte\n"
                "LABEL io.airbyte.version=0.1.2\n"
                f"LABEL io.airbyte.name={ours}/integration-base-java\n"
            ),
            f"{BASES}/standard-source-test/build.gradle": "\n",
            f"{CONNECTORS}/source-stripe-singer/Dockerfile": (
                f"FROM {ours}/integration-base-singer:dev\n\nCOPY setup.py /airbyte/\n"
                "LABEL io.airbyte.version=0.2.2\n"
                f"LABEL io.airbyte.name={ours}/source-stripe-singer\n"
            ),
            f"{CONNECTORS}/source-stripe-singer/setup.py": "\n",
            f"{CONNECTORS}/source-stripe-singer/build.gradle": "plugins { id 'airbyte-python' }\n",
            f"{CONNECTORS}/destination-postgres/Dockerfile": (
                f"FROM {ours}/integration-base-java:dev as build\n"
                "ENV APPLICATION destination-postgres\n"
                "COPY build/distributions/${APPLICATION}*.tar /airbyte/${APPLICATION}.tar\n\n"
                f"FROM {ours}/integration-base-java:dev\nCOPY --from=build /airbyte /airbyte\n"
                "LABEL io.airbyte.version=0.3.0\n"
                f"LABEL io.airbyte.name={ours}/destination-postgres\n"
            ),
            f"{CONNECTORS}/destination-postgres/.dockerignore": "*\n!Dockerfile\n!build\n",
            f"{CONNECTORS}/destination-postgres/build.gradle": "plugins { id 'application' }\n",
            f"{CONNECTORS}/destination-postgres/src/main/java/Main.java": "class Main {}\n",
        }
    )
    (yard.root / "gradlew").chmod(0o755)
    yard.commit({})
    return dataclasses.replace(yard, layout=LAYOUT)


def test_list_knows_its_images_without_an_engine(repository: Yard) -> None:
    listed = monorepo(repository, "python:3.7-slim").invoke("list", "--format=json").json()
    assert [row["name"] for row in listed] == sorted(name for layer in LAYERS for name in layer)
    by_name = {row["name"]: row for row in listed}
    assert by_name["airbyte-protocol"] == {
        "name": "airbyte-protocol",
        "kind": "base",
        "language": "other",
        "image": f"{repository.namespace}/base-airbyte-protocol-python",
        "version": "0.1.0",
        "path": f"{BASES}/airbyte-protocol",
        "definition_id": None,
        "depends_on": ["base"],
    }
    assert by_name["base-python"]["depends_on"] == ["airbyte-protocol", "base"]
    assert by_name["destination-postgres"]["language"] == "java"
    assert by_name["source-stripe-singer"]["language"] == "python"


def test_a_connector_goes_by_the_name_of_its_image_too(repository: Yard) -> None:
    shown = monorepo(repository, "python:3.7-slim").invoke(
        *("graph", "--format=json", "--connector=integration-base-singer")
    )
    assert "base-singer" in shown.json()["images"]


def test_the_graph_has_a_chain_of_four_bases(repository: Yard) -> None:
    shown = monorepo(repository, "python:3.7-slim").invoke("graph", "--format=json").json()
    assert shown["layers"] == LAYERS
    assert ["base-python", "base"] in shown["edges"]
    assert ["source-stripe-singer", "base-singer"] in shown["edges"]


def test_a_dry_run_plans_bases_first_without_an_engine(repository: Yard) -> None:
    finished = monorepo(repository, "python:3.7-slim").invoke(
        *("build", "--dry-run", "--progress=json")
    )
    rows = finished.json()
    places = {row["name"]: place for place, row in enumerate(rows)}
    depth = {name: depth for depth, layer in enumerate(LAYERS) for name in layer}
    assert places.keys() == depth.keys()
    for dependent, base in (
        ("airbyte-protocol", "base"),
        ("base-python", "airbyte-protocol"),
        ("base-singer", "base-python"),
        ("source-stripe-singer", "base-singer"),
        ("destination-postgres", "base-java"),
    ):
        assert places[base] < places[dependent]


@pytest.mark.engine
def test_it_builds_in_layer_order_with_one_start_of_gradle(
    yard: Yard, shell: str, engine: Engine
) -> None:
    airbyte = monorepo(yard, shell)
    first = airbyte.invoke("build", "--progress=json")
    assert first.code == 0, first
    done = [e["key"] for e in first.events() if e["event"] == "step_finished"]
    assert done.count("gradle distributions") == 1
    places = {key.rpartition(" ")[2]: place for place, key in enumerate(done)}
    for dependent, base in (
        ("airbyte-protocol", "base"),
        ("base-python", "airbyte-protocol"),
        ("base-singer", "base-python"),
        ("source-stripe-singer", "base-singer"),
        ("destination-postgres", "distributions"),
    ):
        assert places[base] < places[dependent], done
    stripe = engine.files(f"{yard.namespace}/source-stripe-singer:dev")
    assert {"airbyte/base.sh", "airbyte/copy.sh", "protocol/protocol.py", "setup.py"} <= set(stripe)
    assert main_class(yard, engine) == "class Main {}\n"
    second = airbyte.invoke("build")
    assert "everything is up to date: 7 images" in second.out, second


@pytest.mark.engine
def test_a_java_source_that_changed_reaches_the_image(
    yard: Yard, shell: str, engine: Engine
) -> None:
    airbyte = monorepo(yard, shell)
    assert airbyte.invoke("build", "--connector=destination-postgres").code == 0
    java = "src/main/java/Main.java"
    airbyte.write({f"{CONNECTORS}/destination-postgres/{java}": "class Main { int a; }\n"})
    planned = airbyte.invoke("build", "--dry-run", "--progress=json", "--connector=destination-*")
    assert planned.json()[-1] == {
        "name": "destination-postgres",
        "action": "build",
        "reason": f"`{java}` changed",
    }
    assert airbyte.invoke("build", "--connector=destination-postgres").code == 0
    assert main_class(yard, engine) == "class Main { int a; }\n"
    assert "up to date" in airbyte.invoke("build", "--connector=destination-postgres").out


@pytest.mark.engine
def test_a_gradle_build_that_fails_skips_the_java_images_alone(
    yard: Yard, shell: str, engine: Engine
) -> None:
    airbyte = monorepo(yard, shell)
    airbyte.write({"gradlew": "#!/bin/sh\necho it does not compile\nexit 3\n"})
    finished = airbyte.invoke("build")
    assert finished.code == 1, finished
    assert "│ it does not compile" in finished.out
    assert "`./gradlew` ended with exit code 3" in finished.out
    skipped = "destination-postgres: build: skipped (`gradle distributions` failed)"
    assert skipped in finished.out
    assert engine.has(f"{yard.namespace}/source-stripe-singer:dev")
    assert not engine.has(f"{yard.namespace}/destination-postgres:dev")


def main_class(yard: Yard, engine: Engine) -> str:
    """The Java source that ended in the image, inside of the tar that Gradle made."""
    files = engine.files(f"{yard.namespace}/destination-postgres:dev")
    with tarfile.open(fileobj=io.BytesIO(files["airbyte/destination-postgres.tar"])) as archive:
        member = archive.extractfile("destination-postgres-0.3.0/Main.java")
        assert member is not None
        return member.read().decode()
