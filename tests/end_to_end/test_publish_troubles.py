"""`invoke publish` when the registry, the engine, or somebody beside it is in the way."""

from __future__ import annotations

import dataclasses
import json
import socket
import time
from typing import TYPE_CHECKING

import engine_under_test
import pytest
from docker_registry import USUAL, docker_registry
from fault_proxy import FaultProxy, Rule, before, fault_proxy, hang, status
from publishing_yard import SAYS, PublishingYard
from relay import relay

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine_under_test import Engine
    from yard import Finished, Yard

pytestmark = pytest.mark.engine


@pytest.fixture
def proxy() -> Iterator[FaultProxy]:
    """Before a real registry; without rules nothing goes wrong."""
    with (
        docker_registry() as registry,
        fault_proxy(registry.url.removeprefix("http://")) as made,
    ):
        yield made


@pytest.fixture
def house(yard: Yard, shell: str, proxy: FaultProxy) -> PublishingYard:
    return PublishingYard(yard=yard, shell=shell, host=proxy.host)


def is_published(house: PublishingYard, finished: Finished, name: str = "source-a") -> None:
    assert finished.code == 0, finished
    tags = house.versions(name)
    assert tags == dict.fromkeys(("0.1.0", "latest"), house.ledger()[name, "0.1.0"])


def is_not_published(house: PublishingYard, finished: Finished, code: int = 1) -> None:
    assert finished.code == code, finished
    assert not house.versions("source-a")
    assert not house.ledger()


def configs(house: PublishingYard, name: str = "source-a") -> set[str]:
    """Of the images behind all tags: what an engine calls them."""
    found = (house.manifest(name, tag) for tag in house.tags(name))
    return {manifest["config"]["digest"] for manifest in found if manifest}


def test_scenario_1_an_error_in_the_stream_of_a_push_is_told_in_its_words(
    house: PublishingYard, proxy: FaultProxy
) -> None:
    house.commit(house.connector("source-a"))
    body = json.dumps({"errors": [{"code": "DENIED", "message": "no more room for you"}]}).encode()
    fault = Rule(method="PUT", path="/manifests/staging", action=status(403, body), times=None)
    proxy.forget(fault)
    denied = house.publish("--progress=plain")
    is_not_published(house, denied)
    assert "no more room for you" in denied.out
    proxy.forget()
    is_published(house, house.publish())


def test_scenario_2_and_23_an_engine_that_goes_away_in_a_push_leaves_nothing_half_done(
    house: PublishingYard, proxy: FaultProxy, tmp_path: Path
) -> None:
    house.commit(house.connector("source-a"))
    with relay(tmp_path / "engine.sock", engine_under_test.ADDRESS) as dying:
        cut = Rule(method="PUT", path="/manifests/staging", action=before(dying.cut))
        proxy.forget(cut)
        yard = dataclasses.replace(house.yard, engine=dying.address)
        ended = dataclasses.replace(house, yard=yard).publish("--progress=plain")
    assert cut.applied
    assert ended.code in {1, 4}, ended
    assert not house.versions("source-a")
    assert not house.ledger()
    proxy.forget()
    is_published(house, house.publish())
    assert not proxy.count("PATCH"), "what was sent is not sent again"


def test_scenario_21_an_image_is_published_by_its_id_whatever_its_name_means_by_then(
    house: PublishingYard, proxy: FaultProxy, engine: Engine
) -> None:
    house.commit(house.connector("source-a"))
    image = house.yard.image("source-a")
    ids: list[str] = []

    def move() -> None:
        """After the tests, before the push."""
        ids.append(engine.id(image))
        engine.client.images.get(house.shell).tag(image)

    proxy.forget(
        Rule(method="HEAD|GET", path="/manifests/0.1.0", nth=2, action=before(move)),
    )
    is_published(house, house.publish())
    assert configs(house) == set(ids)
    assert engine.id(image) not in ids


def test_scenario_21_another_image_under_the_name_of_the_push_is_found_out(
    house: PublishingYard, engine: Engine, tmp_path: Path
) -> None:
    house.commit(house.connector("source-a"))
    repository = f"{house.host}/{house.path('source-a')}"
    moved: list[bool] = []

    def move(sent: bytes) -> None:
        """Between the two requests of a push: this name, and what it means by now."""
        if b"/push?" in sent and not moved:
            moved.append(engine.client.images.get(house.shell).tag(repository, "staging"))

    with relay(tmp_path / "engine.sock", engine_under_test.ADDRESS, move) as meddling:
        yard = dataclasses.replace(house.yard, engine=meddling.address)
        refused = dataclasses.replace(house, yard=yard).publish("--progress=plain")
    assert moved
    is_not_published(house, refused)
    assert "what arrived is not the tested image" in refused.out
    is_published(house, house.publish())
    assert configs(house) == {engine.id(house.yard.image("source-a"))}


