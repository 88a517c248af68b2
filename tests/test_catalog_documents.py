from __future__ import annotations

import json
import random
import re
import time
from typing import Any

import pytest
from published import many, release

from build_config.catalog.documents import defects, documents
from build_config.errors import RepositoryError
from build_config.release import Release


def test_the_same_releases_in_any_order_and_read_again_give_the_same_bytes() -> None:
    releases = list(many(7, 5))
    first = documents(releases)
    random.shuffle(releases)
    assert documents(releases) == first
    again = [Release.from_json(made.to_json()) for made in releases]
    assert documents(again) == first


def test_there_is_a_registry_a_page_and_a_history_of_each_image() -> None:
    made = documents((release("source-a"), release("base-b")))
    assert list(made) == [
        "versions/base-b.json",
        "versions/source-a.json",
        "registry.json",
        "index.html",
    ]
    for path, content in made.items():
        assert content.decode("utf-8").endswith("\n"), path
    assert json.loads(made["registry.json"])["sources"][0]["dockerImageTag"] == "1.0.0"


def test_without_releases_there_is_an_empty_catalog() -> None:
    made = documents(())
    assert json.loads(made["registry.json"]) == {"destinations": [], "sources": []}
    assert b"Nothing is published yet" in made["index.html"]


BROKEN: list[tuple[dict[str, Any], str]] = [
    ({"spec": None}, "source-a: `spec`: null is not of type"),
    ({"spec": {}}, "source-a: `spec.connectionSpecification` is missing"),
    ({"definition": {}}, "source-a: `sourceDefinitionId` is missing"),
    ({"definition": {**release().definition, "releaseStage": "done"}}, "source-a: `releaseStage`:"),
    ({"digest": "sha256:12"}, 'source-a: `versions[0].digest`: "sha256:12" does not match'),
    ({"published": "yesterday"}, "source-a: `versions[0].published`:"),
    ({"name": "../etc", "kind": "base"}, '../etc: `name`: "../etc" does not match'),
    ({"name": "..", "kind": "base"}, '..: `name`: ".." does not match'),
    ({"kind": "thing"}, 'source-a: `kind`: "thing" is not one of'),
]


@pytest.mark.parametrize(("other", "said"), BROKEN)
def test_what_makes_no_valid_catalog_is_refused_with_its_name_and_place(
    other: dict[str, Any], said: str
) -> None:
    broken = release(**{"name": "source-a", **other})
    assert any(defect.startswith(said) for defect in defects(broken)), defects(broken)
    with pytest.raises(RepositoryError) as caught:
        documents((broken, release("source-sound")))
    assert set(defects(broken)) == set(caught.value.defects)


def test_a_sound_release_has_no_defects() -> None:
    assert defects(release()) == ()
    assert defects(release("base-a")) == ()


def test_numbers_and_letters_that_few_programs_know_are_kept() -> None:
    connection = {"maximum": 2**70, "pattern": "\ud800", "title": "é"}
    odd = release(spec={"connectionSpecification": connection})
    content = documents((odd,))["registry.json"]
    spec = json.loads(content)["sources"][0]["spec"]
    assert spec["connectionSpecification"] == connection


def test_six_hundred_connectors_with_twenty_versions_take_no_time() -> None:
    releases = many(600, 20)
    documents(releases[:1])  # the template and the schemas are read once
    begin = time.perf_counter()
    made = documents(releases)
    took = time.perf_counter() - begin
    assert len(made) == 602
    assert took < 5, f"{took:.2f} s; on an idle machine it is a quarter of a second"
    assert len(re.findall(rb"<li id=", made["index.html"])) == 600
