"""The records of `invoke setup`: what is needed in, what was found and what is being done out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How it stands with one need; unknown is not missing: nobody could be asked."""

    FINE = "fine"
    MISSING = "missing"
    BROKEN = "broken"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class Needs:
    """What a repository asks of the machine that builds it.

    Attributes:
        external_images: references that no directory of the repository builds, as written.
        gradle: a connector is built by Gradle, so a JDK and Gradle are needed.
        gradle_wrapper: the repository brings `./gradlew`, so only the JDK is needed.
        docker_host: the engine to use whatever the environment says, e.g. `tcp://builder:2375`.
    """

    external_images: tuple[str, ...] = ()
    gradle: bool = False
    gradle_wrapper: bool = False
    docker_host: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One row of `invoke setup --check`.

    Attributes:
        subject: what was looked for: `Docker engine`, `image python:3.11-slim-bookworm`.
        found: where it is, or why it is not; one line.
        version: of what was found; empty where there is none.
        remedy: what to type when it is not fine; one line.
        log: the last lines of the command that failed.
    """

    subject: str
    state: State
    found: str = ""
    version: str = ""
    remedy: str = ""
    log: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """Something is being done.

    Attributes:
        subject: as in the finding that will follow.
        activity: what is being done: `installing docker.io`.
        line: a line of output of the command that does it; empty when it begins.
        fraction: from 0 to 1 where it is known.
    """

    subject: str
    activity: str
    line: str = ""
    fraction: float | None = None
