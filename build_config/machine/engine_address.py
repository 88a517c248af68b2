"""DOCKER_HOST and Docker contexts in, the address of the engine to use out."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
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


def _chooses_context() -> bool:
    """Whether Docker's configuration may choose one; the SDK then says which, or what is wrong."""
    folder = os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker"
    try:
        configuration = json.loads((Path(folder) / "config.json").read_text(encoding="utf-8"))
        return configuration.get("currentContext") is not None
    except FileNotFoundError:
        return False
    except (OSError, ValueError, AttributeError):
        return True


def _from_context(name: str) -> EngineAddress:
    """A context by name; the current one of Docker's configuration for an empty name."""
    if not name and not _chooses_context():
        return EngineAddress()
    from docker.context import ContextAPI

    undo = "unset DOCKER_CONTEXT" if name else "docker context use default"
    try:
        context: Any = ContextAPI.get_context(name or None)
    # the SDK raises bare exceptions for files that it cannot read
    except Exception as error:
        raise EngineUnavailableError(
            f"the Docker context `{name or 'current'}` cannot be read: {error}", hint=f"`{undo}`"
        ) from error
    if context is None:
        shown = f"`{name}`" if name else "that is current"
        raise EngineUnavailableError(
            f"the Docker context {shown} does not exist",
            hint=f"`docker context ls` lists what there is; `{undo}` goes without",
        )
    if context.Name == "default":
        return EngineAddress()
    return EngineAddress(
        url=context.Host or "",
        chosen_by=f"Docker context {context.Name}",
        undo=undo,
        tls=context.TLSConfig,
    )
