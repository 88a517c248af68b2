"""Ctrl-C in mid-build: exit code 130, nothing half-built, and the engine works no longer for us."""

from __future__ import annotations

import signal
import uuid
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from engine_under_test import Engine
    from yard import Yard

pytestmark = pytest.mark.engine

BEATING = """\
RUN --mount=type=cache,id={cache},target=/cache \
echo it has begun; n=0; while [ $n -lt 300 ]; do n=$((n+1)); echo $n > /cache/beat; sleep 0.2; done
"""
STILL = """\
RUN --mount=type=cache,id={cache},target=/cache \
n=0; while [ $n -lt 10 ]; do n=$((n+1)); before=$(cat /cache/beat); sleep 1; \
[ "$before" = "$(cat /cache/beat)" ] && exit 0; done; echo it still beats; exit 1
"""


def test_an_interrupt_ends_the_build_here_and_on_the_engine(
    yard: Yard, shell: str, engine: Engine
) -> None:
    cache = uuid.uuid4().hex
    yard.commit(
        {
            "connectors/source-a/Dockerfile": f"FROM {shell}\n{BEATING.format(cache=cache)}",
            "connectors/source-b/Dockerfile": "FROM scratch\nCOPY Dockerfile /\n",
            "connectors/source-c/Dockerfile": f"FROM {yard.image('source-a')}\n",
        }
    )
    with yard.started("build", "--connector=source-a,source-c", "--progress=json") as running:
        running.wait_for('"it has begun"')
        running.interrupt()
        finished = running.finish()
    assert finished.code == 130, finished
    assert "Traceback" not in finished.err
    summary = finished.events()[-1]
    assert summary["event"] == "summary"
    assert summary["interrupted"] is True
    assert {step["name"]: step["result"] for step in summary["steps"]} == {
        "source-a": "cancelled",
        "source-c": "skipped",
    }
    assert not engine.has(yard.image("source-a"))
    yard.write({"connectors/source-b/Dockerfile": f"FROM {shell}\n{STILL.format(cache=cache)}"})
    quiet = yard.invoke("build", "--connector=source-b")
    assert quiet.code == 0, quiet


def test_an_interrupt_says_what_is_left(yard: Yard, shell: str, engine: Engine) -> None:
    yard.commit(
        {
            "connectors/source-a/Dockerfile": "FROM scratch\nCOPY Dockerfile /\n",
            "connectors/source-b/Dockerfile": f"FROM {shell}\nRUN sleep 60\n",
            "connectors/source-c/Dockerfile": f"FROM {yard.image('source-b')}\n",
        }
    )
    assert yard.invoke("build", "--connector=source-a").code == 0
    with yard.started("build", "--progress=plain") as running:
        running.wait_for("source-b: build: started")
        running.interrupt()
        finished = running.finish()
    assert finished.code == 130, finished
    assert "source-b: build: cancelled" in finished.out
    assert "interrupted: 1 up to date, 1 skipped, 1 cancelled in" in finished.out
    assert "to continue: invoke build --connector=source-b,source-c" in finished.out
    assert not engine.has(yard.image("source-b"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_rebuild_that_is_interrupted_keeps_the_image_that_was_there(
    yard: Yard, shell: str, engine: Engine, number: signal.Signals
) -> None:
    yard.commit({"connectors/source-a/Dockerfile": f"FROM {shell}\nRUN echo 1 > /a\n"})
    assert yard.invoke("build").code == 0
    before = engine.id(yard.image("source-a"))
    yard.write({"connectors/source-a/Dockerfile": f"FROM {shell}\nRUN echo begun; sleep 60\n"})
    with yard.started("build", "--progress=json") as running:
        running.wait_for('"begun"')
        running.interrupt(number)
        assert running.finish().code == 130
    assert engine.id(yard.image("source-a")) == before
