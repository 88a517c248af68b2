"""DOCKER_HOST and Docker contexts in, the address of the engine to use out."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from build_config.errors import EngineUnavailableError

DEFAULT_SOCKETS = frozenset({"", "unix:///var/run/docker.sock", "unix:///run/docker.sock"})


@dataclass(frozen=True, kw_only=True, slots=True)
class EngineAddress:
    """Where the engine is, and who says so.

    Attributes:
        url: as in DOCKER_HOST; empty for the platform's usual socket.
        chosen_by: `DOCKER_HOST` or the name of a context, for messages; empty for the default.
        undo: what to type to use this machine's own engine instead; empty for the default.
        tls: the SDK's TLSConfig, or None.
    """

    url: str = ""
    chosen_by: str = ""
    undo: str = ""
    tls: Any = None

    @property
    def is_default(self) -> bool:
        """Whether it is this machine's own system engine, the only one we start or install."""
        return self.url in DEFAULT_SOCKETS

    def __str__(self) -> str:
        """The address for people: `unix:///var/run/docker.sock (DOCKER_HOST)`."""
        shown = self.url or "the usual socket"
        return f"{shown} ({self.chosen_by})" if self.chosen_by else shown


def find_engine_address(docker_host: str | None = None) -> EngineAddress:
    """Return what the Docker CLI would use: DOCKER_HOST, DOCKER_CONTEXT, the current context.

    Raises:
        EngineUnavailableError: the context does not exist or its files cannot be read.
    """
    if docker_host:
        return EngineAddress(url=docker_host, chosen_by="settings", undo="unset `docker_host`")
    if os.environ.get("DOCKER_HOST"):
        return _from_environment()
    return _from_context(os.environ.get("DOCKER_CONTEXT", ""))


def _from_environment() -> EngineAddress:
    url = os.environ["DOCKER_HOST"]
    if not (os.environ.get("DOCKER_TLS_VERIFY") or os.environ.get("DOCKER_CERT_PATH")):
        # without the SDK, whose import takes a tenth of a second
        return EngineAddress(url=url, chosen_by="DOCKER_HOST", undo="unset DOCKER_HOST")
    from docker.errors import TLSParameterError
    from docker.utils import kwargs_from_env

    try:
        arguments = kwargs_from_env()
    except (TLSParameterError, ValueError) as error:
        raise EngineUnavailableError(
            f"`DOCKER_TLS_VERIFY` or `DOCKER_CERT_PATH` is wrong: {error}",
            hint="correct them, or `unset DOCKER_TLS_VERIFY DOCKER_CERT_PATH`",
        ) from error
    return EngineAddress(
        url=url,
        chosen_by="DOCKER_HOST",
        undo="unset DOCKER_HOST",
        tls=arguments.get("tls"),
    )


def _current_context(folder: Path) -> str:
    """What Docker's configuration says; empty where it says nothing, or nobody can read it."""
    try:
        configuration = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        return str(configuration.get("currentContext") or "")
    except (OSError, ValueError, AttributeError):
        return ""


def _from_context(name: str) -> EngineAddress:
    """A context by name; the current one of Docker's configuration for an empty name.

    Its files are read here: the SDK finds none where Docker's folder has no `config.json`, and its
    import takes a tenth of a second.
    """
    folder = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    undo = "unset DOCKER_CONTEXT" if name else "docker context use default"
    name = name or _current_context(folder)
    if name in {"", "default"}:
        return EngineAddress()
    try:
        url, tls = _read_context(folder / "contexts", name)
    except FileNotFoundError:
        raise EngineUnavailableError(
            f"the Docker context `{name}` does not exist",
            hint=f"`docker context ls` lists what there is; `{undo}` goes without",
        ) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise EngineUnavailableError(
            f"the Docker context `{name}` cannot be read: {error}", hint=f"`{undo}`"
        ) from error
    return EngineAddress(url=url, chosen_by=f"Docker context {name}", undo=undo, tls=tls)


def _read_context(folder: Path, name: str) -> tuple[str, Any]:
    """Address and TLS of a context, as the Docker CLI stores them (cli/context/store).

    Raises:
        FileNotFoundError: there is none of that name.
        OSError, ValueError, KeyError, TypeError, AttributeError: it is not as it should be.
    """
    identity = sha256(name.encode()).hexdigest()
    meta = json.loads((folder / "meta" / identity / "meta.json").read_text(encoding="utf-8"))
    endpoint = meta["Endpoints"]["docker"]
    url, unverified = str(endpoint.get("Host") or ""), bool(endpoint.get("SkipTLSVerify"))
    material = folder / "tls" / identity / "docker"
    if not (unverified or material.is_dir()):
        return url, None
    from docker.tls import TLSConfig

    files = (material / file for file in ("ca.pem", "cert.pem", "key.pem"))
    ca, certificate, key = (str(file) if file.exists() else "" for file in files)
    pair = (certificate, key) if certificate and key else None
    return url, TLSConfig(client_cert=pair, ca_cert=ca or None, verify=not unverified)
