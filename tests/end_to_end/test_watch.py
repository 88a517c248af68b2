"""`invoke build --watch` as a process, on a real engine: a file is saved, an image is there."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from engine_under_test import Engine
    from yard import Running, Yard

COPYING = "FROM scratch\nCOPY . /a/\n"


@contextmanager
def watching(yard: Yard, *words: str) -> Iterator[Running]:
    """`invoke build --watch`, when its first round is over; Ctrl-C ends it with 130."""
    with yard.started("build", "--watch", *(words or ("--progress=plain",))) as running:
        running.wait_for_note("Ctrl-C ends it")
        yield running
        running.interrupt()
        finished = running.finish()
        assert finished.code == 130, finished
        assert "Traceback" not in finished.err


def built(running: Running) -> list[str]:
    """The images that were built and told of so far."""
    return [line.split(":")[0] for line in running.read if ": build: done in" in line]


@pytest.mark.engine
def test_a_saved_file_is_in_the_image_and_ignored_ones_are_not_told(
    yard: Yard, engine: Engine
) -> None:
    yard.commit(
        {
            "connectors/source-a/Dockerfile": COPYING,
            "connectors/source-a/.dockerignore": "*.md\n",
            "connectors/source-a/main.py": "1\n",
            "connectors/source-b/Dockerfile": COPYING,
        }
    )
    with watching(yard) as running:
        yard.write({"connectors/source-a/README.md": "prose\n", "elsewhere/x": "1\n"})
        yard.write({"connectors/source-b/x": "1\n"})
        assert "built 1 in" in running.wait_for("since ")
        yard.write({"connectors/source-a/main.py": "2\n"})
        line = running.wait_for("since ")
        assert "since `connectors/source-a/main.py` was saved" in line
        assert built(running)[2:] == ["source-b", "source-a"]
        assert engine.content(yard.image("source-a"), "a/main.py") == "2\n"
    assert {action for action, _ in yard.plan().values()} == {"skip"}


@pytest.mark.engine
def test_what_stands_on_a_saved_base_is_built_too_and_nothing_else(yard: Yard) -> None:
    yard.commit(
        {
            "connectors/bases/base-a/Dockerfile": COPYING,
            "connectors/source-on-it/Dockerfile": f"FROM {yard.image('base-a')}\n",
            "connectors/source-other/Dockerfile": f"FROM {yard.image('base-a')}\n",
            "connectors/source-beside/Dockerfile": COPYING,
        }
    )
    with watching(yard, "--progress=plain", "--connector=source-on-it") as running:
        yard.write({"connectors/source-beside/x": "1\n"})
        yard.write({"connectors/bases/base-a/x": "1\n"})
        assert "built 2 in" in running.wait_for("since ")
        assert built(running)[2:] == ["base-a", "source-on-it"]


@pytest.mark.engine
def test_a_save_during_a_build_is_the_next_round(yard: Yard, shell: str, engine: Engine) -> None:
    dockerfile = f"FROM {shell}\nCOPY main /main\nRUN echo it has begun; sleep 1\n"
    yard.commit(
        {
            "connectors/source-a/Dockerfile": dockerfile,
            "connectors/source-a/main": "1\n",
            "connectors/source-b/Dockerfile": COPYING,
        }
    )
    with yard.started("build", "--watch", "--progress=json") as running:
        running.wait_for('"it has begun"')
        yard.write({"connectors/source-a/main": "2\n"})
        first = json.loads(running.wait_for('"summary"'))
        assert first["totals"]["done"] == 2
        running.wait_for('"it has begun"')
        second = json.loads(running.wait_for('"summary"'))
        assert [step["key"] for step in second["steps"]] == ["build source-a"]
        assert second["exit_code"] == 0
        running.interrupt()
        finished = running.finish()
    assert finished.code == 130, finished
    kinds = [event["event"] for event in finished.events()]
    assert kinds.count("plan") == kinds.count("summary") == 2
    assert engine.content(yard.image("source-a"), "main") == "2\n"


@pytest.mark.engine
def test_many_quick_saves_end_with_the_last_one(yard: Yard, engine: Engine) -> None:
    place = "connectors/source-a/main.py"
    yard.commit({"connectors/source-a/Dockerfile": COPYING, place: "0\n"})
    with watching(yard) as running:
        for number in range(1, 6):  # as editors do it
            yard.write({f"{place}.tmp": f"{number}\n"})
            os.replace(yard.root / f"{place}.tmp", yard.root / place)  # noqa: PTH105 - over it
        rounds = 0
        while not rounds or engine.content(yard.image("source-a"), "a/main.py") != "5\n":
            running.wait_for("since ")
            rounds += 1
        assert rounds <= 3
        assert not {"a/main.py.tmp"} & engine.files(yard.image("source-a")).keys()


@pytest.mark.engine
def test_a_broken_repository_is_told_in_one_line_and_waited_out(yard: Yard, engine: Engine) -> None:
    yard.commit(
        {
            "connectors/source-a/Dockerfile": COPYING,
            "connectors/source-a/main.py": "1\n",
            "connectors/source-b/Dockerfile": COPYING,
        }
    )
    with watching(yard) as running:
        yard.write({"connectors/source-b/Dockerfile": "FROMM scratch\n"})
        told = running.wait_for_note("waiting until it is put right")
        assert told.startswith("error: connectors/source-b/Dockerfile:1: ")
        yard.write({"connectors/source-a/main.py": "2\n"})
        yard.write({"connectors/source-b/metadata.yaml": "[\n"})
        yard.write({"connectors/source-b/Dockerfile": "FROM scratch\nCOPY Dockerfile /\n"})
        running.wait_for_note("waiting until it is put right")
        (yard.root / "connectors/source-b/metadata.yaml").unlink()
        running.wait_for_note("put right")
        running.wait_for("since ")
        assert sorted(built(running)[2:]) == ["source-a", "source-b"]
        assert engine.content(yard.image("source-a"), "a/main.py") == "2\n"


@pytest.mark.engine
def test_it_begins_in_a_broken_repository(yard: Yard) -> None:
    yard.commit({"connectors/source-a/Dockerfile": "FROMM scratch\n"})
    with yard.started("build", "--watch") as running:
        running.wait_for_note("waiting until it is put right")
        yard.write({"connectors/source-a/Dockerfile": COPYING})
        assert "built 1 in" in running.wait_for("since ")
        running.interrupt()
        assert running.finish().code == 130


@pytest.mark.engine
def test_a_failure_ends_nothing_and_is_tried_again_when_it_is_saved(
    yard: Yard, shell: str, engine: Engine
) -> None:
    yard.commit(
        {
            "connectors/source-a/Dockerfile": f"FROM {shell}\nCOPY main /main\nRUN sh /main\n",
            "connectors/source-a/main": "exit 0\n",
            "connectors/source-b/Dockerfile": COPYING,
        }
    )
    with watching(yard) as running:
        yard.write({"connectors/source-a/main": "exit 7\n"})
        assert "1 failed in" in running.wait_for("since ")
        yard.write({"connectors/source-b/x": "1\n"})
        assert "built 1 in" in running.wait_for("since ")
        yard.write({"connectors/source-a/main": "exit 0 # now\n"})
        assert "built 1 in" in running.wait_for("since ")
        assert engine.content(yard.image("source-a"), "main") == "exit 0 # now\n"
        assert "to continue" not in "".join(running.read)


@pytest.mark.engine
def test_folders_come_and_go(yard: Yard, engine: Engine) -> None:
    yard.commit(
        {
            "connectors/source-a/Dockerfile": f"FROM {yard.image('base-a')}\n",
            "connectors/bases/base-a/Dockerfile": COPYING,
        }
    )
    with watching(yard) as running:
        yard.write({"connectors/source-new/Dockerfile": COPYING})
        running.wait_for("since ")
        assert engine.has(yard.image("source-new"))
        base = yard.root / "connectors" / "bases" / "base-a"
        base.rename(yard.root / "connectors" / "bases" / "base-z")
        assert "no directory here builds" in running.wait_for_note("waiting until it is put right")
        yard.write({"connectors/source-a/Dockerfile": f"FROM {yard.image('base-z')}\n"})
        running.wait_for("since ")
        assert built(running)[-2:] == ["base-z", "source-a"]


@pytest.mark.engine
def test_what_changed_since_a_commit_may_come_to_be(yard: Yard) -> None:
    yard.commit(
        {"connectors/source-a/Dockerfile": COPYING, "connectors/source-b/Dockerfile": COPYING}
    )
    with watching(yard, "--progress=plain", "--changed-since=HEAD") as running:
        yard.write({"connectors/source-a/x": "1\n"})
        assert "built 1 in" in running.wait_for("since ")
        assert built(running) == ["source-a"]


@pytest.mark.engine
def test_with_tests_what_was_built_is_tested(yard: Yard, shell: str) -> None:
    dockerfile = (
        f"FROM {shell} AS test\nCOPY tests /\n"
        'ENTRYPOINT ["sh", "-c", ". /tests"]\n\n'
        f"FROM {shell}\nCOPY program /\n"
    )
    yard.commit(
        {
            "connectors/source-a/Dockerfile": dockerfile,
            "connectors/source-a/program": "1\n",
            "connectors/source-a/tests": "echo 1 passed\n",
            "connectors/source-b/Dockerfile": COPYING,
        }
    )
    with watching(yard, "--progress=plain", "--test", "--connector=source-*") as running:
        yard.write({"connectors/source-a/tests": "echo 2 passed\n"})
        assert "built 1, unit-tested 1 in" in running.wait_for("since ")
        yard.write({"connectors/source-a/tests": "echo 1 failed; exit 1\n"})
        assert "built 1, 1 failed in" in running.wait_for("since ")
        yard.write({"connectors/source-b/x": "1\n"})
        assert "built 1 in" in running.wait_for("since ")
        passed = [line for line in running.read if line.startswith("source-a: unit: done")]
        assert len(passed) == 2


@pytest.mark.engine
def test_an_interrupt_in_mid_round_keeps_the_image_that_was_there(
    yard: Yard, shell: str, engine: Engine
) -> None:
    yard.commit({"connectors/source-a/Dockerfile": f"FROM {shell}\nRUN echo 1 > /a\n"})
    with yard.started("build", "--watch", "--progress=json") as running:
        running.wait_for('"summary"')
        before = engine.id(yard.image("source-a"))
        yard.write({"connectors/source-a/Dockerfile": f"FROM {shell}\nRUN echo begun; sleep 60\n"})
        running.wait_for('"begun"')
        running.interrupt()
        finished = running.finish()
    assert finished.code == 130, finished
    assert finished.events()[-1]["interrupted"] is True
    assert engine.id(yard.image("source-a")) == before


@pytest.mark.engine
def test_saved_settings_are_told_to_need_a_restart(yard: Yard) -> None:
    yard.commit({"connectors/source-a/Dockerfile": COPYING})
    with watching(yard) as running:
        yard.write({"invoke.yaml": "jobs: 2\n"})
        assert "`invoke.yaml` was saved" in running.wait_for_note("restart")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--watch", "--dry-run"), "`--watch` builds, `--dry-run` does not"),
        (("--test",), "`--test` belongs to `--watch`"),
        (("--watch", "--connector=source-x"), "source-x"),
    ],
)
def test_what_cannot_be_is_refused(repository: Yard, words: tuple[str, ...], message: str) -> None:
    repository.commit({"connectors/source-a/Dockerfile": COPYING})
    finished = repository.invoke("build", *words)
    assert finished.code == 2, finished
    assert message in finished.err


def test_without_an_engine_it_does_not_begin(repository: Yard) -> None:
    repository.commit({"connectors/source-a/Dockerfile": COPYING})
    assert repository.invoke("build", "--watch").code == 4
