"""`AIRBYTE_ENTRYPOINT`, by which the platform starts a connector, is what `docker run` starts."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from build_config.checks.subject import Subject
from build_config.connector import Connector, Kind
from build_config.defect import Defect

_VARIABLE = "AIRBYTE_ENTRYPOINT"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Start:
    """How an image is started, as far as the Dockerfiles here say it.

    Attributes:
        all_known: there is no base from outside that might say more.
    """

    variable: str | None
    entrypoint: tuple[str, ...] | None
    all_known: bool


def check(subject: Subject) -> Iterator[Defect]:
    """Sources and destinations, with what they have from their bases."""
    owners = {connector.image.name: connector for connector in subject.connectors}
    for connector in subject.connectors:
        if connector.kind is not Kind.BASE:
            start = _start(connector, owners, subject.settings.local_tag)
            problem = _problem(start)
            if problem:
                yield _defect(subject, connector, start, problem)


def _start(connector: Connector, owners: Mapping[str, Connector], local_tag: str) -> _Start:
    """Along the bases; a cycle of them is another rule's."""
    variable: str | None = None
    entrypoint: tuple[str, ...] | None = None
    seen: set[str] = set()
    at: Connector | None = connector
    base = None
    while at is not None and at.name not in seen:
        seen.add(at.name)
        content = at.dockerfile
        variable = variable or content.environment.get(_VARIABLE)
        entrypoint = entrypoint or content.entrypoint
        base = content.base
        at = owners.get(base.name) if base and base.tag == local_tag else None
    return _Start(variable=variable, entrypoint=entrypoint, all_known=base is None)


def _problem(start: _Start) -> str:
    if start.variable and start.entrypoint:
        if _same(start.variable, start.entrypoint):
            return ""
        return (
            f"`{_VARIABLE}` is `{start.variable}`, ENTRYPOINT is `{shlex.join(start.entrypoint)}`"
        )
    if start.entrypoint:
        return f"there is an ENTRYPOINT, and no `{_VARIABLE}`"
    if start.variable:
        return f"there is `{_VARIABLE}`, and no ENTRYPOINT"
    return "there is no ENTRYPOINT" if start.all_known else ""


def _same(variable: str, entrypoint: tuple[str, ...]) -> bool:
    if variable == " ".join(entrypoint):
        return True
    try:
        return tuple(shlex.split(variable)) == entrypoint
    except ValueError:
        return False


def _defect(subject: Subject, connector: Connector, start: _Start, problem: str) -> Defect:
    path = connector.dockerfile_path
    cure = f"give it both: ENTRYPOINT, and the same in `{_VARIABLE}`"
    if start.entrypoint:
        cure = f'`ENV {_VARIABLE}="{shlex.join(start.entrypoint)}"`'
    return Defect(
        rule="entrypoint",
        message=problem,
        connector=connector.name,
        path=path,
        line=subject.line_with(path, _VARIABLE) or subject.line_with(path, "ENTRYPOINT"),
        cure=cure,
    )
