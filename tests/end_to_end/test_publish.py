"""`invoke publish` as a process, on a real engine, with a real registry and real git."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import repositories
from docker_registry import docker_registry
from publishing_yard import SAYS, PublishingYard

if TYPE_CHECKING:
    from pathlib import Path

    from engine_under_test import Engine
    from yard import Yard

pytestmark = pytest.mark.engine


@pytest.fixture
def house(yard: Yard, shell: str) -> Iterator[PublishingYard]:
    with docker_registry() as registry:
        yield PublishingYard(yard=yard, shell=shell, host=registry.url.removeprefix("http://"))


def test_everything_is_published_once_and_then_there_is_nothing_to_do(
    house: PublishingYard,
) -> None:
    house.commit(house.base("base-a"), house.connector("source-b", on="base-a"))
    first = house.publish("--progress=plain")
    assert first.code == 0, first
    for name in ("base-a", "source-b"):
        tags = house.versions(name)
        assert tags == dict.fromkeys(("0.1.0", "latest"), house.ledger()[name, "0.1.0"])
    refs = house.refs()
    again = house.publish()
    assert again.code == 0, again
    assert again.out.startswith("everything is published: 2 images"), again
    assert house.refs() == refs


def everywhere(house: PublishingYard, engine: Engine, *names: str) -> tuple[object, ...]:
    """All that publishing may change, as it is."""
    images = sorted(
        (row["Id"], tuple(sorted(row.get("RepoTags") or ())))
        for row in engine.client.api.images()
        if any(house.yard.namespace in tag for tag in row.get("RepoTags") or ())
    )
    return house.refs(), {name: house.tags(name) for name in names}, images


def test_a_dry_run_tells_everything_and_changes_nothing(
    house: PublishingYard, engine: Engine
) -> None:
    house.commit(
        house.base("base-a"),
        house.connector("source-b", on="base-a"),
        house.connector("source-c", "1.0"),
    )
    names = ("base-a", "source-b", "source-c")
    before = everywhere(house, engine, *names)
    told = house.publish("--dry-run")
    assert told.code == 1, told
    assert "would publish 3 images, of which 1 cannot be, 0 are there" in told.out
    assert "`1.0` cannot be a version and a tag" in told.out
    rows = house.publish("--dry-run", "--progress=json", "--connector=source-b").json()
    work = [row["key"] for row in rows if row["action"] not in {"skip", "none"}]
    assert work[-1] == "publish source-b"
    assert {"build base-a", "build source-b", "unit source-b"} <= set(work)
    assert everywhere(house, engine, *names) == before
    assert not (house.yard.root / ".yard/logs").exists()


def test_after_a_dry_run_of_a_published_repository_there_is_nothing_to_do(
    house: PublishingYard, engine: Engine
) -> None:
    house.commit(house.connector("source-a"))
    assert house.publish().code == 0
    before = everywhere(house, engine, "source-a")
    told = house.publish("--dry-run")
    assert told.code == 0, told
    assert "would publish 0 images, 1 are there" in told.out
    assert everywhere(house, engine, "source-a") == before


def test_what_is_not_committed_is_refused_before_anything_is_built(
    house: PublishingYard, engine: Engine
) -> None:
    house.commit(house.base("base-a"), house.connector("source-b", on="base-a"))
    house.yard.write({"connectors/bases/base-a/program": "echo other"})
    before = everywhere(house, engine, "base-a", "source-b")
    refused = house.publish("--connector=source-b")
    assert refused.code == 1, refused
    assert "`connectors/bases/base-a` is not as committed" in refused.out + refused.err
    assert everywhere(house, engine, "base-a", "source-b") == before


def test_other_content_under_a_published_version_exits_with_3_and_names_the_file(
    house: PublishingYard,
) -> None:
    house.commit(house.connector("source-a"))
    assert house.publish().code == 0
    before = house.versions("source-a"), house.refs()
    house.commit(house.connector("source-a", says=f"{SAYS}; :"))
    for words in ((), ("--dry-run",)):
        conflict = house.publish(*words)
        assert conflict.code == 3, conflict
        assert "with other content: `program` changed" in conflict.out + conflict.err
    assert house.versions("source-a") == before[0]
    house.commit(house.connector("source-b", "1.0"))
    codes = [house.publish(*words).code for words in ((), ("--dry-run",))]
    assert codes == [1, 1], "of a conflict and a version that is none"
    # main has more commits, the ledger none
    assert [r for r in house.refs().splitlines() if "/main" not in r] == [
        r for r in before[1].splitlines() if "/main" not in r
    ]


def test_one_that_fails_spoils_nobody_else_and_its_dependents_wait(house: PublishingYard) -> None:
    house.commit(
        {**house.base("base-a"), "connectors/bases/base-a/Dockerfile": "FROM scratch\nCOPY no /\n"},
        house.connector("source-b", on="base-a"),
        house.connector("source-c", tests="echo it is broken; exit 1"),
        house.connector("source-d"),
        {
            "connectors/bases/base-e/Dockerfile": (
                f"FROM {house.shell}\nLABEL io.airbyte.name={house.yard.namespace}/base-e\n"
            ),
        },
        house.connector("source-f", on="base-e"),
    )
    ended = house.publish("--progress=plain")
    assert ended.code == 1, ended
    assert "to continue: invoke publish" in ended.out
    assert house.versions("source-d").keys() == {"0.1.0", "latest"}
    for name in ("base-a", "source-b", "source-c", "base-e", "source-f"):
        assert not house.tags(name), name
    assert house.ledger().keys() == {("source-d", "0.1.0")}
    command = ended.out.partition("to continue: ")[2].splitlines()[0].split()
    house.commit(house.base("base-a"), house.base("base-e"), house.connector("source-c"))
    again = house.yard.invoke(*command[1:], environment=house.environment, within=240)
    assert again.code == 0, again
    assert len(house.ledger()) == 6


def test_a_bump_of_a_base_and_its_dependents_is_published_next(house: PublishingYard) -> None:
    house.commit(
        house.base("base-a"), house.connector("source-b", on="base-a"), house.connector("source-c")
    )
    assert house.publish().code == 0
    house.yard.write({"connectors/bases/base-a/program": "echo other"})
    bumped = house.yard.invoke("bump", "--connector=base-a", "--part=minor", "--dependents")
    assert bumped.code == 0, bumped
    house.commit()
    finished = house.publish("--progress=plain")
    assert finished.code == 0, finished
    assert "published 2, " in finished.out
    for name, version in (("base-a", "0.2.0"), ("source-b", "0.1.1"), ("source-c", "0.1.0")):
        tags = house.versions(name)
        assert tags["latest"] == tags[version] == house.ledger()[name, version]


def test_an_older_line_is_published_only_when_asked_for_and_latest_stays(
    house: PublishingYard,
) -> None:
    for version in ("2.0.0", "2.1.0-rc.1"):
        house.commit(house.connector("source-a", version, says=f"{SAYS}; : {version}"))
        assert house.publish().code == 0
    house.commit(house.connector("source-a", "1.1.9", says=f"{SAYS}; : 1.1.9"))
    refused = house.publish()
    assert refused.code == 1, refused
    assert "1.1.9 is below 2.1.0-rc.1, which is published" in refused.out + refused.err
    assert "--backport" in refused.out + refused.err
    done = house.publish("--backport")
    assert done.code == 0, done
    tags = house.versions("source-a")
    assert tags.keys() == {"2.0.0", "2.1.0-rc.1", "1.1.9", "latest"}
    assert tags["latest"] == tags["2.0.0"]


def test_two_who_publish_different_connectors_at_once_lose_nothing(house: PublishingYard) -> None:
    names = ("source-a", "source-b")
    house.commit(house.base("base-z"), *(house.connector(name, on="base-z") for name in names))
    words = ("publish", f"--registry={house.host}", "--progress=plain")
    with (
        house.yard.started(*words, "--connector=base-z,source-a") as one,
        house.yard.started(*words, "--connector=base-z,source-b") as other,
    ):
        ended = [running.finish(within=240) for running in (one, other)]
    assert [each.code for each in ended] == [0, 0], "\n".join(map(str, ended))
    assert house.ledger().keys() == {(name, "0.1.0") for name in ("base-z", *names)}
    for name in ("base-z", *names):
        assert house.versions(name)["latest"] == house.ledger()[name, "0.1.0"]


def test_clones_share_what_was_published_through_their_remote(
    house: PublishingYard, tmp_path: Path
) -> None:
    house.commit(house.connector("source-a"))
    root = house.yard.root
    repositories.git(root, "clone", "--quiet", "--bare", str(root), str(tmp_path / "remote.git"))
    repositories.git(root, "remote", "add", "origin", str(tmp_path / "remote.git"))
    shared = replace(house, environment={"INVOKE_PUBLISH_REMOTE": "origin"})
    assert shared.publish().code == 0
    assert "catalog/" not in repositories.git(root, "for-each-ref", "refs/heads")
    clone = tmp_path / "clone"
    repositories.git(root, "clone", "--quiet", str(tmp_path / "remote.git"), str(clone))
    again = shared.publish(INVOKE_ROOT=str(clone))
    assert again.out.startswith("everything is published: 1 image"), again
    assert shared.ledger(str(tmp_path / "remote.git")) == {
        ("source-a", "0.1.0"): house.versions("source-a")["0.1.0"]
    }
