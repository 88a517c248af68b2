from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from build_config.cleaning.garbage import Garbage, Kind, summed, table
from build_config.cleaning.images import Own, Sorted, read_rows, sort_images

A = f"sha256:{'a' * 64}"
OWN = Own(
    names=frozenset({"acme/source-x", "ghcr.io/acme/source-y"}),
    namespaces=frozenset({"acme", "ghcr.io/acme"}),
    local_tag="dev",
    gone={"f-gone": "source-gone"},
    cached=frozenset({"localhost:5000/cache/source-x", "docker.io/acme-cache/source-x"}),
)


def entry(*tags: str, name: str = "acme/source-x", fingerprint: str = "f", **more: Any) -> Any:
    """A row of `GET /images/json`; an empty label is not there."""
    labels = {"io.airbyte.name": name, "dev.connectoryard.fingerprint": fingerprint}
    return {
        "Id": A,
        "Labels": {key: value for key, value in labels.items() if value},
        "RepoTags": list(tags),
        "RepoDigests": [],
        **more,
    }


def sorted_images(*entries: Any) -> Sorted:
    return sort_images(read_rows(entries), OWN)


def reasons(*entries: Any) -> dict[str, str]:
    return {item.name: item.why for item in sorted_images(*entries).garbage}


@pytest.mark.parametrize(
    "nameless",
    [
        {"RepoTags": ["<none>:<none>"], "RepoDigests": ["<none>@<none>"]},
        {"RepoTags": [], "RepoDigests": []},
        {"RepoTags": None, "RepoDigests": None},
    ],
    ids=["20.10", "containerd", "null"],
)
def test_a_build_that_lost_its_name_to_a_newer_one_goes(nameless: dict[str, Any]) -> None:
    found = reasons(entry() | nameless)
    assert found == {A: "a newer one took the name of this `acme/source-x`"}


def test_a_test_stage_that_lost_its_name_goes_by_the_label_of_its_stage() -> None:
    labels = {"io.airbyte.name": "acme/source-x", "dev.connectoryard.stage": "test"}
    assert list(reasons(entry(Labels=labels))) == [A]


@pytest.mark.parametrize(
    "other",
    [
        entry(name="acme/source-other"),
        entry(name=""),
        entry(name="Not A Name"),
        entry(fingerprint=""),
        entry(Labels=None),
        entry(RepoDigests=[f"acme/source-x@sha256:{'b' * 64}"]),
    ],
    ids=["another repository's", "no name", "no legal name", "not built by us", "bare", "pulled"],
)
def test_an_image_without_a_name_that_may_be_somebody_elses_stays(other: Any) -> None:
    assert sorted_images(other) == Sorted(garbage=(), doubtful=())


def test_what_was_tested_here_and_published_goes_when_it_lost_its_name() -> None:
    here = replace(OWN, tested=frozenset({A}))
    own, there, other = (
        f"{place}/source-x@sha256:{'b' * 64}" for place in ("acme", "localhost:5000/acme", "other")
    )

    def found(*digests: str) -> list[str]:
        rows = read_rows([entry(RepoDigests=list(digests))])
        return [item.name for item in sort_images(rows, here).garbage]

    assert found(own) == found(there) == [A]
    assert found(other) == found(own, there) == []


def test_what_the_repository_builds_stays() -> None:
    own = entry("acme/source-x:dev"), entry("ghcr.io/acme/source-y:dev", name="")
    assert sorted_images(*own) == Sorted(garbage=(), doubtful=())


def test_tags_that_people_gave_stay() -> None:
    assert not reasons(entry("acme/source-x:1.2.3", "acme/source-x:mine", "kept:dev"))


def test_the_image_of_a_test_stage_goes_by_its_name() -> None:
    mine = entry("acme/source-x:dev-test", name="", fingerprint="")
    other = entry("acme/source-other:dev-test", name="", fingerprint="")
    assert reasons(mine, other) == {"acme/source-x:dev-test": "its tests have ended"}


