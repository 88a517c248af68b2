"""What a person calls a registry in, where it answers out."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from build_config.image import DOCKER_HUB, parse

_DOCKER_HUB_HOST = "registry-1.docker.io"


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """Where a registry is.

    Attributes:
        name: host and port as people write it, and as the Docker configuration has the login.
        root: the URL that `/v2/` comes after.
        plain: it may be spoken to without TLS.
    """

    name: str
    root: str
    plain: bool


def read_address(registry: str) -> Address:
    """Of `localhost:5000`, `docker.io`, or `ghcr.io/acme`, whose prefix is left out.

    A registry on the loopback is one without TLS, as the engine takes it.

    Raises:
        InvalidReferenceError: it is not legal as the beginning of an image's name.
    """
    name = parse(f"{registry}/x").domain
    plain = is_loopback(_host(name))
    host = _DOCKER_HUB_HOST if name == DOCKER_HUB else name
    return Address(name=name, root=f"{'http' if plain else 'https'}://{host}", plain=plain)


def check_reference(repository: str, reference: str) -> None:
    """Refuse what is no repository, tag or digest: it becomes a part of a URL.

    Raises:
        InvalidReferenceError: the grammar of image references does not have it.
    """
    mark = "@" if ":" in reference else ":"
    parse(f"localhost/{repository}{mark}{reference}")


def beside(url: str, place: str) -> str | None:
    """A place that an answer names, as a URL; None where it is on another host, or no place."""
    try:
        target = urljoin(url, place)
        return target if urlsplit(target)[:2] == urlsplit(url)[:2] else None
    except ValueError:
        return None


def is_loopback(host: str) -> bool:
    """Whether that is this machine: `localhost`, 127.0.0.0/8, or ::1."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _host(name: str) -> str:
    """`[::1]:5000` -> `::1`; `localhost:5000` -> `localhost`."""
    if name.startswith("["):
        return name[1:].partition("]")[0]
    return name.partition(":")[0]
