"""A template in, the bases and build files that it needs and the repository lacks, out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from build_config.discovery import discover
from build_config.errors import RepositoryError
from build_config.scaffold.files import File, Files, read_file, read_folder
from build_config.scaffold.template import BUILT_IN, Template
from build_config.settings import DEFAULTS, Settings

_PLACES = (
    BUILT_IN / "bases",
    BUILT_IN.parent.parent / DEFAULTS["layout"]["bases"],
)
"""Where ours are: in what was installed from a wheel, and in this project itself."""

_GRADLE = ("settings.gradle", "build.gradle")
_GRADLE_PLACES = (BUILT_IN / "bases", BUILT_IN.parent.parent)

_OURS = DEFAULTS["namespace"]
_TAG = DEFAULTS["local_tag"]
_NAMED = re.compile(rf"\b{_OURS}/(?P<name>[a-z0-9-]+)(?P<tag>:{_TAG}\b)?")


@dataclass(frozen=True, kw_only=True, slots=True)
class Ground:
    """What a connector stands on and the repository lacks; paths are relative to the root."""

    directories: Mapping[str, Files]
    files: Files


def missing_ground(settings: Settings, template: Template) -> Ground:
    """The files of each base that nobody builds here, and of those that it stands on.

    For Java also the Gradle build of the root. All is called as in this repository.

    Raises:
        RepositoryError: a base is missing, and there is none to copy.
    """
    parent = "" if settings.bases == "." else f"{settings.bases}/"
    bases = _missing_bases(settings, template.bases)
    return Ground(
        directories={f"{parent}{name}": files for name, files in bases.items()},
        files=_gradle_build(settings) if template.language == "java" else {},
    )


def _missing_bases(settings: Settings, wanted: Iterable[str]) -> dict[str, Files]:
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


def _gradle_build(settings: Settings) -> dict[str, File]:
    """Both files of the root; a build that is there is somebody's own, and stays as it is."""
    names = (*_GRADLE, *(f"{name}.kts" for name in _GRADLE))
    if any((settings.root / name).exists() for name in names):
        return {}
    folder = next(place for place in _GRADLE_PLACES if (place / _GRADLE[0]).is_file())
    files = {name: read_file(folder / name) for name in _GRADLE}
    ours = json.dumps([DEFAULTS["layout"]["connectors"], DEFAULTS["layout"]["bases"]])
    places = (settings.connectors, settings.bases)
    theirs = json.dumps(["" if place == "." else place for place in places])
    text = files[_GRADLE[0]].content.decode()
    text = text.replace(ours.replace('"', "'"), theirs.replace('"', "'"))
    return files | {_GRADLE[0]: File(content=text.encode())}


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
