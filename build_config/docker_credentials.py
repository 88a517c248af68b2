"""A registry's host in, the login for it out: Docker's configuration and its credential helpers."""

from __future__ import annotations

import base64
import json
from functools import cache
from typing import Any

from build_config.image import DOCKER_HUB

_HUB = "https://index.docker.io/v1/"  # what Docker's configuration calls it
_HUB_HOSTS = ("registry-1.docker.io", "index.docker.io", DOCKER_HUB)


@cache
def _docker_config() -> Any:
    from docker.auth import load_config

    return load_config()


def credentials(host: str) -> tuple[str, str] | None:
    """(user, password); an identity token has an empty user; None where there is no login."""
    from docker.errors import DockerException

    try:
        found = _docker_config().resolve_authconfig(None if host in _HUB_HOSTS else host)
    except (DockerException, ValueError, LookupError, TypeError):  # a helper may print anything
        return None
    if not found:
        return None
    # the SDK has `username` from the file and `Username` from a helper (docker/auth.py)
    login = {key.lower(): value for key, value in found.items()}
    token = login.get("identitytoken")
    return ("", token) if token else (login.get("username", ""), login.get("password", ""))


def login_header(host: str) -> dict[str, str]:
    """The header by which the engine gets a login (Docker Engine API, authentication); or none."""
    found = credentials(host)
    if found is None:
        return {}
    user, password = found
    said = {"username": user, "password": password} if user else {"identitytoken": password}
    # the containerd image store gives a login only to the host that it names
    server = _HUB if host == DOCKER_HUB else host
    text = json.dumps({**said, "serveraddress": server})
    return {"X-Registry-Auth": base64.urlsafe_b64encode(text.encode()).decode()}
