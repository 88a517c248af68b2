"""Files on disk in, connectors out, with all defects found on the way."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from build_config.connector import Connector, Kind, Language
from build_config.defect import Defect
from build_config.dockerfile import Dockerfile, DockerfileError
from build_config.image import InvalidReferenceError, Reference
from build_config.image import parse as parse_reference
from build_config.parsed_dockerfiles import parse as parse_dockerfile
from build_config.parsed_dockerfiles import remembered
from build_config.saved_work import Memory
from build_config.settings import ImageSettings, Settings
from build_config.yaml_files import YamlFileError, read_mapping

NAME_LABEL = "io.airbyte.name"
VERSION_LABEL = "io.airbyte.version"
_LARGEST = 1024 * 1024
_NAME = re.compile(r"\w[\w.+-]*")
"""What a directory of an image may be called: names go on command lines and into file names."""
_PYTHON_FILES = ("setup.py", "pyproject.toml", "requirements.txt")
_GRADLE_FILES = ("build.gradle", "build.gradle.kts")
_NO_SETTINGS = ImageSettings(build_args={}, secrets=())


@dataclass(frozen=True, kw_only=True, slots=True)
class Discovery:
    """What is there.

    Attributes:
        connectors: sorted by name.
        defects: the lines that they print as are `path:line: what is wrong`.
        without_dockerfile: directories beside the connectors that are no images.
    """

    connectors: tuple[Connector, ...]
    defects: tuple[Defect, ...]
    without_dockerfile: tuple[str, ...]


class _DefectError(Exception):
    """Why one directory is not a connector."""

    def __init__(self, rule: str, path: str, message: str, *, line: int | None = None) -> None:
        super().__init__(message)
        self.rule, self.path, self.line = rule, path, line

    def of(self, connector: str) -> Defect:
        """The same as a value."""
        return Defect(
            rule=self.rule, message=str(self), connector=connector, path=self.path, line=self.line
        )


def discover(settings: Settings) -> Discovery:
    """Read every image of the repository; a broken one becomes a defect and hides nothing else."""
    connectors: list[Connector] = []
    defects: list[Defect] = []
    bare: list[str] = []
    broken: set[str] = set()
    memory = remembered(settings.state)
    for path, is_base in _directories(settings, defects):
        try:
            names = _names_in(settings.root, path)
            if "Dockerfile" in names:
                connectors.append(_read(settings, path, names, memory, is_base=is_base))
            else:
                bare.append(path)
        except _DefectError as defect:
            defects.append(defect.of(Path(path).name))
            broken.add(Path(path).name)
    memory.keep()
    connectors.sort(key=lambda connector: connector.name)
    defects.extend(_duplicates(connectors))
    known = broken.union(connector.name for connector in connectors)
    defects.extend(
        Defect(
            rule="settings-image", message=f"setting `images.{name}`: there is no image `{name}`"
        )
        for name in sorted(settings.images.keys() - known)
    )
    return Discovery(
        connectors=tuple(connectors), defects=tuple(defects), without_dockerfile=tuple(bare)
    )


def _directories(settings: Settings, defects: list[Defect]) -> Iterator[tuple[str, bool]]:
    """(path, is a base) of every directory that may be an image; bases there need not be."""
    for parent, is_base in ((settings.bases, True), (settings.connectors, False)):
        try:
            names = _subdirectories(settings.root / parent)
        except OSError as error:
            if not (is_base and isinstance(error, FileNotFoundError)):
                key = "bases" if is_base else "connectors"
                message = f"cannot be read: {error.strerror} (`layout.{key}`)"
                defects.append(Defect(rule="layout", message=message, path=parent))
            continue
        for name in names:
            path = name if parent == "." else f"{parent}/{name}"
            if path not in {settings.bases, settings.connectors}:
                yield path, is_base


def _subdirectories(parent: Path) -> list[str]:
    with os.scandir(parent) as entries:
        return sorted(e.name for e in entries if not e.name.startswith(".") and _is_directory(e))


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _names_in(root: Path, path: str) -> frozenset[str]:
    """One look at the disk, since every image is asked; none where the directory is gone."""
    try:
        return frozenset(os.listdir(f"{root}/{path}"))  # noqa: PTH208 - pathlib takes three times as long
    except FileNotFoundError:
        return frozenset()
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        raise _DefectError("unreadable-file", path, message) from error


def _read(
    settings: Settings,
    path: str,
    names: frozenset[str],
    memory: Memory,
    *,
    is_base: bool,
) -> Connector:
    name = path.rpartition("/")[2]
    if not _NAME.fullmatch(name):
        message = "a directory's name is made of letters, digits, `.`, `_`, `+` and `-`"
        raise _DefectError("directory-name", path, message)
    own = settings.images.get(name, _NO_SETTINGS)
    file = f"{path}/Dockerfile"
    content = _parse(_text(settings.root, file), file, own.build_args, memory)
    image, version = _identity(settings, path, content)
    directory = settings.root / path
    has_gradle_file = any(n in names and (directory / n).is_file() for n in _GRADLE_FILES)
    gradle = has_gradle_file and _copies_gradle_output(content)
    language = _language(directory, names, gradle=gradle)
    return Connector(
        name=name,
        kind=Kind.BASE if is_base else _kind(path, image),
        language=language,
        image=image,
        version=version,
        path=path,
        gradle=gradle,
        gradle_project=language is Language.JAVA and has_gradle_file,
        dockerfile=content,
        build_args=own.build_args,
        secrets=own.secrets,
    )


def _text(root: Path, path: str) -> str:
    place = f"{root}/{path}"
    if _leads_out(root, path):
        raise _DefectError("unreadable-file", path, "a link out of the repository")
    try:
        status = os.stat(place)  # noqa: PTH116 - hundreds of files: pathlib takes as long as the disk
        if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST:
            raise _DefectError("unreadable-file", path, "not a file of text")
        with open(place, encoding="utf-8-sig") as file:  # noqa: PTH123 - as above
            return file.read()
    except UnicodeDecodeError as error:
        message = f"not UTF-8 text (byte {error.start})"
        raise _DefectError("unreadable-file", path, message) from error
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        raise _DefectError("unreadable-file", path, message) from error


def _leads_out(root: Path, path: str) -> bool:
    """Only a link can: where there is none, the real path need not be worked out."""
    ends = (at for at, character in enumerate(f"{path}/") if character == "/")
    if not any(os.path.islink(f"{root}/{path[:end]}") for end in ends):  # noqa: PTH114 - as above
        return False
    return not Path(os.path.realpath(root / path)).is_relative_to(root)


def _parse(text: str, path: str, build_args: Mapping[str, str], memory: Memory) -> Dockerfile:
    try:
        return parse_dockerfile(text, build_args, memory)
    except DockerfileError as error:
        raise _DefectError("dockerfile-syntax", path, str(error), line=error.line) from error


def _identity(settings: Settings, path: str, content: Dockerfile) -> tuple[Reference, str | None]:
    """Name and version: from the labels, else from metadata.yaml, else from the directory."""
    name, version = content.labels.get(NAME_LABEL), content.labels.get(VERSION_LABEL)
    where, what = f"{path}/Dockerfile", f"label {NAME_LABEL}"
    if not name or not version:
        data = _metadata(settings.root, path)
        if not name and data.get("dockerRepository"):
            name, what = str(data["dockerRepository"]), "dockerRepository"
            where = f"{path}/metadata.yaml"
        if not version and data.get("dockerImageTag") is not None:
            version = str(data["dockerImageTag"])
    if not name:
        name, where, what = f"{settings.namespace}/{Path(path).name}", path, ""
    return _image(name, settings.local_tag, where, what), version or None


def _metadata(root: Path, path: str) -> Mapping[str, Any]:
    """`data` of the connector's metadata.yaml; empty where there is no such file."""
    try:
        document = read_mapping(root / path / "metadata.yaml", f"{path}/metadata.yaml")
    except YamlFileError as error:
        raise _DefectError("metadata", error.shown, error.problem, line=error.line) from error
    data = document.get("data", {})
    if not isinstance(data, dict):
        raise _DefectError("metadata", f"{path}/metadata.yaml", "`data` must be a mapping")
    return data


