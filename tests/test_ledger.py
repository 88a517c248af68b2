from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from releases import release
from repositories import git, new_repository

from build_config.errors import ConflictError, RepositoryError, UnclearError
from build_config.git_refs import Place
from build_config.ledger import Claim, Ledger
from build_config.release import Release

REPOSITORY = "registry.test/acme/source-x"


def claim(nonce: str, digest: str = "sha256:1") -> Claim:
    return Claim(digest=digest, image_id="sha256:2", sources="s", commit="c", nonce=nonce)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    place = Place(root=new_repository(tmp_path / "work", {}))
    return Ledger(place=place, registry="registry.test:5000/acme")


def shared(folder: Path, clones: int) -> list[Ledger]:
    """Ledgers of clones that share a remote."""
    git(folder, "init", "--quiet", "--bare", "remote.git")
    remote = str(folder / "remote.git")
    roots = [new_repository(folder / f"clone-{number}", {}) for number in range(clones)]
    return [Ledger(place=Place(root=root, remote=remote), registry="r.test") for root in roots]


def test_a_new_ledger_is_empty(ledger: Ledger) -> None:
    book = ledger.read()
    assert (book.tip, dict(book.releases)) == (None, {})


def test_what_is_added_is_read_back(ledger: Ledger) -> None:
    added = [release(), release(version="1.1.0"), release("base-y")]
    for one in added:
        ledger.add(one)
    book = ledger.read()
    assert sorted(book.releases) == sorted((r.repository, r.version) for r in added)
    assert all(r in added for r in book.releases.values())
    assert {r.version for r in book.of(REPOSITORY)} == {"1.0.0", "1.1.0"}


def test_adding_it_again_changes_nothing(ledger: Ledger) -> None:
    tip = ledger.add(release()).tip
    assert ledger.add(release(published="2027-01-01T00:00:00Z")).tip == tip


def test_another_digest_for_a_version_is_a_conflict(ledger: Ledger) -> None:
    ledger.add(release())
    with pytest.raises(ConflictError, match=r"source-x:1\.0\.0 is published as sha256:.*this is"):
        ledger.add(release(digest="sha256:" + "9" * 64))


def test_documents_are_in_the_same_commit(ledger: Ledger) -> None:
    def documents(releases: tuple[Release, ...]) -> dict[str, bytes]:
        return {"registry.json": ",".join(sorted(r.version for r in releases)).encode()}

    made = Ledger(place=ledger.place, registry=ledger.registry, documents=documents)
    made.add(release())
    made.add(release(version="1.1.0"))
    assert git(ledger.place.root, "show", f"{made.branch}:registry.json") == "1.0.0,1.1.0"


def test_a_book_that_is_still_true_is_not_read_again(ledger: Ledger) -> None:
    book = ledger.add(release())
    assert ledger.read(book) is book
    ledger.add(release(version="2.0.0"))
    assert ledger.read(book) is not book


def test_a_broken_record_is_named(ledger: Ledger) -> None:
    from build_config import git_refs

    files = {"releases/acme/source-x/1.0.0.json": b"{", "releases/acme/b/1.json": b"[]"}
    commit = git_refs.commit_of(ledger.place, None, files, said="by hand", at=1)
    git_refs.swap(ledger.place, ledger.branch, old=None, new=commit)
    with pytest.raises(RepositoryError) as caught:
        ledger.read()
    assert len(caught.value.defects) == 2
    assert "releases/acme/source-x/1.0.0.json" in caught.value.defects[1]


def test_the_first_claim_holds(ledger: Ledger) -> None:
    assert ledger.claimed(REPOSITORY, "1.0.0") is None
    assert ledger.claim(REPOSITORY, "1.0.0", claim("a")).nonce == "a"
    assert ledger.claim(REPOSITORY, "1.0.0", claim("b")).nonce == "a"
    assert ledger.claim(REPOSITORY, "1.0.1", claim("b")).nonce == "b"
    held = ledger.claimed(REPOSITORY, "1.0.0")
    assert held is not None
    assert held.nonce == "a"


def test_a_claim_that_nobody_can_read_stops(ledger: Ledger) -> None:
    from build_config import git_refs

    commit = git_refs.commit_of(ledger.place, None, {}, said="by hand", at=1)
    ref = "refs/connectoryard/claims/registry.test_5000_acme/acme/source-x/1.0.0"
    git_refs.swap(ledger.place, ref, old=None, new=commit)
    with pytest.raises(UnclearError, match="cannot be read"):
        ledger.claimed(REPOSITORY, "1.0.0")


def test_of_two_clones_one_wins_each_claim(tmp_path: Path) -> None:
    ledgers = shared(tmp_path, 2)
    for number in range(20):
        with ThreadPoolExecutor(2) as pool:
            held = list(
                pool.map(
                    lambda pair, version=f"1.0.{number}": pair[1].claim(
                        REPOSITORY, version, claim(f"{pair[0]}", f"sha256:{pair[0]}")
                    ),
                    enumerate(ledgers),
                )
            )
        assert held[0] == held[1]


def test_clones_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    ledgers = shared(tmp_path, 3)
    work = [(ledgers[n % 3], release(f"source-{n}")) for n in range(12)]
    random.shuffle(work)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda pair: pair[0].add(pair[1]), work))
    assert {r.name for r in ledgers[0].read().releases.values()} == {
        f"source-{n}" for n in range(12)
    }


def test_of_two_clones_one_has_the_turn_at_a_time(tmp_path: Path) -> None:
    ledgers = shared(tmp_path, 2)
    having = []

    def take_turns(number: int) -> None:
        for _ in range(10):
            while (lease := ledgers[number].lease(REPOSITORY, f"{number}", after=None)) is None:
                ledgers[number].leased(REPOSITORY)
            having.append(number)
            assert having == [number]
            having.remove(number)
            ledgers[number].end_lease(REPOSITORY, lease)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(take_turns, (0, 1)))
    assert ledgers[0].leased(REPOSITORY) is None


def test_a_turn_is_taken_only_after_who_had_it(ledger: Ledger) -> None:
    first = ledger.lease(REPOSITORY, "one", after=None)
    assert first is not None
    assert ledger.lease(REPOSITORY, "two", after=None) is None
    assert ledger.leased(REPOSITORY) == first
    second = ledger.lease(REPOSITORY, "two", after=first)
    ledger.end_lease(REPOSITORY, first)
    assert ledger.leased(REPOSITORY) == second