@pytest.mark.parametrize("place", ["acme/source-x", "localhost:5000/team/acme/source-x"])
def test_the_tag_of_a_killed_push_goes(place: str) -> None:
    assert reasons(entry(f"{place}:staging")) == {f"{place}:staging": "a push has ended"}


@pytest.mark.parametrize("place", ["localhost:5000/other", "acme/my-source-x", "web"])
def test_somebody_elses_staging_stays(place: str) -> None:
    assert not reasons(entry(f"{place}:staging"))
    assert not reasons(entry("acme/source-x:staging", fingerprint=""))


@pytest.mark.parametrize("place", ["localhost:5000/cache/source-x", "acme-cache/source-x"])
def test_the_tag_of_a_killed_push_to_the_cache_goes(place: str) -> None:
    tag = f"{place}:{'0a' * 32}"
    assert reasons(entry(tag)) == {tag: "a push to the cache has ended"}
    assert not reasons(entry(tag, fingerprint="")), "it is none of ours"
    assert not reasons(entry(f"{place}:1.2.3"), entry(f"elsewhere/source-x:{'0a' * 32}"))


def test_a_connector_that_is_gone_takes_what_this_repository_built_of_it_along() -> None:
    gone = "acme/source-gone"
    found = sorted_images(
        entry(f"{gone}:dev", name=gone, fingerprint="f-gone"),
        entry(f"{gone}:dev-test", name=gone, fingerprint=""),
        entry(name=gone, fingerprint="f-older"),
    )
    assert [item.why for item in found.garbage] == [
        "there is no `source-gone` any more",
        "its tests have ended",
        f"a newer one took the name of this `{gone}`",
    ]
    assert not found.doubtful


def test_the_image_of_a_renamed_directory_stays() -> None:
    assert not reasons(entry("acme/source-x:dev", fingerprint="f-gone"))


def test_without_proof_an_image_stays_and_is_told() -> None:
    found = sorted_images(
        entry("acme/source-other:dev", name="acme/source-other"),
        entry("elsewhere/source-other:dev", name="elsewhere/source-other"),
        entry("acme/built-on-ours:dev"),
    )
    assert found == Sorted(garbage=(), doubtful=("acme/source-other:dev",))


def test_what_inherits_the_labels_of_an_image_that_is_gone_stays() -> None:
    heir = entry("theirs:dev", "acme/theirs:dev", name="acme/source-gone", fingerprint="f-gone")
    assert sorted_images(heir) == Sorted(garbage=(), doubtful=())


def test_only_the_last_name_of_an_image_frees_anything() -> None:
    both = entry("acme/source-x:dev-test", "acme/source-x:staging")
    assert [item.size for item in sorted_images(both).garbage] == [0, None]
    kept = entry("acme/source-x:dev-test", "acme/source-x:mine")
    assert [item.size for item in sorted_images(kept).garbage] == [0]


def test_the_table_says_what_how_large_and_why() -> None:
    found = (
        Garbage(kind=Kind.IMAGE, name=A, why="old", size=1_500_000, image_id=A),
        Garbage(kind=Kind.VOLUME, name="v", why="left"),
        Garbage(kind=Kind.RECORD, name=f".yard/inputs/x/{'b' * 64}.json", why="gone", size=9),
    )
    assert table(found).splitlines()[2:] == [
        "image   aaaaaaaaaaaa                      1.5 MB  old",
        "volume  v                                 ?       left",
        "record  .yard/inputs/x/bbbbbbbbbbbb.json  9 B     gone",
    ]
    assert summed(found) == "1 volume, 1 image, 1 record: at least 1.5 MB"


def test_what_images_share_makes_their_sum_a_lower_bound() -> None:
    one, other = (
        Garbage(kind=Kind.IMAGE, name=name, why="old", size=1_500_000, image_id=image_id)
        for name, image_id in (("x", A), ("y", "another"))
    )
    assert summed([one]) == "1 image: 1.5 MB"
    assert summed([one, other]) == "2 images: at least 3.0 MB"