def _image(name: str, local_tag: str, where: str, what: str) -> Reference:
    """The image's repository under the local tag; a tag in the name is not a name."""
    try:
        reference = parse_reference(f"{name}:{local_tag}")
    except InvalidReferenceError as error:
        message = f"{what}: {error}" if what else str(error)
        raise _DefectError("image-name", where, message) from error
    return reference


def _kind(path: str, image: Reference) -> Kind:
    """By the directory's name, else by the image's: real repositories have both spellings."""
    for name in (path.rpartition("/")[2], image.path.rpartition("/")[2]):
        for kind in (Kind.SOURCE, Kind.DESTINATION):
            if name.startswith(f"{kind}-"):
                return kind
    raise _DefectError(
        "connector-kind",
        path,
        "neither a source nor a destination: its name must start with `source-` or "
        "`destination-` (bases have a directory of their own)",
    )


def _copies_gradle_output(content: Dockerfile) -> bool:
    """A Gradle file alone proves nothing: Python connectors of 2021 have one too."""
    return any(s.removeprefix("./").lstrip("/").startswith("build/") for s in content.copied)


def _language(directory: Path, names: frozenset[str], *, gradle: bool) -> Language:
    sources = directory / "src" / "main"
    if gradle or ("src" in names and any((sources / n).is_dir() for n in ("java", "kotlin"))):
        return Language.JAVA
    if not names.isdisjoint(_PYTHON_FILES):
        return Language.PYTHON
    return Language.DECLARATIVE if "manifest.yaml" in names else Language.OTHER


def _duplicates(connectors: list[Connector]) -> Iterator[Defect]:
    """Two directories must not claim one image, nor share a name."""
    claims: dict[tuple[str, str], list[Connector]] = {}
    for connector in connectors:
        claims.setdefault(("image", connector.image.name), []).append(connector)
        claims.setdefault(("name", connector.name), []).append(connector)
    for (what, claimed), owners in sorted(claims.items()):
        if len(owners) > 1:
            paths = ", ".join(owner.path for owner in owners)
            intruder = next((c for c in owners if not claimed.endswith(c.name)), owners[-1])
            yield Defect(
                rule=f"{what}-unique",
                message=f"{what} `{claimed}` is claimed by {len(owners)} directories: {paths}",
                connector=intruder.name,
            )