def test_scenario_22_a_tested_image_that_is_gone_is_not_built_again_on_the_way(
    house: PublishingYard, proxy: FaultProxy, engine: Engine
) -> None:
    house.commit(house.connector("source-a"))

    def remove() -> None:
        engine.client.images.remove(house.yard.image("source-a"), force=True)

    proxy.forget(
        Rule(method="HEAD|GET", path="/manifests/0.1.0", nth=2, action=before(remove)),
    )
    refused = house.publish("--progress=plain")
    is_not_published(house, refused, code=4)
    assert "any more" in refused.out
    assert "the same command again makes a new one" in refused.out
    assert not proxy.count("PUT"), "one upload was begun, to see whether it may be"
    told = house.publish("--dry-run", "--progress=json").json()
    work = [row["key"] for row in told if row["action"] not in {"skip", "none"}]
    assert work[-3:] == ["build source-a", "unit source-a", "publish source-a"]
    is_published(house, house.publish())


def test_scenario_24_a_build_that_fails_is_named_and_the_others_go_out(
    house: PublishingYard,
) -> None:
    house.commit(
        house.connector("source-a"),
        house.connector("source-b", more="RUN echo so far; exit 7\n"),
    )
    ended = house.publish("--progress=json")
    assert ended.code == 1, ended
    failed = [
        event
        for event in ended.events()
        if event["event"] == "step_finished" and event["outcome"] == "failed"
    ]
    assert [event["key"] for event in failed] == ["build source-b"]
    assert "echo so far; exit 7" in failed[0]["message"]
    assert house.ledger().keys() == {("source-a", "0.1.0")}


def test_scenario_25_no_other_tag_of_this_machine_is_sent_and_none_is_left(
    house: PublishingYard, engine: Engine
) -> None:
    house.commit(house.connector("source-a"))
    repository = f"{house.host}/{house.path('source-a')}"
    for tag in ("mine", "0.0.9"):
        engine.client.images.get(house.shell).tag(repository, tag)
    try:
        is_published(house, house.publish())
        assert house.tags("source-a").keys() == {"0.1.0", "latest", "staging"}
        names = {t for row in engine.client.api.images() for t in row.get("RepoTags") or ()}
        assert {name for name in names if name.startswith(repository)} == {
            f"{repository}:mine",
            f"{repository}:0.0.9",
        }
    finally:
        for tag in ("mine", "0.0.9"):
            engine.client.images.remove(f"{repository}:{tag}")


def test_scenario_42_what_says_no_spec_is_published_by_nobody(
    house: PublishingYard, engine: Engine
) -> None:
    deep = '{"type":"SPEC","spec":' + '{"a":' * 5000 + "1" + "}" * 5001
    bad = {
        "source-garbage": "echo hello; echo '{'; echo '[1'",
        "source-twice": f"{SAYS}; {SAYS}",
        "source-silent": ":",
        "source-dies": f"{SAYS}; exit 3",
        "source-floods": "while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done",
        "source-endless-line": "while :; do printf aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done",
        "source-deep": f"echo '{deep}'",
    }
    made = [house.connector(name, says=says) for name, says in bad.items()]
    house.commit(house.connector("source-a"), *made)
    ended = house.publish("--progress=json", within=200)
    assert ended.code == 1, ended
    failed = {
        event["key"].removeprefix("publish ")
        for event in ended.events()
        if event["event"] == "step_finished" and event["outcome"] == "failed"
    }
    assert failed == bad.keys()
    assert house.ledger().keys() == {("source-a", "0.1.0")}
    assert not any(house.tags(name) for name in bad)
    running = engine.client.api.containers(all=True)
    assert not [c for c in running if house.yard.namespace in str(c.get("Image"))]


@pytest.mark.long
def test_a_registry_that_is_down_and_one_that_hangs_are_given_up_before_anything_is_built(
    house: PublishingYard, proxy: FaultProxy, engine: Engine
) -> None:
    """Both at once: each takes the whole time that a question may take, and only once."""
    house.commit(*(house.connector(f"source-{number}") for number in range(40)))
    house.yard.settings("publish: {patience: 12}\n")
    refs, begin = house.refs(), time.monotonic()
    proxy.forget(Rule(method="HEAD|GET", path="/manifests/", action=hang, times=None))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))  # and nobody listens
        down = f"127.0.0.1:{free.getsockname()[1]}"
        with (
            house.yard.started("publish", f"--registry={down}") as one,
            house.yard.started("publish", f"--registry={house.host}", "--dry-run") as other,
        ):
            ended = {down: one.finish(within=240), house.host: other.finish(within=240)}
    assert time.monotonic() - begin < 90
    for host, finished in ended.items():
        assert finished.code == 4, finished
        assert host in finished.out + finished.err
    assert house.refs() == refs
    assert not engine.has(house.yard.image("source-1"))


def test_who_may_not_push_learns_it_before_anything_is_built(
    yard: Yard, shell: str, engine: Engine
) -> None:
    with docker_registry(USUAL) as registry:
        host = registry.url.removeprefix("http://")
        house = PublishingYard(yard=yard, shell=shell, host=host, login=USUAL)
        house.commit(house.connector("source-a"))
        ended = house.publish()
        assert ended.code in {1, 4}, ended
        assert f"docker login {host}" in ended.out + ended.err
        assert not house.tags("source-a")
    assert not engine.has(yard.image("source-a"))
