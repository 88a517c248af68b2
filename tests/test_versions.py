from __future__ import annotations

from itertools import pairwise

import pytest

from build_config.versions import is_tag, order

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


@pytest.mark.parametrize("text", ["", "1", "1.2", "v1.2.3", "1.2.3.4", "01.2.3", "1.2.3-", "dev"])
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
