from __future__ import annotations

from dataclasses import replace

import pytest

from build_config.fingerprint import FORMAT, Inputs, differences

INPUTS = Inputs(
    files={"Dockerfile": "100644 a", "run.sh": "100755 b", "\udcff": "100644 c"},
    sources={"Main.java": "100644 d"},
    build_args={"A": "1", "B": "2"},
    bases={"python:3": "sha256:e", "us/base:dev": "f"},
    labels={"io.airbyte.version": "1"},
)


def changed(**fields: object) -> Inputs:
    return replace(INPUTS, **fields)  # type: ignore[arg-type] # the tests know the fields


@pytest.mark.parametrize(
    "other",
    [
        changed(files={**INPUTS.files, "run.sh": "100644 b"}),
        changed(files={**INPUTS.files, "run.sh": "100755 x"}),
        changed(files={**INPUTS.files, "new": "100644 a"}),
        changed(files={k: v for k, v in INPUTS.files.items() if k != "run.sh"}),
        changed(files={("ran.sh" if k == "run.sh" else k): v for k, v in INPUTS.files.items()}),
        changed(sources={"Main.java": "100644 x"}),
        changed(sources={}, files={**INPUTS.files, **INPUTS.sources}),
        changed(build_args={"A": "1"}),
        changed(build_args={"A": "2", "B": "1"}),
        changed(bases={**INPUTS.bases, "python:3": "sha256:x"}),
        changed(bases={}),
        changed(labels={"io.airbyte.version": "2"}),
        changed(format=FORMAT + 1),
    ],
)
def test_any_single_change_changes_the_fingerprint(other: Inputs) -> None:
    assert other.fingerprint != INPUTS.fingerprint
    assert list(differences(INPUTS, other))
    assert list(differences(other, INPUTS))


def test_the_order_in_which_things_were_found_does_not_count() -> None:
    fields = ("files", "sources", "build_args", "bases", "labels")
    turned = {name: dict(reversed(getattr(INPUTS, name).items())) for name in fields}
    other = changed(**turned)
    assert other.fingerprint == INPUTS.fingerprint
    assert list(differences(INPUTS, other)) == []


def test_a_fingerprint_is_the_same_on_every_machine() -> None:
    empty = Inputs(files={}, sources={}, build_args={}, bases={}, format=0)
    assert empty.to_json() == (
        '{"bases":{},"build_args":{},"files":{},"format":0,"labels":{},"sources":{}}'
    )
    assert empty.fingerprint == "a44b738f7ea70c02a6254b8cd443e5f09761edf3fc4f295c960a9d869c7ae6fc"


def test_inputs_survive_being_written_down() -> None:
    again = Inputs.from_json(INPUTS.to_json())
    assert again == INPUTS
    assert again.fingerprint == INPUTS.fingerprint
    assert INPUTS.to_json().isascii()


@pytest.mark.parametrize("text", ["", "null", "[]", "{}", "3", '{"files": {}}', '{"a": 1}', "{"])
def test_what_is_not_inputs_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Inputs.from_json(text)


def test_differences_are_told_the_most_telling_first() -> None:
    after = Inputs(
        files={"Dockerfile": "100644 x", "new": "100644 y", "\udcff": "100644 c"},
        sources={"Main.java": "100644 z"},
        build_args={"B": "3"},
        bases={"python:3": "sha256:other", "us/base:dev": "f"},
        labels={"io.airbyte.version": "2"},
        format=FORMAT + 1,
    )
    assert list(differences(INPUTS, after)) == [
        "this version of the tool builds images in another way",
        "base `python:3` moved",
        "build argument `A` removed",
        "build argument `B` changed",
        "label `io.airbyte.version` changed",
        "`Dockerfile` changed",
        "`new` added",
        "`run.sh` removed",
        "`Main.java` changed",
    ]
