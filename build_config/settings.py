"""Invoke's layered configuration in, one frozen `Settings` out.

Invoke merges the defaults below with `invoke.yaml`, `~/.invoke.yaml` and `INVOKE_*` variables.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from build_config.cache_settings import CACHE_DEFAULTS, CachePlace, read_cache
from build_config.connector import Secret
from build_config.errors import UsageError
from build_config.image import InvalidReferenceError, parse
from build_config.publish_settings import PUBLISH_DEFAULTS, Publishing, read_publishing
from build_config.settings_values import (
    byte_count,
    count,
    from_home,
    inside,
    mapping,
    refuse_unknown,
    text,
)

DEFAULTS: dict[str, Any] = {
    "root": ".",
    "layout": {
        "connectors": "connectors",
        "bases": "connectors/bases",
        "docs": "docs/integrations",
    },
    "definitions": {
        "source": "build_config/definitions/STANDARD_SOURCE_DEFINITION",
        "destination": "build_config/definitions/STANDARD_DESTINATION_DEFINITION",
    },
    "namespace": "connectoryard",
    "local_tag": "dev",
    "jobs": "auto",
    "disk_floor": "1 GiB",
    "ca_bundle": "auto",
    "secrets": {},
    "images": {},
    "check": {"ignore": []},
    "templates": "",  # no list: Invoke reads no variable where a list stands
    "registry": "docker.io",
    "publish": PUBLISH_DEFAULTS,
    "cache": CACHE_DEFAULTS,
}
_IMAGE_KEYS = ("build_args", "secrets")
_WAIVER_KEYS = ("rule", "connector", "reason")


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageSettings:
    """What the settings say about one image: its build arguments and its build secrets."""

    build_args: Mapping[str, str]
    secrets: tuple[Secret, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiver:
    """A rule that does not count for some connectors.

    Attributes:
        connector: a name or a glob; `*` is also the repository as a whole.
        reason: why; empty where none is given, which `invoke check` calls a defect.
    """

    rule: str
    connector: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """Where things are and how to build them; every path is checked to be inside `root`.

    Attributes:
        root: the repository to work on, absolute.
        connectors: directory of connectors, relative to `root`.
        bases: directory of bases, relative to `root`.
        docs: directory of the pages on connectors, in `sources/` and `destinations/`.
        definitions: per kind a directory of files or one YAML list, relative to `root`.
        namespace: used for a Dockerfile that does not say its image's name.
        local_tag: the tag that images get here, and by which they refer to each other.
        jobs: images built at a time; None to choose from the machine.
        disk_floor: bytes that the disks must have left before anything is built; 0 asks for none.
        ca_bundle: file of CA certificates offered to builds, `auto` or `none`.
        secrets: build secrets offered to every image.
        images: settings of single images, by name.
        waivers: what `invoke check` passes over.
        templates: folders with templates of the team's own, absolute.
        publishing: where to publish to, and what may be.
        cache: where machines share what they built.
    """

    root: Path
    connectors: str
    bases: str
    docs: str
    definitions: Mapping[str, str]
    namespace: str
    local_tag: str
    jobs: int | None
    disk_floor: int
    ca_bundle: str
    secrets: tuple[Secret, ...]
    images: Mapping[str, ImageSettings]
    waivers: tuple[Waiver, ...]
    templates: tuple[Path, ...]
    publishing: Publishing
    cache: CachePlace

    @property
    def state(self) -> Path:
        """Logs, what is remembered of runs, and up to where syncs have come."""
        return self.root / ".yard"


def read(config: Any, project: Path) -> Settings:
    """Check the merged configuration (a mapping); a relative root starts at `project`.

    Raises:
        UsageError: a value that cannot be, with the name of its key.
    """
    root = Path(os.path.realpath(project / str(config["root"])))
    if not root.is_dir():
        raise UsageError(f"`root` is not a directory: `{config['root']}`", hint="set INVOKE_ROOT")
    layout = _folders(config, "layout", root)
    if layout["connectors"] == layout["bases"]:
        raise UsageError("`layout.connectors` and `layout.bases` are the same directory")
    local_tag, namespace = str(config["local_tag"]), str(config["namespace"])
    _refuse_illegal_name(namespace, local_tag)
    return Settings(
        root=root,
        connectors=layout["connectors"],
        bases=layout["bases"],
        docs=layout["docs"],
        definitions=_folders(config, "definitions", root),
        namespace=namespace,
        local_tag=local_tag,
        jobs=read_jobs(config["jobs"]),
        disk_floor=byte_count("disk_floor", config["disk_floor"]),
        ca_bundle=str(config["ca_bundle"]),
        secrets=_secrets("secrets", config["secrets"], root),
        images={
            str(name): _image(str(name), value, root)
            for name, value in mapping("images", config["images"]).items()
        },
        waivers=_waivers(config["check"]),
        templates=_templates(config["templates"], root),
        publishing=read_publishing(config),
        cache=read_cache(config),
    )


def read_jobs(value: object) -> int | None:
    """`auto` (None) or a whole number of at least 1.

    Raises:
        UsageError: anything else.
    """
    if value is None or value in ("", "auto"):
        return None
    return count("jobs", value, instead="`auto` or ")


def read_secret(text: str) -> Secret:
    """Read `id=name,src=file` or `id=name,env=VARIABLE`, as `docker build --secret` takes it.

    Raises:
        UsageError: another shape.
    """
    pairs = dict(part.partition("=")[::2] for part in text.split(","))
    if not all(pairs.values()) or set(pairs) not in ({"id", "src"}, {"id", "env"}):
        raise UsageError(  # without what was typed: it may be the secret itself
            "`--secret` does not say where a secret is",
            hint="write `--secret=id=NAME,src=FILE` or `--secret=id=NAME,env=VARIABLE`",
        )
    return Secret(id=pairs["id"], file=pairs.get("src"), variable=pairs.get("env"))


def _image(name: str, value: object, root: Path) -> ImageSettings:
    key = f"images.{name}"
    own = mapping(key, value)
    refuse_unknown(key, own, _IMAGE_KEYS)
    arguments = mapping(f"{key}.build_args", own.get("build_args"))
    return ImageSettings(
        build_args={  # an empty one takes a default away
            str(k): "" if v == "" else text(f"{key}.build_args.{k}", v)
            for k, v in arguments.items()
        },
        secrets=_secrets(f"{key}.secrets", own.get("secrets"), root),
    )


def _secrets(key: str, value: object, root: Path) -> tuple[Secret, ...]:
    """`{id: {src: file}}` or `{id: {env: VARIABLE}}`: the value itself never stands in settings."""
    found = []
    for name, source in mapping(key, value).items():
        if not isinstance(source, Mapping) or set(source) not in ({"src"}, {"env"}):
            raise UsageError(f"`{key}.{name}` must be `src: FILE` or `env: VARIABLE`")
        where = {kind: text(f"{key}.{name}.{kind}", place) for kind, place in source.items()}
        file = str(root / from_home(where["src"])) if "src" in where else None
        found.append(Secret(id=str(name), file=file, variable=where.get("env")))
    return tuple(found)


def _waivers(value: object) -> tuple[Waiver, ...]:
    """`check.ignore`: a list of `{rule, connector, reason}`; without a connector it is for all."""
    own = mapping("check", value)
    refuse_unknown("check", own, DEFAULTS["check"])
    entries = own.get("ignore") or []
    if not isinstance(entries, list):
        raise UsageError("`check.ignore` must be a list of `{rule: …, connector: …, reason: …}`")
    found = []
    for number, entry in enumerate(entries):
        key = f"check.ignore[{number}]"
        fields = mapping(key, entry)
        refuse_unknown(key, fields, _WAIVER_KEYS)
        found.append(
            Waiver(
                rule=text(f"{key}.rule", fields.get("rule")),
                connector=text(f"{key}.connector", fields.get("connector", "*")),
                reason=str(fields.get("reason") or "").strip(),
            )
        )
    return tuple(found)


def _templates(value: object, root: Path) -> tuple[Path, ...]:
    """Folders; a relative one starts at the root. One of them may stand alone, as text."""
    listed = list(filter(None, value.split(os.pathsep))) if isinstance(value, str) else value or []
    if not isinstance(listed, list | tuple):
        raise UsageError("`templates` must be a list of folders")
    return tuple(root / from_home(text("templates", entry)) for entry in listed)


def _folders(config: Any, key: str, root: Path) -> dict[str, str]:
    """A mapping of names to paths that stay in the root; the names are those of the defaults."""
    paths = mapping(key, config[key])
    refuse_unknown(key, paths, DEFAULTS[key])
    return {
        name: inside(f"{key}.{name}", text(f"{key}.{name}", paths.get(name, default)), root)
        for name, default in DEFAULTS[key].items()
    }


def _refuse_illegal_name(namespace: str, local_tag: str) -> None:
    try:
        parse(f"{namespace}/x:{local_tag}")
    except InvalidReferenceError as error:
        raise UsageError(f"`namespace` or `local_tag` is not legal: {error}") from error
