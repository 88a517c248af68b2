"""An engine's address in, its answer or the reason for its silence out."""

from __future__ import annotations

import socket
import sys
from contextlib import closing, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from build_config.errors import EngineUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker import APIClient

    from build_config.machine.engine_address import EngineAddress

ANSWER_SECONDS = 10
USUAL_SOCKET = "/var/run/docker.sock"
_ANY_VERSION = "1.39"
"""The SDK wants one; the question for the engine's version is asked without it."""


class Reach(StrEnum):
    """How far a question to the engine got."""

    ANSWERS = "answers"
    ABSENT = "absent"  # no socket there
    DENIED = "denied"  # a socket that this user may not use
    SILENT = "silent"  # refused, timed out, not an engine


@dataclass(frozen=True, kw_only=True, slots=True)
class EngineAnswer:
    """What the engine says of itself.

    Attributes:
        version: `20.10.24`; empty unless it answers.
        api_version: `1.41`; empty unless it answers.
        architecture: of the containers it runs, as Go spells it: `amd64`, `arm64`.
        reason: why it does not answer.
    """

    reach: Reach
    version: str = ""
    api_version: str = ""
    architecture: str = ""
    reason: str = ""


def ask(address: EngineAddress, *, timeout: float = ANSWER_SECONDS) -> EngineAnswer:
    """Ask the engine who it is; never raises."""
    refused = _knock(address)
    if refused is not None:
        return EngineAnswer(reach=_reach(refused), reason=failure_reason(refused))
    from docker.errors import DockerException
    from requests import RequestException

    try:
        with closing(_client(address, api_version=_ANY_VERSION, timeout=timeout)) as client:
            answer = client.version(api_version=False)
    except (DockerException, RequestException, ValueError) as error:
        return EngineAnswer(reach=_reach(error), reason=failure_reason(error))
    if "ApiVersion" not in answer:
        return EngineAnswer(reach=Reach.SILENT, reason="what answers there is no Docker engine")
    return EngineAnswer(
        reach=Reach.ANSWERS,
        version=answer.get("Version", ""),
        api_version=answer["ApiVersion"],
        architecture=answer.get("Arch", ""),
    )


def connect(address: EngineAddress, *, api_version: str = "auto", timeout: float = 60) -> APIClient:
    """Return a client of an engine that answers; close it after use.

    With an `api_version` the engine is not asked for it again.

    Raises:
        EngineUnavailableError: it does not answer.
    """
    from docker.errors import DockerException
    from requests import RequestException

    try:
        return _client(address, api_version=api_version, timeout=timeout)
    except (DockerException, RequestException, ValueError) as error:
        raise EngineUnavailableError(
            f"no Docker engine answers at {address}: {failure_reason(error)}", hint="`invoke setup`"
        ) from error


@contextmanager
def reachable(address: EngineAddress) -> Iterator[None]:
    """Turns a lost connection into one line; answers of the engine pass through."""
    from docker.errors import APIError, DockerException
    from requests import RequestException
    from urllib3.exceptions import HTTPError

    try:
        yield
    except APIError:
        raise
    except (DockerException, RequestException, HTTPError) as error:  # the last amid a stream
        raise EngineUnavailableError(
            f"the Docker engine at {address} stopped answering", hint="`invoke setup`"
        ) from error


@contextmanager
def failures_explained() -> Iterator[None]:
    """Turn what the SDK raises when the engine fails or goes away into an error for people."""
    from docker.errors import APIError, DockerException
    from requests import RequestException

    try:
        yield
    except APIError as error:
        raise EngineUnavailableError(f"the engine fails: {error.explanation}") from error
    except (DockerException, RequestException) as error:
        reason = failure_reason(error)
        raise EngineUnavailableError(
            f"the engine went away: {reason}", hint="`invoke setup`"
        ) from error


def _knock(address: EngineAddress) -> OSError | None:
    """Connect to a socket in the file system; the SDK forgets to close one that refuses."""
    path = (address.url or USUAL_SOCKET).removeprefix("unix://")
    if sys.platform == "win32" or not path.startswith("/"):
        return None
    with socket.socket(socket.AF_UNIX) as knocking:
        try:
            knocking.connect(path)
        except OSError as error:
            return error
    return None


def _client(address: EngineAddress, *, api_version: str, timeout: float) -> APIClient:
    """The SDK's client, without what the environment says of the web at large.

    `REQUESTS_CA_BUNDLE` would stand in for the engine's own authority (psf/requests#3829), and a
    proxy is not the way to an engine. It heeds both where it asks for the version by itself.
    """
    from docker import APIClient

    if api_version == "auto":
        with closing(_client(address, api_version=_ANY_VERSION, timeout=timeout)) as asking:
            api_version = _api_version(asking)
    over_ssh = address.url.startswith("ssh://")
    client = APIClient(
        base_url="tcp://ssh:22" if over_ssh else address.url or None,
        version=api_version,
        timeout=timeout,  # type: ignore[arg-type]  # the stubs say int, requests takes both
        tls=address.tls or False,
    )
    client.trust_env = False
    if over_ssh:
        from build_config.machine import engine_ssh

        engine_ssh.lead(client, address.url)
    return client


def _api_version(client: APIClient) -> str:
    try:
        return str(client.version(api_version=False)["ApiVersion"])
    except KeyError:
        raise ValueError("what answers there is no Docker engine") from None


def _reach(error: BaseException) -> Reach:
    causes = tuple(_causes(error))
    if any(isinstance(cause, PermissionError) for cause in causes):
        return Reach.DENIED
    if any(isinstance(cause, FileNotFoundError) for cause in causes):
        return Reach.ABSENT
    return Reach.SILENT


def failure_reason(error: BaseException) -> str:
    """The operating system's own words where there are some: libraries wrap them four deep."""
    for cause in _causes(error):
        if type(cause).__module__ in {"builtins", "socket"} and isinstance(cause, OSError):
            return (cause.strerror or str(cause)).lower()
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _causes(error: BaseException) -> Iterator[BaseException]:
    current: Any = error
    while current is not None:
        yield current
        current = current.__cause__ or current.__context__
