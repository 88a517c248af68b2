"""`invoke clean` on a real engine: what goes, what stays, and what is said of it.

Others use the same engine: what is left of their killed runs may stand in a table beside ours.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from small_disk import small_disk

from build_config import test_records
from build_config.logs import run_folder

if TYPE_CHECKING:
    from engine_under_test import Engine
    from memory_registry import MemoryRegistry
    from yard import Yard

engine_needed = pytest.mark.engine


def two_sources(yard: Yard) -> None:
    yard.commit(
        {
            ".gitignore": ".yard/\n",
            **{
                f"connectors/source-{letter}/{name}": text
                for letter in "ab"
                for name, text in {
                    "Dockerfile": "FROM scratch\nCOPY file /\n",
                    "file": f"{letter}{yard.namespace}\n" * 1000,
                }.items()
            },
        }
    )
    yard.build()


@engine_needed
def test_what_a_rebuild_and_a_removal_leave_goes_and_nothing_else(
    yard: Yard, engine: Engine
) -> None:
    two_sources(yard)
    replaced = engine.id(yard.image("source-a"))
    removed, kept = yard.image("source-b"), f"{yard.namespace}/mine:1"
    yard.write({"connectors/source-a/file": "new\n"})
    yard.build()
    shutil.rmtree(yard.root / "connectors/source-b")
    engine.client.api.tag(yard.image("source-a"), f"{yard.namespace}/mine", tag="1")
    engine.client.api.tag(yard.image("source-a"), f"{yard.namespace}/source-a", tag="dev-test")

    shown = yard.invoke("clean", "--dry-run")
    assert shown.code == 0, shown
    is_kept_by_the_engine = engine.has(replaced)  # a containerd store may drop it by itself
    assert (replaced[7:19] in shown.out) == is_kept_by_the_engine
    assert "there is no `source-b` any more" in shown.out
    assert "would remove" in shown.out
    assert engine.has(removed)

    done = yard.invoke("clean", "--images")
    assert done.code == 0, done
    assert not engine.has(replaced)
    assert not engine.has(removed)
    assert not engine.has(f"{yard.namespace}/source-a:dev-test")
    assert engine.has(yard.image("source-a"))
    assert engine.has(kept)
    assert not list(yard.root.glob(".yard/inputs/source-b/*"))
    assert list(yard.root.glob(".yard/inputs/source-a/*"))
    assert "removed " in done.out
    assert "`docker builder prune`" in done.err

    again = yard.invoke("clean")
    assert again.code == 0, again
    assert yard.namespace not in again.out
    assert "everything is up to date: 1 image" in yard.invoke("build").out


@engine_needed
def test_the_images_of_test_stages_go_with_and_without_a_name(
    yard: Yard, engine: Engine, shell: str
) -> None:
    stages = f'FROM {shell} AS test\nCOPY file /\nENTRYPOINT ["sh", "-c", "echo good"]\n'
    yard.commit(
        {
            "connectors/source-a/Dockerfile": f"{stages}FROM scratch\nCOPY file /\n",
            "connectors/source-a/file": "1\n",
        }
    )
    named, found = f"{yard.namespace}/source-a:dev-test", []
    for content in ("1\n", "2\n"):
        yard.write({"connectors/source-a/file": content})
        tested = yard.invoke("test", "--only=unit")
        assert tested.code == 0, tested
        found.append(engine.id(named))
    assert engine.labels(named)["io.airbyte.name"] == f"{yard.namespace}/source-a"
    done = yard.invoke("clean")
    assert done.code == 0, done
    assert not any(map(engine.has, (named, *found)))
    assert engine.has(yard.image("source-a"))
    assert len(list((yard.root / ".yard/tests").iterdir())) == 1


@engine_needed
def test_what_was_published_under_its_own_name_goes_once_it_is_replaced(
    yard: Yard, engine: Engine, registry: MemoryRegistry
) -> None:
    yard = replace(yard, namespace=f"{registry.host}/{yard.namespace}")
    two_sources(yard)
    tested = engine.id(yard.image("source-a"))
    record = test_records.TestRecord(passed=True, when="2026-01-01T00:00:00+00:00", cases={})
    test_records.write(yard.root / ".yard", tested, "unit", record)
    for name in "ab":
        engine.client.api.push(yard.image(f"source-{name}"))
        yard.write({f"connectors/source-{name}/file": f"new{yard.namespace}\n"})
    only_pulled = engine.id(yard.image("source-b"))
    yard.build()
    is_kept_by_the_engine = engine.has(only_pulled)
    try:
        done = yard.invoke("clean")
        assert done.code == 0, done
        assert not engine.has(tested)
        assert engine.has(only_pulled) == is_kept_by_the_engine
    finally:
        engine.remove_all(yard.namespace)


@engine_needed
def test_an_image_that_is_in_use_stays_and_the_rest_goes(yard: Yard, engine: Engine) -> None:
    two_sources(yard)
    used, free = yard.image("source-a"), yard.image("source-b")
    container = engine.client.containers.create(used, ["nothing"])
    try:
        yard.commit({"connectors/source-c/Dockerfile": "FROM scratch\nCOPY . /\n"})
        for name in ("source-a", "source-b"):
            shutil.rmtree(yard.root / "connectors" / name)
        done = yard.invoke("clean")
        assert done.code == 1, done
        assert f"error: `{used}` stays: " in done.err
        assert engine.has(used)
        assert not engine.has(free)
        assert list(yard.root.glob(".yard/inputs/source-a/*"))
        assert not list(yard.root.glob(".yard/inputs/source-b/*"))
    finally:
        container.remove()
    done = yard.invoke("clean")
    assert done.code == 0, done
    assert not engine.has(used)
    assert not list(yard.root.glob(".yard/inputs/source-a/*"))


@engine_needed
def test_what_another_repository_built_stays_and_is_told(yard: Yard, engine: Engine) -> None:
    two_sources(yard)
    shutil.rmtree(yard.root / "connectors/source-b")
    shutil.rmtree(yard.root / ".yard/inputs")
    done = yard.invoke("clean")
    assert done.code == 0, done
    assert engine.has(yard.image("source-b"))
    assert f"may be another repository's: `{yard.image('source-b')}`" in done.err


@engine_needed
def test_beside_a_run_nothing_is_removed(yard: Yard) -> None:
    two_sources(yard)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        run_folder(yard.root, now=datetime.now(UTC), process=process.pid).mkdir(parents=True)
        refused = yard.invoke("clean")
        shown = yard.invoke("clean", "--dry-run")
        process.communicate(b"\n")
    assert refused.code == 1, refused
    assert f"a run of this repository goes on (process {process.pid})" in refused.err
    assert shown.code == 0, shown


@engine_needed
def test_a_nearly_full_disk_stops_a_build_before_it_begins(yard: Yard, engine: Engine) -> None:
    yard.commit({"connectors/source-a/Dockerfile": "FROM scratch\nCOPY . /\n"})
    refused = yard.invoke("build", environment={"INVOKE_DISK_FLOOR": "1000 TB"})
    assert refused.code == 1, refused
    assert " left, and it takes 1000.0 TB to begin (setting `disk_floor`)" in refused.err
    assert "hint: `invoke clean --dry-run` and `docker system df`" in refused.err
    assert not engine.has(yard.image("source-a"))
    yard.write({"connectors/source-a/more": "\n"})
    done = yard.invoke("build", environment={"INVOKE_DISK_FLOOR": "0"})
    assert done.code == 0, done


def test_without_an_engine_the_logs_are_cleaned_and_it_is_said(repository: Yard) -> None:
    repository.commit({"connectors/source-a/Dockerfile": "FROM scratch\n"})
    old = run_folder(repository.root, now=datetime.now(UTC) - timedelta(days=99), process=1)
    new = run_folder(repository.root, now=datetime.now(UTC), process=2**22 + 1)
    for folder in (old, new):
        folder.mkdir(parents=True)
        (folder / "build-source-a.log").write_text("…\n")

    shown = repository.invoke("clean", "--dry-run")
    assert shown.code == 4, shown
    assert "99 days old" in shown.out
    assert "error: the Docker engine at" in shown.err
    assert old.exists()

    done = repository.invoke("clean")
    assert done.code == 4, done
    assert "removed 1 log: " in done.out
    assert not old.exists()
    assert new.exists()

    nothing = repository.invoke("clean", "--logs")
    assert (nothing.code, nothing.out) == (0, "nothing to clean\n"), nothing


def test_logs_that_cannot_be_removed_stay_and_are_told(repository: Yard) -> None:
    now = datetime.now(UTC)
    busy = run_folder(repository.root, now=now - timedelta(days=99), process=1)
    old = run_folder(repository.root, now=now - timedelta(days=98), process=1)
    new = run_folder(repository.root, now=now, process=2**22 + 1)
    for folder in (old, new):
        folder.mkdir(parents=True)
    with small_disk(busy):
        done = repository.invoke("clean", "--logs")
        assert done.code == 1, done
        assert f"error: `{busy}` stays: " in done.err
        assert "removed 1 log: " in done.out
        assert busy.exists()
        assert not old.exists()
    assert repository.invoke("clean", "--logs").code == 0
    assert not busy.exists()
