"""`invoke build` of a monorepo that the engine has never seen."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import monorepo
from bench import Bench, Monorepo, invoke, tag
from context_tars import context_tar
from figures import Figure, alternate, timed

_ROUNDS = 3
_MOST_RATIO = 1.05


def measure(bench: Bench) -> Iterator[Figure]:
    """Compare it with the bare requests for the same images, as many at a time."""
    jobs = f"--jobs={bench.jobs}"

    def ours() -> float:
        bench.clean()
        repository = bench.fresh_monorepo(bench.images)
        return timed(lambda: invoke(repository, "build", jobs, "--progress=plain"))()

    def bare() -> float:
        bench.clean()
        repository = bench.fresh_monorepo(bench.images)
        tars = {image.name: context_tar(repository.folder, image) for image in repository.images}
        return timed(lambda: _post_all(bench, repository, tars))()

    measured = alternate({"bare": bare, "ours": ours}, rounds=_ROUNDS)
    bench.clean()
    yield Figure(
        what=f"`invoke build`, {bench.images} images, nothing cached, {bench.jobs} at a time",
        measured=measured["ours"],
        against="a loop that sends `POST /build?version=2` with the same tars",
        reference=measured["bare"],
        most_ratio=_MOST_RATIO,
        remark="0 failures; ours asks for no record of the build in the engine",
    )


def _post_all(bench: Bench, repository: Monorepo, tars: dict[str, bytes]) -> None:
    """An image waits for its base, which stands before it: no job waits for ever."""
    ended: dict[str, Future[None]] = {}

    def post(image: monorepo.Image) -> None:
        if image.base:
            ended[image.base].result()
        bench.engine.build(tag(image), tars[image.name])

    with ThreadPoolExecutor(bench.jobs) as pool:
        for image in repository.images:
            ended[image.name] = pool.submit(post, image)
    for future in ended.values():
        future.result()
