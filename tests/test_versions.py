from __future__ import annotations

from itertools import pairwise

import pytest

from build_config.versions import Part, above, bumped, is_release_tag, is_tag, order

ORDERED = (
    "0.1.0", "0.9.0", "0.10.0", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta",
    "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "2.0.0",
)  # fmt: skip


@pytest.mark.parametrize(("older", "newer"), list(pairwise(ORDERED)))
def test_versions_are_ordered_as_semver_says(older: str, newer: str) -> None:
    first, second = order(older), order(newer)
    assert first is not None
    assert second is not None
    assert first < second


@pytest.mark.parametrize(
    "text", ["", "1", "1.2", "v1.2.3", "1.2.3.4", "01.2.3", "1.2.3-", "dev", "1.2." + "9" * 5000]
)
def test_what_is_no_version_has_no_order(text: str) -> None:
    assert order(text) is None


def test_the_build_does_not_count() -> None:
    assert order("1.2.3+a") == order("1.2.3+b")


@pytest.mark.parametrize(
    ("text", "legal"),
    [("1.2.3", True), ("1.2.3+a", False), ("-1", False), ("a" * 129, False), ("", False)],
)
def test_a_tag_is_what_registries_take(text: str, *, legal: bool) -> None:
    assert is_tag(text) is legal


@pytest.mark.parametrize(
    ("before", "part", "after"),
    [
        ("1.2.3", "patch", "1.2.4"),
        ("1.2.3", "minor", "1.3.0"),
        ("1.2.3", "major", "2.0.0"),
        ("0.1.9", "patch", "0.1.10"),
        ("1.2.3", "prerelease", "1.2.4-rc.1"),
        ("1.2.4-rc.1", "prerelease", "1.2.4-rc.2"),
        ("1.2.4-rc.9", "prerelease", "1.2.4-rc.10"),
        ("1.2.4-beta", "prerelease", "1.2.4-beta.1"),
        ("1.2.4-rc.1.x", "prerelease", "1.2.4-rc.2.x"),
        ("1.2.4-rc.2", "patch", "1.2.4"),
        ("1.3.0-rc.1", "minor", "1.3.0"),
        ("1.2.4-rc.1", "minor", "1.3.0"),
        ("2.0.0-rc.1", "major", "2.0.0"),
        ("2.1.0-rc.1", "major", "3.0.0"),
        ("2.0.1-rc.1", "major", "3.0.0"),
    ],
)
def test_the_next_version(before: str, part: str, after: str) -> None:
    assert bumped(before, Part(part)) == after
    assert above(after, before)


def test_what_is_no_version_has_no_next() -> None:
    with pytest.raises(ValueError, match=r"`v1\.2` is not a semantic version"):
        bumped("v1.2", Part.PATCH)


def test_what_is_no_version_is_below_all_that_are() -> None:
    assert above("0.0.1", "dev")
    assert not above("dev", "0.0.1")
    assert not above("1.0.0", "1.0.0")


def test_a_version_with_a_build_cannot_be_released() -> None:
    assert is_release_tag("1.2.3-rc.1")
    assert not is_release_tag("1.2.3+a")
    assert not is_release_tag("latest")
