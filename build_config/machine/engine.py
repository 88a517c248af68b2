"""The host and the engine's answer in, the decision out; then the engine started or installed."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from build_config.errors import MachineError
from build_config.machine import packages
from build_config.machine.engine_client import EngineAnswer, Reach, ask
from build_config.machine.findings import Finding, Progress, State
from build_config.machine.host import Host, find_program, look_at_host
from build_config.machine.process import (
    CommandError,
    capture,
    has_ended,
    last_lines,
    start_detached,
    stream,
)

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from build_config.machine.engine_address import EngineAddress

SUBJECT = "Docker engine"
OLDEST_API = (1, 39)  # Docker 18.09, the first with BuildKit for everybody
ENGINE_PACKAGES = ("docker.io", "ca-certificates")  # registries are reached over TLS
CLI_PACKAGE = "docker-cli"  # apart from docker.io since Debian 13; we do without, people do not
ENGINE_LOG = Path("/var/log/docker.log")
ENGINE_PROCESS_ID = Path("/var/run/docker.pid")
START_SECONDS = 60
READING_SECONDS = 900
"""An engine that lives may take minutes: it reads its whole build cache before it listens."""
TELL_SECONDS = 10
POLL_SECONDS = 0.25

SETUP_AS_ROOT = '`sudo "$(command -v invoke)" setup`'
JOIN_GROUP = "`sudo usermod -aG docker $USER`, then log in again"
DESKTOP = "install and start Docker Desktop: https://docs.docker.com/get-docker/"
INSTALL_BY_DISTRIBUTION = {
    "fedora": "`sudo dnf install moby-engine && sudo systemctl enable --now docker`",
    "arch": "`sudo pacman -S docker && sudo systemctl enable --now docker`",
    "alpine": "`sudo apk add docker && sudo rc-service docker start`",
    "suse": "`sudo zypper install docker && sudo systemctl enable --now docker`",
    "opensuse": "`sudo zypper install docker && sudo systemctl enable --now docker`",
}
INSTALL_ANYWHERE = "install Docker Engine: https://docs.docker.com/engine/install/"


class Action(StrEnum):
    """What can be done about the engine."""

    USE = "use"
    START = "start"
    INSTALL = "install"
    TELL = "tell"  # only its owner can do it


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What to do, why, and what a person types to do it by hand."""

    action: Action
    reason: str = ""
    remedy: str = ""


def decide(host: Host, address: EngineAddress, answer: EngineAnswer) -> Decision:
    """Say what to do about the engine; pure, touches nothing."""
    if answer.reach is Reach.ANSWERS:
        return _decide_by_version(answer)
    if not address.is_default:
        return Decision(
            action=Action.TELL,
            reason=f"{address} does not answer: {answer.reason}",
            remedy=f"start that engine, or `{address.undo}` to use this machine's own",
        )
    if answer.reach is Reach.DENIED:
        return Decision(
            action=Action.TELL, reason="this user may not use the engine", remedy=JOIN_GROUP
        )
    if host.system != "Linux":
        return Decision(action=Action.TELL, reason="no engine answers", remedy=DESKTOP)
    return _decide_on_linux(host)


def _decide_by_version(answer: EngineAnswer) -> Decision:
    if parse_api_version(answer.api_version) >= OLDEST_API:
        return Decision(action=Action.USE)
    return Decision(
        action=Action.TELL,
        reason=f"Docker {answer.version} is too old for BuildKit",
        remedy="upgrade it to 18.09 or newer: https://docs.docker.com/engine/install/",
    )


def _decide_on_linux(host: Host) -> Decision:
    if host.dockerd:
        start = "`sudo systemctl start docker`" if host.systemd else SETUP_AS_ROOT
        action = Action.START if host.root else Action.TELL
        remedy = "`invoke setup` starts it" if host.root else start
        return Decision(action=action, reason="installed, but not running", remedy=remedy)
    if host.installs_packages:
        remedy = "`invoke setup` installs it"
        return Decision(action=Action.INSTALL, reason="not installed", remedy=remedy)
    return Decision(action=Action.TELL, reason="not installed", remedy=how_to_install(host))


def how_to_install(host: Host) -> str:
    """Return one line that says how to get an engine on this Linux."""
    if host.apt and {"debian", "ubuntu"} & set(host.distribution):
        return SETUP_AS_ROOT
    known = (INSTALL_BY_DISTRIBUTION.get(name) for name in host.distribution)
    return next((command for command in known if command), INSTALL_ANYWHERE)


