"""`invoke build` of a monorepo that the engine has never seen."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import monorepo
from bench import Bench, Monorepo, invoke, tag
from context_tars import context_tar
from figures import Figure, Samples, alternate, timed

_ROUNDS = 3
_MOST_RATIO = 1.1


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
        seconds=measured["ours"],
        against="a loop that sends `POST /build?version=2` with the same tars",
        reference=measured["bare"],
        most_ratio=_MOST_RATIO,
        remark="0 failures; ours asks for no record of the build in the engine",
    )


def measure_bake(bench: Bench) -> Iterator[Figure]:
    """What `docker buildx bake` makes of such a monorepo, and ours once beside it."""
    if subprocess.run(["docker", "buildx", "version"], capture_output=True, check=False).returncode:
        print("no `docker buildx` here: not compared with it", file=sys.stderr)
        return
    bench.clean()
    theirs = bench.fresh_monorepo(bench.images)
    bake_file = theirs.folder / "docker-bake.json"
    bake_file.write_text(json.dumps(_bake_file(theirs)), encoding="utf-8")
    command = ("docker", "buildx", "bake", "--progress=plain", "--file", bake_file.name)
    begin = time.perf_counter()
    done = subprocess.run(command, cwd=theirs.folder, capture_output=True, check=False)
    seconds = time.perf_counter() - begin
    missing = bench.images - len(bench.engine.tags(f"{monorepo.NAMESPACE}/"))
    bench.clean()
    ours = bench.fresh_monorepo(bench.images)
    yield Figure(
        what=f"`invoke build`, {bench.images} images, nothing cached",
        seconds=Samples(values=(timed(lambda: invoke(ours, "build", "--progress=plain"))(),)),
        against="`docker buildx bake`",
        reference=Samples(values=(seconds,)),
        remark=f"bake ended with exit code {done.returncode}, {missing} images missing",
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


def _bake_file(repository: Monorepo) -> dict[str, object]:
    """Every image a target; a base is another target's context under the name in its FROM."""
    targets = {}
    tags = {image.name: tag(image) for image in repository.images}
    for image in repository.images:
        contexts = {tags[image.base]: f"target:{image.base}"} if image.base else {}
        targets[image.name] = {
            "context": image.path,
            "contexts": contexts,
            "tags": [tags[image.name]],
        }
    return {"group": {"default": {"targets": list(targets)}}, "target": targets}
