"""The most memory that `invoke build` ever has, when it sends a context of gigabytes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import monorepo
from bench import INVOKE, PROJECT, Bench, environment, run
from figures import Figure, Samples

_MOST_MEGABYTES = 150
_FILES = 20
_MEGABYTES = 100
_MEGABYTE = 1_000_000
_DOCKERFILE = """\
FROM scratch
COPY changed.txt /
LABEL io.airbyte.version=0.1.0
LABEL io.airbyte.name={image}
"""
_MEASURING = """\
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
"""In a small process: Linux counts what a process had before it became another program."""


def measure(bench: Bench) -> Iterator[Figure]:
    """Compare it with the same build of a context of a few bytes; the engine keeps no copy."""
    known = bench.engine.build_cache()
    try:
        huge = _peak(_write(bench.folder / "huge-context", _MEGABYTES * _MEGABYTE))
    finally:
        bench.engine.drop_cache(above=_FILES * _MEGABYTES * _MEGABYTE // 2, since=known)
    tiny = _peak(_write(bench.folder / "tiny-context", 1))
    yield Figure(
        what=f"memory of `invoke build`, one file changed in {_FILES * _MEGABYTES:,} MB of context",
        measured=Samples(values=(huge,)),
        against="the same in a context of some bytes",
        reference=Samples(values=(tiny,)),
        most=_MOST_MEGABYTES,
        unit="MB",
    )


def _write(folder: Path, size: int) -> Path:
    """A repository of one image, one of whose files was changed since the commit.

    The large files are holes: they cost no disk here, and as much work as any.
    """
    place = folder / "connectors" / "source-context"
    place.mkdir(parents=True)
    for number in range(_FILES):
        with (place / f"data-{number}").open("wb") as file:
            file.truncate(size)
    dockerfile = _DOCKERFILE.format(image=f"{monorepo.NAMESPACE}/source-context")
    (place / "Dockerfile").write_text(dockerfile, encoding="utf-8")
    (place / "changed.txt").write_text("before\n", encoding="utf-8")
    (folder / ".gitignore").write_text(".yard/\n", encoding="utf-8")
    monorepo.commit(folder)
    (place / "changed.txt").write_text(f"{uuid4()}\n", encoding="utf-8")
    return folder


def _peak(repository: Path) -> float:
    """Build it; give the most megabytes that the process, or one that it waited for, ever had.

    Raises:
        CommandFailedError: it was not built.
    """
    command = (sys.executable, "-c", _MEASURING, INVOKE, "build", "--progress=plain")
    said = run(command, PROJECT, environment(repository))
    return int(said.split()[-1]) * 1024 / _MEGABYTE  # Linux counts in KiB
