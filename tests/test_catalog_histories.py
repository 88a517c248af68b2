from __future__ import annotations

import random

import pytest
from published import digest_of, release

from build_config.catalog.histories import histories, is_stable
from build_config.errors import RepositoryError


def versions_of(*given: str) -> tuple[str, list[str]]:
    """The version that is offered, and all of them in order."""
    (history,) = histories(release(version=version) for version in given)
    return history.current.version, [r.version for r in history.releases]


@pytest.mark.parametrize(
    ("given", "current", "ordered"),
    [
        (["1.2.0", "1.10.0", "1.9.0"], "1.10.0", ["1.10.0", "1.9.0", "1.2.0"]),
        (["2.0.0-rc.1", "1.0.0"], "1.0.0", ["2.0.0-rc.1", "1.0.0"]),
        (["1.0.0-rc.1", "1.0.0-rc.2"], "1.0.0-rc.2", ["1.0.0-rc.2", "1.0.0-rc.1"]),
        (["v9", "0.1.0"], "0.1.0", ["0.1.0", "v9"]),
        (["v9"], "v9", ["v9"]),
    ],
)
def test_the_highest_stable_version_is_offered_and_a_prerelease_only_where_there_is_none(
    given: list[str], current: str, ordered: list[str]
) -> None:
    for _ in range(5):
        random.shuffle(given)
        assert versions_of(*given) == (current, ordered)


def test_a_backport_is_not_offered_though_it_is_younger() -> None:
    (history,) = histories(
        (
            release(version="2.0.0", published="2026-01-01T00:00:00Z"),
            release(version="1.1.9", published="2026-02-01T00:00:00Z"),
        )
    )
    assert history.current.version == "2.0.0"
    assert history.first_published == "2026-01-01T00:00:00Z"


def test_a_version_that_moved_to_another_registry_is_offered_from_where_it_came_last() -> None:
    old = release(repository="docker.io/acme/source-a", published="2026-01-01T00:00:00Z")
    new = release(repository="ghcr.io/acme/source-a", published="2026-02-01T00:00:00Z")
    (history,) = histories((new, old))
    assert history.current == new
    assert history.releases == (new, old)


def test_the_same_content_recorded_twice_counts_once_and_the_older_record_holds() -> None:
    older, younger = (release(published=f"2026-01-0{day}T00:00:00Z") for day in (1, 2))
    assert histories((younger, older))[0].releases == (older,)
    assert histories((older, younger))[0].releases == (older,)


def test_a_version_of_two_contents_is_refused() -> None:
    twice = (release(), release(digest=digest_of("another")), release("source-b"))
    with pytest.raises(RepositoryError) as caught:
        histories(twice)
    assert caught.value.defects == (
        "`source-a`: `ghcr.io/acme/source-a:1.0.0` has release records of different digests",
    )


@pytest.mark.parametrize(
    ("version", "stable"), [("1.0.0", True), ("1.0.0-rc.1", False), ("v1", False), ("1.0", False)]
)
def test_only_a_semantic_version_without_a_prerelease_is_stable(
    version: str, *, stable: bool
) -> None:
    assert is_stable(version) is stable
