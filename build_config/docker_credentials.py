"""A registry's host in, the login for it out: Docker's configuration and its credential helpers."""

from __future__ import annotations

import base64
import json
import subprocess
from functools import cache
from typing import Any

from build_config.image import DOCKER_HUB

_HUB = "https://index.docker.io/v1/"  # what Docker's configuration calls it
_HUB_HOSTS = ("registry-1.docker.io", "index.docker.io", DOCKER_HUB)
_HELPER_SECONDS = 30.0
"""Long enough for one that asks a cloud; one that waits for somebody has nobody in CI."""


@cache
def _docker_config() -> Any:
    from docker.auth import load_config

    return load_config()


def credentials(host: str) -> tuple[str, str] | None:
    """(user, password); an identity token has an empty user; None where there is no login."""
    from docker.auth import AuthConfig
    from docker.errors import DockerException

    registry = None if host in _HUB_HOSTS else host
    try:
        config = _docker_config()
        helper = config.get_credential_store(registry)
        if helper and (helped := _helped(helper, registry or _HUB)):
            return helped
        found = AuthConfig({"auths": config.auths}).resolve_authconfig(registry)
    except (DockerException, ValueError, LookupError, TypeError, AttributeError):  # of any shape
        return None
    if not found:
        return None
    # the SDK has `username`, and `IdentityToken` (docker/auth.py)
    login = {key.lower(): value for key, value in found.items()}
    token = login.get("identitytoken")
    return ("", token) if token else (login.get("username", ""), login.get("password", ""))


def _helped(helper: str, registry: str) -> tuple[str, str] | None:
    """The same of a helper (docker/docker-credential-helpers); the SDK waits for one for ever."""
    try:
        done = subprocess.run(
            (f"docker-credential-{helper}", "get"),
            input=registry.encode(),
            stdout=subprocess.PIPE,
            timeout=_HELPER_SECONDS,
            check=True,
        )
        said = json.loads(done.stdout)
        user, secret = str(said["Username"]), str(said["Secret"])
    except (OSError, subprocess.SubprocessError, ValueError, LookupError, TypeError):
        return None
    if not secret:  # docker-credential-pass says this of what it does not have
        return None
    return ("" if user == "<token>" else user), secret


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
