"""Builds that fail: what is said, what goes on all the same, and what stays as it was."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from engine_under_test import Engine
    from yard import Yard

pytestmark = pytest.mark.engine


def test_a_failure_skips_what_stands_on_it_and_lets_the_neighbours_go_on(
    yard: Yard, shell: str, engine: Engine
) -> None:
    yard.commit(
        {
            "connectors/bases/base-bad/Dockerfile": (
                f"FROM {shell}\n\n# why\nRUN echo the last words; exit 7\n"
            ),
            "connectors/source-on-it/Dockerfile": f"FROM {yard.image('base-bad')}\n",
            "connectors/source-on-that/Dockerfile": f"FROM {yard.image('source-on-it')}\n",
            "connectors/source-beside/Dockerfile": "FROM scratch\nCOPY Dockerfile /\n",
        }
    )
    finished = yard.invoke("build")
    assert finished.code == 1, finished
    lines = [line.strip() for line in finished.out.splitlines()]
    assert "source-on-it: build: skipped (`build base-bad` failed)" in lines
    assert "source-on-that: build: skipped (`build base-bad` failed)" in lines
    assert any(line.startswith("source-beside: build: done in") for line in lines)
    assert any("ended with exit code 7" in line for line in lines)
    assert "│ the last words" in lines
    assert "at connectors/bases/base-bad/Dockerfile:4" in lines
    log = next(line.removeprefix("log: ") for line in lines if line.startswith("log: "))
    assert "the last words\n" in Path(log).read_text()
    assert "built 1, 1 failed, 2 skipped in" in finished.out
    assert engine.has(yard.image("source-beside"))
    assert not any(engine.has(yard.image(n)) for n in ("base-bad", "source-on-it"))


def test_fail_fast_starts_nothing_more(yard: Yard, shell: str, engine: Engine) -> None:
    yard.commit(
        {
            "connectors/source-a/Dockerfile": f"FROM {shell}\nRUN exit 1\n",
            "connectors/source-b/Dockerfile": "FROM scratch\nCOPY Dockerfile /\n",
            "connectors/source-c/Dockerfile": "FROM scratch\nCOPY Dockerfile /\n",
        }
    )
    finished = yard.invoke("build", "--fail-fast", "--jobs=1")
    assert finished.code == 1, finished
    assert "source-b: build: skipped (stopped at the first failure)" in finished.out
    assert "1 failed, 2 skipped in" in finished.out
    assert not engine.has(yard.image("source-b"))


def test_an_image_that_failed_keeps_the_last_good_one(
    yard: Yard, shell: str, engine: Engine
) -> None:
    yard.commit({"connectors/source-a/Dockerfile": f"FROM {shell}\nRUN echo fine > /a\n"})
    yard.build()
    before = engine.id(yard.image("source-a"))
    yard.write({"connectors/source-a/Dockerfile": f"FROM {shell}\nRUN exit 1\n"})
    assert yard.invoke("build").code == 1
    assert engine.id(yard.image("source-a")) == before
    assert yard.plan()["source-a"][0] == "build"


def test_an_external_base_that_cannot_be_pulled_is_named(yard: Yard, engine: Engine) -> None:
    missing = "localhost:1/nobody/nothing:1.0"
    yard.commit(
        {
            "connectors/source-a/Dockerfile": f"FROM {missing}\nCOPY Dockerfile /\n",
            "connectors/source-b/Dockerfile": "FROM scratch\nCOPY Dockerfile /\n",
        }
    )
    finished = yard.invoke("build")
    assert finished.code == 1, finished
    assert f"`{missing}` cannot be pulled: " in finished.out
    assert "hint: `invoke setup` tells what can be done on this machine" in finished.out
    assert f"source-a: build: skipped (`pull {missing}` failed)" in finished.out
    assert engine.has(yard.image("source-b"))
