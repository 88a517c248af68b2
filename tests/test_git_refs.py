from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from repositories import git, new_repository

from build_config import git_refs
from build_config.errors import UnclearError, UsageError
from build_config.git_refs import Place

REF = "refs/heads/catalog/here"


@pytest.fixture(params=["in the repository", "at its remote"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    root = new_repository(tmp_path / "work", {"a.txt": "a"})
    if request.param == "in the repository":
        return Place(root=root)
    git(tmp_path, "init", "--quiet", "--bare", "remote.git")
    git(root, "remote", "add", "origin", str(tmp_path / "remote.git"))
    return Place(root=root, remote="origin")


def commit(place: Place, parent: str | None = None, **files: str) -> str:
    changed = {f"f/{name}": text.encode() for name, text in files.items()}
    return git_refs.commit_of(place, parent, changed, said="said", at=1_700_000_000)


def test_a_ref_that_is_not_there_has_no_tip(place: Place) -> None:
    assert git_refs.tip(place, REF) is None


def test_a_ref_is_created_once(place: Place) -> None:
    first, second = commit(place, a="1"), commit(place, a="2")
    assert git_refs.swap(place, REF, old=None, new=first)
    assert not git_refs.swap(place, REF, old=None, new=second)
    assert git_refs.tip(place, REF) == first


def test_a_ref_moves_only_from_where_it_is_said_to_be(place: Place) -> None:
    first = commit(place, a="1")
    second, third = commit(place, first, a="2"), commit(place, first, b="3")
    git_refs.swap(place, REF, old=None, new=first)
    assert git_refs.swap(place, REF, old=first, new=second)
    assert not git_refs.swap(place, REF, old=first, new=third)
    assert git_refs.files(place, second, "f") == {"f/a": b"2"}


def test_files_are_those_of_the_parent_and_the_new_ones(place: Place) -> None:
    first = commit(place, a="1", b="", odd="\nmany\nlines\n")
    second = commit(place, first, a="2")
    expected = {"f/a": b"2", "f/b": b"", "f/odd": b"\nmany\nlines\n"}
    assert git_refs.files(place, second, "f") == expected
    assert git_refs.files(place, second, "elsewhere") == {}


def test_what_a_commit_says_is_read_back(place: Place) -> None:
    assert git_refs.message(place, commit(place)) == "said"


def test_neither_branch_nor_index_nor_files_are_touched(place: Place) -> None:
    before = git(place.root, "rev-parse", "HEAD")
    git_refs.swap(place, REF, old=None, new=commit(place, a="1"))
    assert git(place.root, "status", "--porcelain") == ""
    assert git(place.root, "rev-parse", "HEAD") == before
    assert git(place.root, "for-each-ref", "refs/connectoryard/pending") == ""


def test_another_clone_sees_what_was_written_to_the_remote(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--bare", "remote.git")
    places = []
    for name in ("one", "two"):
        root = new_repository(tmp_path / name, {})
        git(root, "remote", "add", "origin", str(tmp_path / "remote.git"))
        places.append(Place(root=root, remote="origin"))
    made = commit(places[0], a="1")
    git_refs.swap(places[0], REF, old=None, new=made)
    assert git_refs.tip(places[1], REF) == made
    assert git_refs.files(places[1], made, "f") == {"f/a": b"1"}
    there = git(places[1].root, "ls-remote", "origin", "refs/heads/catalog/*")
    assert there == f"{made}\t{REF}"


def test_hooks_for_the_commits_of_people_do_not_run(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--bare", "remote.git")
    place = Place(root=new_repository(tmp_path / "work", {}), remote=str(tmp_path / "remote.git"))
    hook = place.root / ".git" / "hooks" / "pre-push"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    new = commit(place)
    assert git_refs.swap(place, REF, old=None, new=new)
    assert git_refs.drop(place, REF, old=new)


def test_of_many_who_create_a_ref_one_wins(place: Place) -> None:
    commits = [commit(place, a=str(number)) for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda new: git_refs.swap(place, REF, old=None, new=new), commits))
    assert sum(won) == 1
    assert git_refs.tip(place, REF) == commits[won.index(True)]


def test_a_remote_that_does_not_answer_is_unclear(tmp_path: Path) -> None:
    place = Place(root=new_repository(tmp_path, {}), remote="/no/such/remote")
    with pytest.raises(UnclearError, match="does not appear to be a git repository"):
        git_refs.tip(place, REF)
    with pytest.raises(UnclearError):
        git_refs.swap(place, REF, old=None, new=commit(Place(root=tmp_path)))


def test_a_folder_without_git_is_unclear(tmp_path: Path) -> None:
    with pytest.raises(UnclearError, match="not a git repository"):
        git_refs.tip(Place(root=tmp_path), REF)


def test_no_git_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError, match="git is not installed"):
        git_refs.tip(Place(root=tmp_path), REF)


@pytest.mark.parametrize("held", ["nothing", "something"])
def test_the_lock_of_a_git_that_was_killed_is_removed(tmp_path: Path, held: str) -> None:
    place = Place(root=new_repository(tmp_path, {}))
    first, second = commit(place, a="1"), commit(place, a="2")
    if held == "something":
        git_refs.swap(place, REF, old=None, new=first)
    lock = tmp_path / ".git" / f"{REF}.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.touch()
    assert git_refs.swap(place, REF, old=first if held == "something" else None, new=second)
    assert git_refs.tip(place, REF) == second
    assert not lock.exists()


def test_the_lock_of_a_git_that_lives_is_left_to_it(tmp_path: Path) -> None:
    place = Place(root=new_repository(tmp_path, {}))
    lock = tmp_path / ".git" / f"{REF}.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    new = commit(place, a="1")
    with ThreadPoolExecutor(1) as pool:
        swapping = pool.submit(git_refs.swap, place, REF, old=None, new=new)
        while not swapping.running():
            pass
        lock.unlink()
    assert swapping.result() in {True, False}


def test_a_ref_is_dropped_only_from_where_it_is_said_to_be(place: Place) -> None:
    first, second = commit(place, a="1"), commit(place, a="2")
    git_refs.swap(place, REF, old=None, new=first)
    assert not git_refs.drop(place, REF, old=second)
    assert git_refs.tip(place, REF) == first
    assert git_refs.drop(place, REF, old=first)
    assert git_refs.tip(place, REF) is None
