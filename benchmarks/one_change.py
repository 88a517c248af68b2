"""`invoke build` after one file of one connector was changed."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import monorepo
from bench import Bench, Monorepo, invoke, tag
from context_tars import context_tar
from figures import Figure, alternate, timed


def measure(bench: Bench) -> Iterator[Figure]:
    """Until that image is built; compared with the request for that image alone."""
    repository = bench.monorepo(bench.images)
    invoke(repository, "build", "--progress=quiet")
    image = repository.images[-1]

    def ours() -> float:
        _change(repository, image)
        return timed(lambda: _build(repository))()

    def bare() -> float:
        _change(repository, image)
        tar = context_tar(repository.folder, image)
        return timed(lambda: bench.engine.build(tag(image), tar))()

    measured = alternate({"bare": bare, "ours": ours}, rounds=bench.rounds, warm_up=True)
    yield Figure(
        what=f"`invoke build`, one file of {bench.images} images changed",
        seconds=measured["ours"],
        against="`POST /build?version=2` of that image alone",
        reference=measured["bare"],
    )


def _change(repository: Monorepo, image: monorepo.Image) -> None:
    (repository.folder / image.path / "main.py").write_text(f"# {uuid4()}\n", encoding="utf-8")


def _build(repository: Monorepo) -> None:
    said = invoke(repository, "build", "--progress=plain")
    if "built 1," not in said:
        raise AssertionError(said)
