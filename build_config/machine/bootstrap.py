"""A recipe in, an image made from Debian's packages out: for machines that reach no registry.

mmdebstrap makes the root file system as a tar in a directory of ours, the engine imports it
without a name, and only a complete image gets one. Whatever happens, the directory goes.
"""

from __future__ import annotations

import json
import os
import shlex
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from build_config.errors import MachineError
from build_config.image import parse
from build_config.machine import packages
from build_config.machine.archive import KEYRING, acquire_settings, find_archive
from build_config.machine.ca_bundle import PACKAGED_CERTIFICATES, added_certificates, find_bundles
from build_config.machine.findings import Progress
from build_config.machine.process import CommandError, capture, stream

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from docker import APIClient

    from build_config.machine.host import Host
    from build_config.machine.recipes import Recipe

BOOTSTRAPPED_LABEL = "dev.connectoryard.bootstrapped"
BOOTSTRAPPED_FROM_LABEL = "dev.connectoryard.bootstrapped.from"
TOOLS = ("mmdebstrap", "debian-archive-keyring")

APT_SETTINGS = Path("/etc/apt/apt.conf.d/00host")  # in the new root while it is made
ADDED_CERTIFICATES = "/usr/local/share/ca-certificates"  # update-ca-certificates(8)
# Nothing of this host's environment reaches the commands: its PATH, Python and pip settings.
IN_NEW_ROOT = (
    'chroot "$1" env -i LC_ALL=C.UTF-8'
    " PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin sh -c"
)
SYSTEM_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"

# What mmdebstrap says, and how far along that is: shares of 35 seconds on two cores.
PHASES = {
    "I: running apt-get update": ("refreshing package lists", 0.0),
    "I: downloading packages": ("downloading packages", 0.05),
    "I: extracting archives": ("unpacking the essential packages", 0.2),
    "I: installing essential": ("installing the essential packages", 0.3),
    "I: installing remaining": ("installing the other packages", 0.55),
    "I: running --customize-hook": ("configuring", 0.75),
    "I: cleaning package lists": ("cleaning", 0.9),
    "I: creating tarball": ("packing", 0.92),
}


def bootstrap(
    client: APIClient, *, reference: str, recipe: Recipe, host: Host
) -> Generator[Progress, None, None]:
    """Make `reference` from packages; raise MachineError, and then nothing is left behind."""
    subject = f"image {reference}"
    _refuse_other_architecture(client)
    if not host.mmdebstrap:
        yield from packages.install(TOOLS, host=host, subject=subject)
    with tempfile.TemporaryDirectory(prefix="connector-yard-", dir=_large_directory()) as folder:
        workspace = Path(folder)
        workspace.chmod(0o755)  # the same other user has to get through
        certificates = added_certificates(find_bundles(os.environ), packaged=PACKAGED_CERTIFICATES)
        _write_inputs(workspace, certificates)
        yield from _make_root(workspace, recipe=recipe, subject=subject)
        yield Progress(subject=subject, activity="importing into the engine", fraction=0.95)
        changes = image_configuration(recipe, trusts_more=bool(certificates))
        image = _import(client, workspace / "root.tar", changes)
    name = parse(reference)
    client.tag(image, name.name, name.tag or "latest", force=True)
    yield Progress(subject=subject, activity="importing into the engine", fraction=1.0)


def mmdebstrap_command(workspace: Path, recipe: Recipe) -> tuple[str, ...]:
    """Return the command that writes `root.tar` into `workspace`."""
    keyring = (f"--keyring={KEYRING}",) if KEYRING.exists() else ()
    commands = (
        "update-ca-certificates",
        f"rm {APT_SETTINGS}",
        *recipe.commands,
    )
    return (
        "mmdebstrap",
        "--variant=minbase",
        "--format=tar",
        *keyring,
        f"--include={','.join(recipe.packages)}",
        *(f"--dpkgopt={option}" for option in recipe.dpkg_options),
        f"--setup-hook=copy-in {workspace / APT_SETTINGS.name} {APT_SETTINGS.parent}",
        f"--customize-hook=copy-in {workspace / 'host'} {ADDED_CERTIFICATES}",
        *(f"--customize-hook={IN_NEW_ROOT} {shlex.quote(command)}" for command in commands),
        recipe.suite,
        str(workspace / "root.tar"),
        *find_archive().sources(recipe.suite),
    )


