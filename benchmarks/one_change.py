"""`invoke build` after one file of one connector was changed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from uuid import uuid4

import monorepo
from bench import Bench, Monorepo, invoke, tag
from context_tars import context_tar
from figures import Figure, Samples, alternate, timed
from relay import relay

_MOST_SECONDS = 0.6
_REQUEST = b"dockerfile.v0"
"""The frontend that a request to build names, in every way to ask for one."""


def measure(bench: Bench) -> Iterator[Figure]:
    """Until the engine has the request, and until that image is built."""
    repository = bench.monorepo(bench.large)
    invoke(repository, "build", "--progress=quiet")
    image = repository.images[-1]
    asked: list[float] = []

    def ours() -> float:
        _change(repository, image)
        begin = time.perf_counter()
        asked.append(_build(bench, repository) - begin)
        return time.perf_counter() - begin

    def bare() -> float:
        _change(repository, image)
        tar = context_tar(repository.folder, image)
        return timed(partial(bench.engine.build, tag(image), tar))()

    measured = alternate({"bare": bare, "ours": ours}, rounds=bench.rounds, warm_up=True)
    yield Figure(
        what=f"one file of {bench.large} images changed, until the engine has the build request",
        measured=Samples(values=tuple(asked[-bench.rounds :])),
        against="`POST /build?version=2` of that image alone, until it is built",
        reference=measured["bare"],
        most=_MOST_SECONDS,
    )
    yield Figure(
        what="the same, until the image is built and `invoke build` has ended",
        measured=measured["ours"],
        against="the same",
        reference=measured["bare"],
    )


def _change(repository: Monorepo, image: monorepo.Image) -> None:
    (repository.folder / image.path / "main.py").write_text(f"# {uuid4()}\n", encoding="utf-8")


def _build(bench: Bench, repository: Monorepo) -> float:
    """Build what changed; give the moment at which the first request went to the engine."""
    heard: list[float] = []

    def hear(sent: bytes) -> None:
        if _REQUEST in sent:
            heard.append(time.perf_counter())

    path = bench.folder / "relay.sock"
    with relay(path, f"unix://{bench.engine.path}", hear) as between:
        said = invoke(repository, "build", "--progress=plain", host=between.address)
    if "built 1," not in said:
        raise AssertionError(said)
    return heard[0]
