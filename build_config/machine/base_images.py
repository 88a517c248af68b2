"""A reference in, that image in the engine out: pulled, or made where no registry answers."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from build_config.errors import MachineError
from build_config.image import InvalidReferenceError, parse
from build_config.machine.bootstrap import BOOTSTRAPPED_LABEL, bootstrap
from build_config.machine.findings import Finding, Progress, State
from build_config.machine.recipes import find_recipe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from docker import APIClient

    from build_config.machine.host import Host

CONNECT_SECONDS = 10
SILENCE_SECONDS = 90  # the engine itself gives up on a registry after 15 to 30

# Words of Go's net, net/http and crypto/tls for "nobody is there", as the engine passes them on.
# An unknown authority counts: what answers there is a proxy and not the registry.
_UNREACHABLE = re.compile(
    r"dial tcp|no such host|i/o timeout|connection (refused|reset)|network is unreachable"
    r"|no route to host|TLS handshake timeout|Client\.Timeout|context deadline exceeded"
    r"|request canceled while waiting|server misbehaving|proxyconnect|unknown authority"
    r"|temporary failure in name resolution|: EOF\b",
    re.IGNORECASE,
)


class RegistryUnreachableError(MachineError):
    """No registry answered, so nobody knows whether it has the image."""


def look(client: APIClient, reference: str) -> Finding:
    """Say whether the engine has the image, and whether we made it; one question."""
    from docker.errors import APIError, ImageNotFound

    subject = f"image {reference}"
    try:
        image = client.inspect_image(str(parse(reference)))  # type: ignore[no-untyped-call]  # stubs
    except InvalidReferenceError as error:
        return Finding(subject=subject, state=State.BROKEN, found=str(error))
    except ImageNotFound:
        remedy = "`invoke setup` pulls it" + (" or makes it" if find_recipe(reference) else "")
        return Finding(subject=subject, state=State.MISSING, found="not here", remedy=remedy)
    except APIError as error:
        return Finding(subject=subject, state=State.UNKNOWN, found=str(error.explanation))
    return Finding(
        subject=subject,
        state=State.FINE,
        found=_origin(image),
        version=str(image["Id"]).removeprefix("sha256:")[:12],
    )


def is_bootstrapped(image: Mapping[str, Any]) -> bool:
    """Tell from the engine's description of an image whether it stands on one that we made."""
    labels = (image.get("Config") or {}).get("Labels") or {}
    return labels.get(BOOTSTRAPPED_LABEL) == "true"


def _origin(image: dict[str, Any]) -> str:
    if is_bootstrapped(image):
        return "bootstrapped from the distribution's packages: not for publishing"
    return "in the engine"


def obtain(client: APIClient, reference: str, *, host: Host) -> Iterator[Progress]:
    """Pull an image; where no registry can be reached, make it. Raise MachineError."""
    try:
        yield from pull(client, reference)
    except RegistryUnreachableError as error:
        recipe = find_recipe(reference)
        if recipe is None:
            raise
        if not (host.mmdebstrap or host.installs_packages):
            raise RegistryUnreachableError(str(error), hint=_how_to_get_tool(host)) from error
        activity = "making it from Debian's packages"
        yield Progress(subject=f"image {reference}", activity=activity, line=str(error))
        yield from bootstrap(client, reference=reference, recipe=recipe, host=host)


def _how_to_get_tool(host: Host) -> str:
    if host.apt:
        return "`sudo apt-get install mmdebstrap debian-archive-keyring`, then `invoke setup`"
    return "connect to a registry, or `docker load` the image from a machine that has it"


def pull(client: APIClient, reference: str) -> Iterator[Progress]:
    """Pull an image through the engine.

    Raises:
        RegistryUnreachableError: nobody answered.
        MachineError: the registry answered, and does not give the image.
    """
    from docker.errors import APIError
    from requests import RequestException

    subject = f"image {reference}"
    yield Progress(subject=subject, activity="pulling")
    try:
        for fraction in pulled_fractions(_pull_messages(client, reference)):
            yield Progress(subject=subject, activity="pulling", fraction=fraction)
    except APIError as error:
        raise refusal(reference, str(error.explanation)) from error
    except RequestException as error:
        raise RegistryUnreachableError(
            f"the engine is silent about `{reference}` for {SILENCE_SECONDS} seconds"
        ) from error
    except PullError as error:
        raise refusal(reference, str(error)) from error


class PullError(Exception):
    """An error inside the stream of a pull that began well."""


def refusal(reference: str, message: str) -> MachineError:
    """Turn the engine's words into the error that they mean."""
    reason = " ".join(message.split())
    if _UNREACHABLE.search(message):
        return RegistryUnreachableError(
            f"no registry can be reached for `{reference}`: {reason}",
            hint="connect to a registry, or `docker load` the image from a machine that has it",
        )
    return MachineError(
        f"the registry does not give `{reference}`: {reason}",
        hint=f"check the name, or `docker login`, then `docker pull {reference}`",
    )


def pulled_fractions(messages: Iterable[dict[str, Any]]) -> Iterator[float]:
    """Turn a pull's messages into growing fractions, one per percent; raise PullError.

    Layers announce their sizes one by one, so the sum is not known at first: it never goes back.
    """
    done: dict[str, int] = {}
    sizes: dict[str, int] = {}
    shown = 0.0
    for message in messages:
        if "error" in message:
            raise PullError(message["error"])
        detail = message.get("progressDetail") or {}
        if message.get("status") == "Downloading" and detail.get("total"):
            done[message["id"]] = detail.get("current", 0)  # Go leaves a zero out
            sizes[message["id"]] = detail["total"]
        elif message.get("status") == "Pull complete":
            done[message["id"]] = sizes.get(message["id"], 0)
        fraction = sum(done.values()) / max(sum(sizes.values()), 1)
        if fraction >= shown + 0.01:
            shown = fraction
            yield min(shown, 1.0)


def _pull_messages(client: APIClient, reference: str) -> Iterator[dict[str, Any]]:
    """Ask for the pull ourselves: the SDK's own `pull` waits without a time limit."""
    from docker.auth import get_config_header, resolve_repository_name
    from docker.errors import create_api_error_from_http_exception
    from requests import HTTPError

    name = parse(reference)
    registry, _ = resolve_repository_name(name.name)
    credentials = get_config_header(client, registry)
    with client.post(
        f"{client.base_url}/v{client.api_version}/images/create",
        params={"fromImage": name.name, "tag": name.digest or name.tag},
        headers={"X-Registry-Auth": credentials} if credentials else None,
        stream=True,
        timeout=(CONNECT_SECONDS, SILENCE_SECONDS),
    ) as response:
        try:
            response.raise_for_status()
        except HTTPError as error:
            create_api_error_from_http_exception(error)
        for line in response.iter_lines():
            yield json.loads(line)