def parse_api_version(text: str) -> tuple[int, ...]:
    """Read `1.41` as numbers; nothing for what is no version."""
    parts = text.split(".")
    return tuple(int(part) for part in parts) if all(part.isdigit() for part in parts) else ()


def report(address: EngineAddress, answer: EngineAnswer, decision: Decision) -> Finding:
    """Say it as a row of the table."""
    if decision.action is Action.USE:
        return Finding(
            subject=SUBJECT, state=State.FINE, found=str(address), version=answer.version
        )
    absent = answer.reach is Reach.ABSENT and address.is_default
    return Finding(
        subject=SUBJECT,
        state=State.MISSING if absent else State.BROKEN,
        found=decision.reason,
        version=answer.version,
        remedy=decision.remedy,
    )


def provide(host: Host, address: EngineAddress, decision: Decision) -> Iterator[Progress]:
    """Install and start the engine as decided; raise MachineError when that does not work."""
    if decision.action is Action.INSTALL:
        yield from _install(host)
        host = look_at_host()
        if ask(address).reach is Reach.ANSWERS:
            return
    if not host.dockerd:
        raise MachineError("`dockerd` is not there after installing `docker.io`")
    yield from _start(host, address)


def _install(host: Host) -> Iterator[Progress]:
    yield from packages.install(ENGINE_PACKAGES, host=host, subject=SUBJECT)
    if find_program("docker") is None and capture(("apt-cache", "show", CLI_PACKAGE)):
        yield from packages.install((CLI_PACKAGE,), host=host, subject=SUBJECT)


def _start(host: Host, address: EngineAddress) -> Iterator[Progress]:
    if host.systemd:
        yield from _run(("systemctl", "start", "docker"), hint="`journalctl -u docker`")
        yield from _wait(address, process_id=None)
        return
    if host.init_script and (yield from _started_by_script()):
        yield from _wait(address, process_id=None)
        return
    process_id = None
    if not engine_is_starting(ENGINE_PROCESS_ID):
        yield Progress(subject=SUBJECT, activity=f"starting dockerd, log in {ENGINE_LOG}")
        process_id = start_detached((host.dockerd or "dockerd",), log=ENGINE_LOG)
    yield from _wait(address, process_id=process_id)


def _started_by_script() -> Generator[Progress, None, bool]:
    """Tell whether the service script did it: in containers it often may not raise its limits."""
    try:
        yield from _run(("service", "docker", "start"), hint="")
    except CommandError:
        return False
    return True


def engine_is_starting(process_id_file: Path) -> bool:
    """Tell whether a live dockerd holds the file: a second one would only fail."""
    try:
        process_id = process_id_file.read_text().strip()
        return Path(f"/proc/{process_id}/comm").read_text().strip() == "dockerd"
    except OSError:
        return False


def _run(command: tuple[str, ...], *, hint: str) -> Iterator[Progress]:
    activity = " ".join(command)
    yield Progress(subject=SUBJECT, activity=activity)
    try:
        for line in stream(command):
            yield Progress(subject=SUBJECT, activity=activity, line=line)
    except CommandError as error:
        raise CommandError(str(error), hint=hint, log=error.log) from error


def _wait(address: EngineAddress, *, process_id: int | None) -> Iterator[Progress]:
    """Wait until the engine answers; raise MachineError when it ends or takes too long."""
    began = told = time.monotonic()
    yield Progress(subject=SUBJECT, activity="waiting for the engine to answer")
    while ask(address).reach is not Reach.ANSWERS:
        now = time.monotonic()
        if process_id is not None and has_ended(process_id):
            raise _failed("`dockerd` ended as soon as it was started")
        if now - began > _patience(process_id):
            raise _failed(f"the engine does not answer within {now - began:.0f} seconds")
        if now - told > TELL_SECONDS:
            told = now
            activity = (
                f"not ready after {now - began:.0f} s: a large build cache takes long to read"
            )
            yield Progress(subject=SUBJECT, activity=activity)
        time.sleep(POLL_SECONDS)


def _patience(process_id: int | None) -> float:
    """How many seconds an engine may take that has not ended, or of which nothing is seen."""
    lives = process_id is not None or engine_is_starting(ENGINE_PROCESS_ID)
    return READING_SECONDS if lives else START_SECONDS


def _failed(message: str) -> CommandError:
    hint = f"read `{ENGINE_LOG}`, or run `dockerd` in a terminal"
    return CommandError(message, hint=hint, log=last_lines(ENGINE_LOG))
