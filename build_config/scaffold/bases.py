"""Bases that a template needs in, those that the repository lacks, copied from ours, out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from build_config.discovery import discover
from build_config.errors import RepositoryError
from build_config.scaffold.files import File, Files, read_folder
from build_config.scaffold.template import BUILT_IN
from build_config.settings import DEFAULTS, Settings

_PLACES = (
    BUILT_IN / "bases",
    BUILT_IN.parent.parent / DEFAULTS["layout"]["bases"],
)
"""Where ours are: in what was installed from a wheel, and in this project itself."""

_OURS = DEFAULTS["namespace"]
_TAG = DEFAULTS["local_tag"]
_NAMED = re.compile(rf"\b{_OURS}/(?P<name>[a-z0-9-]+)(?P<tag>:{_TAG}\b)?")


def missing_bases(settings: Settings, wanted: Iterable[str]) -> dict[str, Files]:
    """The files of each base that nobody builds here, and of those that it stands on.

    Images are called by the namespace and the tag of this repository.

    Raises:
        RepositoryError: one is missing, and there is none to copy.
    """
    there = {connector.image.name for connector in discover(settings).connectors}
    found: dict[str, Files] = {}
    left = list(wanted)
    while left:
        name = left.pop()
        if name in found or f"{settings.namespace}/{name}" in there:
            continue
        if (settings.root / settings.bases / name).exists():
            continue  # it is broken, or called otherwise: `invoke check` says so
        files = _ours(name)
        left += [base for base in _stands_on(files) if base != name]
        found[name] = {path: _renamed(file, path, settings) for path, file in files.items()}
    return dict(sorted(found.items()))


def _ours(name: str) -> Files:
    for place in _PLACES:
        if (place / name / "Dockerfile").is_file():
            return read_folder(place / name)
    raise RepositoryError(
        (f"the template stands on the base `{name}`, which is not in this repository",),
        hint=f"make it: a directory `{name}` with a Dockerfile among the bases",
    )


def _stands_on(files: Files) -> list[str]:
    text = files["Dockerfile"].content.decode()
    return [match["name"] for match in _NAMED.finditer(text) if match["tag"]]


def _renamed(file: File, path: str, settings: Settings) -> File:
    """Only Dockerfiles name images so that it counts; what a text says is an example."""
    if Path(path).name != "Dockerfile":
        return file

    def by_its_name_here(match: re.Match[str]) -> str:
        tag = f":{settings.local_tag}" if match["tag"] else ""
        return f"{settings.namespace}/{match['name']}{tag}"

    text = _NAMED.sub(by_its_name_here, file.content.decode())
    return File(content=text.encode(), executable=file.executable)
