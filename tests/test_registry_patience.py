"""When to try again, and where a registry is: pure, or nearly."""

from __future__ import annotations

import asyncio
import time

import pytest

from build_config.image import InvalidReferenceError
from build_config.registry.address import Address, check_reference, is_loopback, read_address
from build_config.registry.answers import Present, digest_of
from build_config.registry.patience import Budget, Patience, retry_after

NOON = "Sun, 22 Nov 2026 12:00:00 GMT"
LATER = "Sun, 22 Nov 2026 12:00:03 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": " 0 "}, 0.0),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "3.5"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": LATER, "date": NOON}, 3.0),
        ({"retry-after": NOON, "date": LATER}, 0.0),
        ({"retry-after": "Sun, 22 Nov 2026 12:00:03", "date": NOON}, 3.0),
        ({"retry-after": "Sun, 99 Nov 2026 12:00:03 GMT"}, None),
        ({"retry-after": f"Sun, 22 Nov 2026 12:00:03 +{'9' * 30}"}, None),
    ],
)
def test_what_a_registry_asks_for_is_read(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def test_a_date_without_another_is_taken_by_this_clock() -> None:
    assert retry_after({"retry-after": NOON.replace("2026", "2020")}) == 0.0


def test_there_is_no_wait_that_ends_after_the_budget() -> None:
    patience = Patience(Budget(total=60, call=10))
    started = time.monotonic()
    assert not asyncio.run(patience.again(asked=59.5))
    assert not asyncio.run(patience.again(asked=float(10**9)))
    assert time.monotonic() - started < 30


def test_a_call_ends_with_the_budget() -> None:
    assert Patience(Budget(total=60, call=10)).call == 10
    assert 0 < Patience(Budget(total=1, call=10)).call <= 1
    assert Patience(Budget(total=0, call=10)).call == 0


def test_the_number_of_tries_is_bounded_by_time() -> None:
    async def tries() -> int:
        patience, number = Patience(Budget(total=1.0, call=0.1, first_wait=0.01)), 1
        while await patience.again():
            number += 1
        return number

    started = time.monotonic()
    assert asyncio.run(tries()) >= 2
    assert time.monotonic() - started < 30


@pytest.mark.parametrize(
    ("registry", "name", "root", "plain"),
    [
        ("docker.io", "docker.io", "https://registry-1.docker.io", False),
        ("index.docker.io", "docker.io", "https://registry-1.docker.io", False),
        ("ghcr.io/acme/team", "ghcr.io", "https://ghcr.io", False),
        ("localhost:5000", "localhost:5000", "http://localhost:5000", True),
        ("127.1.2.3:5000", "127.1.2.3:5000", "http://127.1.2.3:5000", True),
        ("[::1]:5000/acme", "[::1]:5000", "http://[::1]:5000", True),
        ("10.0.0.1:5000", "10.0.0.1:5000", "https://10.0.0.1:5000", False),
        ("localhost.example", "localhost.example", "https://localhost.example", False),
    ],
)
def test_a_registry_is_where_the_engine_finds_it(
    registry: str, name: str, root: str, *, plain: bool
) -> None:
    found = read_address(registry)
    assert found == Address(name=name, root=root, plain=plain)


@pytest.mark.parametrize("registry", ["", "http://a.example", "me:pass@a.example", "a b", "-x.de"])
def test_what_is_no_registry_is_refused(registry: str) -> None:
    with pytest.raises(InvalidReferenceError):
        read_address(registry)


def test_only_the_loopback_is_the_loopback() -> None:
    assert [h for h in ("localhost", "127.9.9.9", "::1", "128.0.0.1", "x") if is_loopback(h)] == [
        "localhost",
        "127.9.9.9",
        "::1",
    ]


@pytest.mark.parametrize("reference", ["1.0", "latest", "1.0-rc.1", f"sha256:{'a' * 64}"])
def test_tags_and_digests_are_references(reference: str) -> None:
    check_reference("acme/x", reference)


@pytest.mark.parametrize("reference", ["", "../x", "a/b", "a?b", "a#b", "sha256:a", "x" * 129, "ä"])
def test_what_is_neither_tag_nor_digest_is_refused(reference: str) -> None:
    with pytest.raises(InvalidReferenceError):
        check_reference("acme/x", reference)


def test_a_manifest_is_known_by_its_bytes_and_does_not_show_them() -> None:
    made = Present.of("a/b", b"bytes")
    assert made.digest == digest_of(b"bytes")
    assert "bytes" not in repr(made)
