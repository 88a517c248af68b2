"""A number of images in, a monorepo of that many in a committed git repository out.

`python benchmarks/monorepo.py FOLDER --images=200` writes one to look at. Three layers of bases
stand on `FROM scratch`, and all Dockerfiles only copy: nothing needs a network.
"""

from __future__ import annotations

import argparse
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

NAMESPACE = "connectoryard-benchmark"
FILES = 20
"""In each image's folder, its Dockerfile included."""

_LAYERS = (1, 2, 4)
"""Bases in each layer, from the bottom up."""

_DOCKERFILE = """\
FROM {base}

WORKDIR /airbyte/integration_code
COPY . ./{name}/

ENV AIRBYTE_ENTRYPOINT="python /airbyte/integration_code/main.py"
ENTRYPOINT ["python", "/airbyte/integration_code/main.py"]

LABEL io.airbyte.version={version}
LABEL io.airbyte.name={image}
"""
_IGNORED = ".git\n.venv\n**/__pycache__\n*.md\nsecrets\nunit_tests\n!README.md\n"
_MODULE = '''\
"""Stream {number} of {name}."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Stream{number}:
    """Records of one endpoint."""

    name: str = "stream-{number}"
    path: str = "/v1/{name}/{number}"
    page_size: int = {size}
'''


@dataclass(frozen=True, kw_only=True, slots=True)
class Image:
    """One image of the monorepo.

    Attributes:
        name: its directory's name.
        path: its directory, relative to the repository.
        base: name of the image it stands on; None at the bottom.
        salt: a word in its files: another salt makes other layers, so that no cache has them.
    """

    name: str
    path: str
    base: str | None
    salt: str

    @property
    def repository(self) -> str:
        """The image's name, without a tag."""
        return f"{NAMESPACE}/{self.name}"


def plan(count: int, *, salt: str = "") -> tuple[Image, ...]:
    """`count` images, bases first; the same arguments give the same images."""
    layers: list[list[Image]] = []
    for depth, width in enumerate(_LAYERS):
        layers.append([])
        for at in range(width):
            name = f"base-{depth}-{at}"
            base = layers[depth - 1][at % _LAYERS[depth - 1]].name if depth else None
            image = Image(name=name, path=f"connectors/bases/{name}", base=base, salt=salt)
            layers[depth].append(image)
    bases = [image for layer in layers for image in layer]
    if count <= len(bases):
        raise ValueError(f"a monorepo has {len(bases)} bases: ask for more than {count} images")
    connectors = (
        _connector(number, base=layers[-1][number % _LAYERS[-1]], salt=salt)
        for number in range(count - len(bases))
    )
    return (*bases, *connectors)


def write(folder: Path, images: tuple[Image, ...]) -> None:
    """Write and commit it; `folder` must not be there, or be empty."""
    for image in images:
        for path, text in _files(image).items():
            file = folder / image.path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    (folder / ".gitignore").write_text(".yard/\n", encoding="utf-8")
    commit(folder)


def commit(folder: Path) -> None:
    """Commit all there is; the first time it becomes a git repository."""
    begin = ("init", "--quiet", "--initial-branch=main")
    for command in (
        *([] if (folder / ".git").exists() else [begin]),
        ("add", "--all"),
        ("commit", "--quiet", "--message=All connectors"),
    ):
        subprocess.run(["git", "-C", str(folder), *command], check=True, env=_git_environment())


def _connector(number: int, *, base: Image, salt: str) -> Image:
    kind = "destination" if number % 4 == 3 else "source"  # noqa: PLR2004 - a quarter of them
    name = f"{kind}-{number:04}"
    return Image(name=name, path=f"connectors/{name}", base=base.name, salt=salt)


def _files(image: Image) -> Mapping[str, str]:
    return dict(_write_files(image))


def _write_files(image: Image) -> Iterator[tuple[str, str]]:
    """Path in the image's folder, and text, of each of its files."""
    base = f"{NAMESPACE}/{image.base}:dev" if image.base else "scratch"
    package = image.name.replace("-", "_")
    yield (
        "Dockerfile",
        _DOCKERFILE.format(base=base, name=package, image=image.repository, version="0.1.0"),
    )
    yield ".dockerignore", _IGNORED
    yield "README.md", f"# {image.name}\n\nWritten by a benchmark.\n"
    yield "main.py", f"from {package} import run\n\nrun()\n"
    yield "setup.py", f'from setuptools import setup\n\nsetup(name="{package}")\n'
    yield f"{package}/__init__.py", f'"""{image.name} {image.salt}"""\n'
    yield "unit_tests/test_streams.py", "def test_streams() -> None:\n    assert True\n"
    for number in range(FILES - 7):
        text = _MODULE.format(number=number, name=image.name, size=100 * (number + 1))
        yield f"{package}/streams/stream_{number}.py", text


def _git_environment() -> dict[str, str]:
    """Nobody's settings, and a fixed moment: the same images give the same commit."""
    moment = "2026-01-01T00:00:00+00:00"
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return own | {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        **dict.fromkeys(("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"), "A benchmark"),
        **dict.fromkeys(("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"), "benchmark@example.com"),
        **dict.fromkeys(("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"), moment),
    }


def _main() -> None:
    parser = argparse.ArgumentParser(description="Write a monorepo to try things on.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--images", type=int, default=200)
    parser.add_argument("--salt", default="")
    flags = parser.parse_args()
    write(flags.folder, plan(flags.images, salt=flags.salt))


if __name__ == "__main__":
    _main()
