"""What stands in a bake file, to the last member."""

from __future__ import annotations

from pathlib import Path

import pytest
from monorepos import AIRBYTE_2021, AIRBYTE_LAYOUT, OURS, connectors, graph, images, standing

from build_config.bake import asked_for, bake_file, secret_from
from build_config.connector import Secret
from build_config.graph import Graph, resolve


def a_graph(root: Path, **changes: object) -> Graph:
    made, defects = resolve(connectors(root, OURS, **changes).values(), "dev")
    assert not defects
    return made


def written(made: Graph, *names: str) -> dict[str, dict[str, object]]:
    """The targets of a file for these images, without labels and secrets."""
    chosen = frozenset(names or made.connectors)
    document = bake_file(made, chosen, {name: {} for name in chosen}, dict.fromkeys(chosen, ()))
    targets: dict[str, dict[str, object]] = document["target"]
    assert document["group"] == {"default": {"targets": list(targets)}}
    return targets


def test_a_file_says_all_that_a_build_here_says(tmp_path: Path) -> None:
    made = a_graph(tmp_path, images={"source-a": {"build_args": {"PIP": "1"}}})
    names = frozenset({"base-python", "source-a"})
    secret = Secret(id="token", variable="TOKEN")
    secrets = {"base-python": (), "source-a": (secret, Secret(id="key", file="secrets/key"))}
    labels = {"base-python": {}, "source-a": {"io.airbyte.name": "connectoryard/source-a"}}
    assert bake_file(made, names, labels, secrets) == {
        "group": {"default": {"targets": ["base-python", "source-a"]}},
        "target": {
            "base-python": {
                "context": "connectors/bases/base-python",
                "dockerfile": "Dockerfile",
                "contexts": {},
                "tags": ["connectoryard/base-python:dev"],
                "args": {},
                "labels": {},
                "secret": [],
            },
            "source-a": {
                "context": "connectors/source-a",
                "dockerfile": "Dockerfile",
                "contexts": {"connectoryard/base-python:dev": "target:base-python"},
                "tags": ["connectoryard/source-a:dev"],
                "args": {"PIP": "1"},
                "labels": {"io.airbyte.name": "connectoryard/source-a"},
                "secret": ["id=token,env=TOKEN", "id=key,src=secrets/key"],
            },
        },
    }


def test_a_context_has_the_name_of_the_image_and_the_target_that_of_the_directory(
    tmp_path: Path,
) -> None:
    made, _ = resolve(connectors(tmp_path, AIRBYTE_2021, **AIRBYTE_LAYOUT).values(), "dev")
    assert written(made)["base-python"]["contexts"] == {
        "airbyte/base-airbyte-protocol-python:dev": "target:airbyte-protocol",
        "airbyte/integration-base:dev": "target:base",
    }


def test_the_tag_latest_is_not_said_as_buildkit_looks_names_up_without_it(tmp_path: Path) -> None:
    dockerfiles = {"base-a": "FROM scratch\n", "source-b": "FROM connectoryard/base-a\n"}
    made, _ = resolve(images(tmp_path, dockerfiles, local_tag="latest").values(), "latest")
    assert written(made)["source-b"]["contexts"] == {"connectoryard/base-a": "target:base-a"}


def test_target_names_have_no_dots_and_stay_different(tmp_path: Path) -> None:
    paths = ("source-a.b", "source-a_b", "bases/default", "source-c")
    files = {f"connectors/{path}/Dockerfile": "FROM scratch\n" for path in paths}
    made, _ = resolve(connectors(tmp_path, files).values(), "dev")
    assert sorted(written(made)) == ["default_", "source-a_b", "source-a_b_", "source-c"]


@pytest.mark.parametrize(
    ("text", "literal"),
    [("a${B}", "a$${B}"), ("%{if}", "%%{if}"), ("$A 100% {}", "$A 100% {}"), ("", "")],
)
def test_bake_expands_nothing_in_what_we_say(tmp_path: Path, text: str, literal: str) -> None:
    made = a_graph(tmp_path, images={"base-python": {"build_args": {"X": "x"}}})
    labels = {"base-python": {"label": text}}
    document = bake_file(made, frozenset(labels), labels, {"base-python": ()})
    assert document["target"]["base-python"]["labels"] == {"label": literal}


def test_only_secrets_that_the_dockerfile_names_are_offered(tmp_path: Path) -> None:
    run = "FROM scratch\nRUN --mount=type=secret,id=one \\\n    --mount=type=secret,id=two x\n"
    connector = images(tmp_path, {"source-a": run})["source-a"]
    theirs = [Secret(id=name, variable=name.upper()) for name in ("one", "two", "three")]
    own = Secret(id="one", file="secrets/one")
    assert asked_for(connector, (*theirs, own)) == (own, theirs[1])


def test_files_of_the_repository_are_named_as_seen_from_its_root() -> None:
    inside, outside = Secret(id="a", file="/repo/key"), Secret(id="a", file="/etc/key")
    variable = Secret(id="a", variable="A")
    assert secret_from(inside, Path("/repo")) == Secret(id="a", file="key")
    assert [secret_from(s, Path("/repo")) for s in (outside, variable)] == [outside, variable]


def test_bases_stand_before_what_stands_on_them(tmp_path: Path) -> None:
    chain = {"base-z": (), "base-a": ("base-z",), "source-b": ("base-a", "base-z")}
    made = graph(tmp_path, {name: standing(*on) for name, on in chain.items()})
    assert list(written(made)) == ["base-z", "base-a", "source-b"]
