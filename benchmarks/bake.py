"""`docker buildx bake` on the same monorepo: one bake file, a target for each image."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from functools import partial

from bench import Bench, CommandFailedError, Monorepo, invoke, run, tag
from figures import Figure, alternate, timed
from no_op import no_op

_IMAGES = 100
_MOST_RATIO = 1 / 20
_MOST_ROUNDS = 3
_ATTEMPTS = 10
_FILE = "docker-bake.json"
_TAG = "bake"
"""Theirs lie beside ours, or each would find the other's images."""


def measure(bench: Bench) -> Iterator[Figure]:
    """When all is up to date, and all is in the cache."""
    if not _is_installed():
        print("no `docker buildx` here: not compared with it", file=sys.stderr)
        return
    repository = bench.monorepo(_IMAGES)
    linked = bench.engine.knows_named_contexts()
    _write_bake_file(repository, linked=linked)
    invoke(repository, "build", "--progress=quiet")
    failures: list[str] = []
    measured = alternate(
        {"ours": timed(partial(no_op, repository)), "bake": partial(_bake, repository, failures)},
        rounds=min(bench.rounds, _MOST_ROUNDS),
        warm_up=True,
    )
    yield Figure(
        what=f"`invoke build`, {_IMAGES} images up to date",
        measured=measured["ours"],
        against=f"`docker buildx bake`, {_IMAGES} targets, all cached",
        reference=measured["bake"],
        most_ratio=_MOST_RATIO,
        remark=_remark(len(failures), linked=linked),
    )


def _is_installed() -> bool:
    """Whether there is a `docker` with this plugin."""
    command = ("docker", "buildx", "version")
    return not subprocess.run(command, capture_output=True, check=False).returncode


def _bake(repository: Monorepo, failures: list[str]) -> float:
    """Seconds of the first call that succeeds: an old engine loses some of many builds at a time.

    Raises:
        CommandFailedError: none does.
    """
    command = ("docker", "buildx", "bake", "--file", _FILE)
    for _attempt in range(_ATTEMPTS):
        try:
            return timed(partial(run, command, repository.folder))()
        except CommandFailedError as error:
            failures.append(str(error))
    raise CommandFailedError(failures[-1])


def _remark(failures: int, *, linked: bool) -> str:
    old = "bake takes the bases that the engine has" if not linked else ""
    failed = f"{failures} calls of bake failed and do not count" if failures else ""
    return ", ".join(filter(None, (old, failed)))


def _write_bake_file(repository: Monorepo, *, linked: bool) -> None:
    """Every image a target; where they can be `linked`, a base is the one that bake builds."""
    targets: dict[str, dict[str, object]] = {
        image.name: {"context": image.path, "tags": [f"{image.repository}:{_TAG}"]}
        for image in repository.images
    }
    names = {image.name: tag(image) for image in repository.images}
    for image in repository.images if linked else ():
        if image.base:
            targets[image.name]["contexts"] = {names[image.base]: f"target:{image.base}"}
    document = {"group": {"default": {"targets": list(targets)}}, "target": targets}
    (repository.folder / _FILE).write_text(json.dumps(document), encoding="utf-8")
