"""`docker buildx bake` on the same monorepo: one bake file, a target for each image."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from functools import partial

from bench import Bench, Monorepo, invoke, run, tag
from figures import Figure, alternate, timed
from no_op import no_op

_IMAGES = 100
_MOST_RATIO = 1 / 20
_MOST_ROUNDS = 3
_FILE = "docker-bake.json"
_TAG = "bake"
"""Theirs lie beside ours, or each would find the other's images."""


def measure(bench: Bench) -> Iterator[Figure]:
    """When all is up to date, and all is in the cache."""
    if not _is_installed():
        print("no `docker buildx` here: not compared with it", file=sys.stderr)
        return
    repository = bench.monorepo(_IMAGES)
    _write_bake_file(repository)
    invoke(repository, "build", "--progress=quiet")
    arms = {"ours": partial(no_op, repository), "bake": partial(_bake, repository)}
    rounds = min(bench.rounds, _MOST_ROUNDS)
    measured = alternate({n: timed(a) for n, a in arms.items()}, rounds=rounds, warm_up=True)
    yield Figure(
        what=f"`invoke build`, {_IMAGES} images up to date",
        measured=measured["ours"],
        against=f"`docker buildx bake`, {_IMAGES} targets, all cached",
        reference=measured["bake"],
        most_ratio=_MOST_RATIO,
    )


def _is_installed() -> bool:
    """Whether there is a `docker` with this plugin."""
    command = ("docker", "buildx", "version")
    return not subprocess.run(command, capture_output=True, check=False).returncode


def _bake(repository: Monorepo) -> None:
    run(("docker", "buildx", "bake", "--file", _FILE), repository.folder)


def _write_bake_file(repository: Monorepo) -> None:
    """Every image a target; a base is another target's context under the name in its FROM."""
    names = {image.name: tag(image) for image in repository.images}
    targets = {
        image.name: {
            "context": image.path,
            "contexts": {names[image.base]: f"target:{image.base}"} if image.base else {},
            "tags": [f"{image.repository}:{_TAG}"],
        }
        for image in repository.images
    }
    document = {"group": {"default": {"targets": list(targets)}}, "target": targets}
    (repository.folder / _FILE).write_text(json.dumps(document), encoding="utf-8")
