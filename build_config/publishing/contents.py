"""A manifest in a registry in, what it holds out: config, labels, layers; each byte accounted for.

Shapes: Docker's image manifest v2 schema 2 and the OCI image manifest (image-spec, manifest.md).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from build_config.errors import StepError, UnclearError
from build_config.registry.address import check_reference
from build_config.registry.answers import Absent, CannotTell, Present
from build_config.registry.client import Registry

_CONFIG_LIMIT = 4 << 20
_LARGEST = 1 << 50  # bytes of a blob
_NOT_THAT = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
"""What a document of a stranger leads to that is not what was expected."""
_LAYERS = frozenset(
    {
        "application/vnd.docker.image.rootfs.diff.tar",
        "application/vnd.docker.image.rootfs.diff.tar.gzip",
        "application/vnd.oci.image.layer.v1.tar",
        "application/vnd.oci.image.layer.v1.tar+gzip",
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Contents:
    """What a manifest says is in an image.

    Attributes:
        config: digest of the config.
        labels: of the config.
        platform: `linux/amd64`.
        blobs: digest -> bytes, of config and layers.
        media_types: of the layers.
    """

    config: str
    labels: Mapping[str, str]
    platform: str
    blobs: Mapping[str, int]
    media_types: frozenset[str]

    @property
    def size(self) -> int:
        """Bytes of everything that a pull fetches."""
        return sum(self.blobs.values())


async def read_contents(registry: Registry, path: str, manifest: Present) -> Contents:
    """Read a manifest and its config.

    Raises:
        StepError: it is no manifest of one image.
        UnclearError: the registry did not give the config.
    """
    try:
        document: Any = json.loads(manifest.body)
        config = document["config"]
        layers = document["layers"]
        blobs = {str(entry["digest"]): int(entry["size"]) for entry in (config, *layers)}
        types = frozenset(str(layer["mediaType"]) for layer in layers)
        digest = str(config["digest"])
        for blob in blobs:
            check_reference(path, blob)
        if not all(0 <= size <= _LARGEST for size in blobs.values()):
            raise ValueError(blobs)
    except _NOT_THAT as error:
        kind = manifest.media_type
        raise StepError(f"`{path}@{manifest.digest}` is no single image: {kind}") from error
    # as much time as its size needs: a registry that hangs is not waited for as for a large one
    found = await registry.blob(path, digest, limit=min(blobs[digest], _CONFIG_LIMIT))
    if isinstance(found, Absent):
        raise UnclearError(f"{registry.host} has `{path}@{manifest.digest}` without its config")
    if isinstance(found, CannotTell):
        raise UnclearError(found.why, hint="the same command again")
    return _contents(digest, found, blobs, types)


def config_of(manifest: Present) -> str:
    """Digest of its config: the same image, however its manifest is written.

    Raises:
        StepError: it is no manifest of one image.
    """
    try:
        return str(json.loads(manifest.body)["config"]["digest"])
    except _NOT_THAT as error:
        raise StepError(f"{manifest.digest} is no single image") from error


def _contents(
    digest: str, body: bytes, blobs: Mapping[str, int], types: frozenset[str]
) -> Contents:
    try:
        document: Any = json.loads(body)
        found = (document.get("config") or {}).get("Labels") or {}
        labels = {str(name): str(value) for name, value in found.items()}
        platform = f"{document['os']}/{document['architecture']}"
    except _NOT_THAT as error:
        raise StepError(f"{digest} is no config of an image") from error
    return Contents(
        config=digest,
        labels=labels,
        platform=platform,
        blobs=blobs,
        media_types=types,
    )


async def verify(registry: Registry, path: str, contents: Contents, *, platform: str) -> None:
    """See that all of an image is there, in a form that every engine can pull.

    Raises:
        StepError: a layer is foreign or compressed in a newer way, a blob is missing or cut short,
            or it is an image for another platform.
        UnclearError: the registry did not say.
    """
    odd = contents.media_types - _LAYERS
    if odd:
        raise StepError(f"a layer is {', '.join(sorted(odd))}, which not every engine can pull")
    if contents.platform != platform:
        raise StepError(f"it is for {contents.platform}, and was tested as {platform}")
    sizes = await asyncio.gather(*(registry.blob_size(path, blob) for blob in contents.blobs))
    for (digest, expected), size in zip(contents.blobs.items(), sizes, strict=True):
        if isinstance(size, CannotTell):
            raise UnclearError(size.why, hint="the same command again")
        if size != expected:
            has = "does not have" if isinstance(size, Absent) else f"has {size} bytes of"
            raise StepError(f"{registry.host} {has} {digest}, which has {expected}")