def image_configuration(recipe: Recipe, *, trusts_more: bool) -> tuple[str, ...]:
    """Return the image's configuration as lines of a Dockerfile.

    Python's own TLS, curl and Debian's pip read the system's bundle by themselves. Packages that
    bring Mozilla's list (requests and httpx by way of certifi) do not, so where this host trusts
    more than that list, they are told. Elsewhere the environment stays the official image's.
    """
    system_bundle = {"SSL_CERT_FILE": SYSTEM_BUNDLE, "REQUESTS_CA_BUNDLE": SYSTEM_BUNDLE}
    environment = {**recipe.environment, **(system_bundle if trusts_more else {})}
    labels = {
        BOOTSTRAPPED_LABEL: "true",
        BOOTSTRAPPED_FROM_LABEL: f"debian {recipe.suite}: {' '.join(recipe.packages)}",
    }
    return (
        *_assignments("ENV", environment),
        *_assignments("LABEL", labels),
        f"CMD {json.dumps(recipe.command)}",
    )


def _assignments(instruction: str, values: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(f"{instruction} {name}={json.dumps(value)}" for name, value in values.items())


def _write_inputs(workspace: Path, certificates: tuple[str, ...]) -> None:
    settings = workspace / APT_SETTINGS.name
    settings.touch(mode=0o600)  # a proxy's password may be in it
    settings.write_text(acquire_settings())
    folder = workspace / "host"
    folder.mkdir()
    for number, certificate in enumerate(certificates, start=1):
        (folder / f"{number}.crt").write_text(certificate)
    scratch = workspace / "tmp"
    scratch.mkdir()
    scratch.chmod(0o1777)  # without root the work is done as another user


def _make_root(workspace: Path, *, recipe: Recipe, subject: str) -> Iterator[Progress]:
    activity, fraction = "starting mmdebstrap", 0.0
    lines = stream(
        mmdebstrap_command(workspace, recipe),
        environment={"TMPDIR": str(workspace / "tmp"), "DEBIAN_FRONTEND": "noninteractive"},
    )
    try:
        for line in lines:
            activity, fraction = next(
                (phase for start, phase in PHASES.items() if line.startswith(start)),
                (activity, fraction),
            )
            yield Progress(subject=subject, activity=activity, line=line, fraction=fraction)
    except CommandError as error:
        raise CommandError(
            f"bootstrapping `{recipe.suite}` failed while {activity}",
            hint="see whether Debian's archive can be reached: `apt-get update`",
            log=error.log,
        ) from error


def _import(client: APIClient, root: Path, changes: tuple[str, ...]) -> str:
    """Import a tar, read from disk as it is sent; return the image's id. It has no name yet."""
    from docker.errors import APIError

    try:
        return imported_id(client.import_image_from_file(str(root), changes=list(changes)))
    except APIError as error:
        raise MachineError(f"the engine does not import the image: {error.explanation}") from error


def imported_id(answer: str) -> str:
    """Return the id that the engine's answer ends with; raise MachineError for an error in it."""
    last = json.loads(answer.strip().splitlines()[-1])
    if "status" not in last:
        raise MachineError(f"the engine does not import the image: {last.get('error', last)}")
    return str(last["status"])


def _refuse_other_architecture(client: APIClient) -> None:
    """The root is made of this machine's packages, so the engine has to run such."""
    theirs = client.version(api_version=False)["Arch"]
    ours = (capture(("dpkg", "--print-architecture")) or theirs).strip()
    if ours not in {theirs, f"{theirs}hf", f"{theirs}el"}:  # Go says arm, Debian armhf
        raise MachineError(
            f"the engine runs {theirs}, this machine makes {ours}",
            hint="run `invoke setup` on the machine of the engine",
        )


def _large_directory() -> str | None:
    """A root file system is 500 MB, and the usual directory may be in memory."""
    large = "/var/tmp"  # noqa: S108 - only a directory with a random name is made in it
    return large if os.access(large, os.W_OK) else None
