"""A tested image in, its bytes in the registry out; and a version's tag on exactly these bytes."""

from __future__ import annotations

from build_config.engine import Tell
from build_config.errors import ConflictError, StepError, UnclearError
from build_config.publishing.contents import read_contents, verify
from build_config.publishing.ports import STAGING, Images, Shipment, Tested
from build_config.publishing.target import Target
from build_config.registry.answers import Absent, CannotTell, Present
from build_config.registry.client import Registry
from build_config.registry.failures import RefusedError

_AGAIN = "the same command again goes on from here"


async def stage(
    target: Target, registry: Registry, images: Images, tested: Tested, tell: Tell
) -> Shipment:
    """Send a tested image, and see that what arrived is that image and all of it.

    Raises:
        StepError: it did not arrive, or something else did.
        UnclearError: the registry did not say.
    """
    digest = await images.push(tested.id, STAGING, tell)
    tell.activity("reading back what was sent")
    manifest = await registry.read_back(target.path, digest, digest)
    if isinstance(manifest, CannotTell):
        raise UnclearError(manifest.why, hint=_AGAIN)
    if isinstance(manifest, Absent):
        raise UnclearError(f"{registry.host} took {digest} and does not have it", hint=_AGAIN)
    contents = await read_contents(registry, target.path, manifest)
    # an engine names an image by its config, or (containerd image store) by its manifest
    if tested.id not in {contents.config, manifest.digest}:
        raise StepError(
            f"what arrived is not the tested image {tested.id[:19]}, but {contents.config[:19]}",
            hint=_AGAIN,
        )
    await verify(registry, target.path, contents, platform=tested.platform)
    return Shipment(manifest=manifest, contents=contents, tested=tested)


async def shipped(
    target: Target, registry: Registry, images: Images, manifest: Present, tell: Tell
) -> Shipment:
    """What another run staged, verified like what this one would have sent.

    Raises:
        StepError: it is not whole, or the engine cannot run it.
        UnclearError: the registry did not say.
    """
    contents = await read_contents(registry, target.path, manifest)
    tested = await images.pulled(manifest.digest, tell)
    await verify(registry, target.path, contents, platform=tested.platform)
    return Shipment(manifest=manifest, contents=contents, tested=tested)


async def promote(target: Target, registry: Registry, manifest: Present) -> None:
    """Have the version's tag mean these bytes: nobody sees them before.

    Raises:
        ConflictError: the tag means others.
        RefusedError: the registry refused.
        UnclearError: the registry did not say, or does not show it yet.
    """
    try:
        await registry.put_manifest(target.path, target.version, manifest)
    except RefusedError as error:
        if error.there and error.there != manifest.digest:
            raise ConflictError(f"`{target}` is {error.there}, not {manifest.digest}") from error
        raise
    found = await registry.read_back(target.path, target.version, manifest.digest)
    if isinstance(found, CannotTell):
        raise UnclearError(found.why, hint=_AGAIN)
    if isinstance(found, Absent):
        raise UnclearError(f"{registry.host} does not show `{target}` yet", hint=_AGAIN)
    if found.digest != manifest.digest:
        raise ConflictError(f"`{target}` is {found.digest}, not {manifest.digest}")
