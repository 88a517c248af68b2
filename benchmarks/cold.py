"""`invoke build` of a monorepo that the engine has never seen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import monorepo
from bench import Bench, Monorepo, invoke, tag
from context_tars import context_tar
from figures import Figure, alternate, timed

from build_config.buildkit.client import connect
from build_config.buildkit.request import BuildRequest
from build_config.docker_engine import open_engine
from build_config.engine_endpoint import engine_endpoint

_ROUNDS = 5
_MOST_RATIO = 1.05


def measure(bench: Bench) -> Iterator[Figure]:
    """Compare it with the bare requests for the same images, as many at a time."""
    jobs = f"--jobs={bench.jobs}"

    def ours() -> float:
        bench.clean()
        repository = bench.fresh_monorepo(bench.images)
        return timed(lambda: invoke(repository, "build", jobs, "--progress=plain"))()

    def bare(send: Callable[[Bench, Monorepo, dict[str, bytes]], None]) -> float:
        bench.clean()
        repository = bench.fresh_monorepo(bench.images)
        tars = {image.name: context_tar(repository.folder, image) for image in repository.images}
        return timed(lambda: send(bench, repository, tars))()

    arms = {"solve": lambda: bare(_solve_all), "post": lambda: bare(_post_all), "ours": ours}
    measured = alternate(arms, rounds=_ROUNDS)
    bench.clean()
    yield Figure(
        what=f"`invoke build`, {bench.images} images, nothing cached, {bench.jobs} at a time",
        measured=measured["ours"],
        against="a loop that sends the same requests with the same tars",
        reference=measured["solve"],
        most_ratio=_MOST_RATIO,
        remark="0 failures",
    )
    yield Figure(
        what="the same",
        measured=measured["ours"],
        against="a loop that sends `POST /build?version=2` with the same tars",
        reference=measured["post"],
        remark="the engine itself serves what ours serves by a session",
    )


def _solve_all(bench: Bench, repository: Monorepo, tars: dict[str, bytes]) -> None:
    asyncio.run(_solving(repository, tars, bench.jobs))


async def _solving(repository: Monorepo, tars: dict[str, bytes], jobs: int) -> None:
    ended: dict[str, asyncio.Task[None]] = {}
    free = asyncio.Semaphore(jobs)
    endpoint = engine_endpoint(open_engine().address)

    async def solve(image: monorepo.Image) -> None:
        if image.base:
            await ended[image.base]
        request = BuildRequest(
            context=lambda: iter((tars[image.name],)),
            tags=(f"docker.io/{tag(image)}",),
            recorded=False,
        )
        async with free:
            await buildkit.build(request)

    async with connect(endpoint) as buildkit, asyncio.TaskGroup() as group:
        for image in repository.images:
            ended[image.name] = group.create_task(solve(image))


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
