"""What a repository needs in, how this machine stands out; and the work that makes it fit.

`inspect` changes nothing and takes a fraction of a second. `prepare` does what is missing and
yields `Progress` on the way and one `Finding` for each need at its end. Neither prints.
"""

from __future__ import annotations

import platform
import shutil
import sys
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from build_config.errors import MachineError, YardError
from build_config.machine import base_images, engine, lock, toolchain
from build_config.machine.engine_address import EngineAddress, find_engine_address
from build_config.machine.engine_client import EngineAnswer, ask, connect, failures_explained
from build_config.machine.findings import Finding, Needs, Progress, State
from build_config.machine.host import Host, find_program, look_at_host
from build_config.machine.process import CommandError, capture

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from docker import APIClient

OLDEST_PYTHON = (3, 11)
LEAST_FREE_BYTES = 2 * 1024**3  # one Python base with its build cache
GIB = 1024**3


@dataclass(frozen=True, slots=True)
class _Engine:
    """The engine as it was found just now."""

    host: Host
    address: EngineAddress
    answer: EngineAnswer
    decision: engine.Decision

    @property
    def usable(self) -> bool:
        return self.decision.action is engine.Action.USE


def inspect(needs: Needs) -> tuple[Finding, ...]:
    """Say how this machine stands with each need, and change nothing."""
    host = look_at_host()
    return (
        *_local_findings(),
        *_engine_and_images(needs, host),
        *_toolchain(needs, host),
    )


def prepare(needs: Needs) -> Generator[Progress | Finding, None, None]:
    """Make this machine fit; what cannot be made fit comes out as a finding with a remedy.

    Close the iterator to stop in the middle: running commands end and half-made things go.
    """
    findings = inspect(needs)
    if all(finding.state is State.FINE for finding in findings):
        yield from findings
        return
    with lock.opened(lock.lock_path()) as descriptor:
        yield from lock.wait_for(descriptor)
        host = look_at_host()
        yield from _local_findings()
        yield from _prepare_engine_and_images(needs, host)
        yield from _prepare_toolchain(needs, host)


def _local_findings() -> tuple[Finding, ...]:
    return (judge_python(sys.version_info[:2]), judge_git(capture(("git", "--version"))))


def judge_python(version: tuple[int, ...]) -> Finding:
    """Judge the Python that runs us."""
    fine = version >= OLDEST_PYTHON
    return Finding(
        subject="Python",
        state=State.FINE if fine else State.BROKEN,
        found=sys.executable,
        version=platform.python_version(),
        remedy="" if fine else "use Python 3.11 or newer",
    )


def judge_git(answer: str | None) -> Finding:
    """Judge git; without it everything works, for files are hashed instead of asked for."""
    if answer is None:
        return Finding(
            subject="git", state=State.FINE, found="not installed: every file is hashed instead"
        )
    version = answer.removeprefix("git version ").split()[0]
    return Finding(
        subject="git", state=State.FINE, found=find_program("git") or "git", version=version
    )


def judge_disk(directory: str, *, free_bytes: int) -> Finding:
    """Judge the room where the engine keeps its images."""
    fine = free_bytes >= LEAST_FREE_BYTES
    return Finding(
        subject="disk",
        state=State.FINE if fine else State.BROKEN,
        found=f"{free_bytes / GIB:.1f} GiB free at {directory}",
        remedy="" if fine else "make room there; `docker system df` shows what the engine holds",
    )


def _find_engine(needs: Needs, host: Host) -> _Engine:
    address = find_engine_address(needs.docker_host)
    answer = ask(address)
    return _Engine(host, address, answer, engine.decide(host, address, answer))


def _engine_and_images(needs: Needs, host: Host) -> tuple[Finding, ...]:
    try:
        found = _find_engine(needs, host)
        row = engine.report(found.address, found.answer, found.decision)
        if not found.usable:
            return (row, *_unknown_images(needs))
        with _client(found) as client:
            images = (base_images.look(client, reference) for reference in needs.external_images)
            return (row, *_disk(client, found.address), *images)
    except YardError as error:
        return (_engine_failed(error), *_unknown_images(needs))


def _prepare_engine_and_images(needs: Needs, host: Host) -> Iterator[Progress | Finding]:
    try:
        found = _find_engine(needs, host)
        if found.decision.action in {engine.Action.START, engine.Action.INSTALL}:
            yield from engine.provide(host, found.address, found.decision)
            found = _find_engine(needs, look_at_host())
    except YardError as error:
        yield _engine_failed(error)
        yield from _unknown_images(needs)
        return
    yield engine.report(found.address, found.answer, found.decision)
    if not found.usable:
        yield from _unknown_images(needs)
        return
    try:
        with _client(found) as client:
            yield from _disk(client, found.address)
            for reference in needs.external_images:
                yield from _prepare_image(client, reference, found.host)
    except YardError as error:
        yield _engine_failed(error)


@contextmanager
def _client(found: _Engine) -> Iterator[APIClient]:
    api_version = found.answer.api_version
    with (
        failures_explained(),
        closing(connect(found.address, api_version=api_version)) as client,
    ):
        yield client


def _prepare_image(client: APIClient, reference: str, host: Host) -> Iterator[Progress | Finding]:
    finding = base_images.look(client, reference)
    if finding.state is not State.MISSING:
        yield finding
        return
    try:
        yield from base_images.obtain(client, reference, host=host)
    except MachineError as error:
        yield _failed(finding.subject, error)
    else:
        yield base_images.look(client, reference)


def _prepare_toolchain(needs: Needs, host: Host) -> Iterator[Progress | Finding]:
    findings = _toolchain(needs, host)
    try:
        yield from toolchain.install(findings, host=host)
    except MachineError as error:
        missing = (finding for finding in findings if finding.state is not State.FINE)
        yield from (_failed(finding.subject, error) for finding in missing)
        yield from (finding for finding in findings if finding.state is State.FINE)
    else:
        yield from _toolchain(needs, host)


def _toolchain(needs: Needs, host: Host) -> tuple[Finding, ...]:
    if not needs.gradle:
        return ()
    return toolchain.look(gradle_wrapper=needs.gradle_wrapper, host=host)


def _disk(client: APIClient, address: EngineAddress) -> tuple[Finding, ...]:
    """The engine's own disk, where it is this machine's and can be seen from here."""
    if not address.is_default:
        return ()
    directory = str(client.info()["DockerRootDir"])
    if not Path(directory).is_dir():
        return ()
    return (judge_disk(directory, free_bytes=shutil.disk_usage(directory).free),)


def _unknown_images(needs: Needs) -> tuple[Finding, ...]:
    return tuple(
        Finding(subject=f"image {reference}", state=State.UNKNOWN, found="no engine to ask")
        for reference in needs.external_images
    )


def _engine_failed(error: YardError) -> Finding:
    return _failed(engine.SUBJECT, error)


def _failed(subject: str, error: YardError) -> Finding:
    log = error.log if isinstance(error, CommandError) else ()
    return Finding(
        subject=subject, state=State.BROKEN, found=str(error), remedy=error.hint, log=log
    )
