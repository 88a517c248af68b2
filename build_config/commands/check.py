"""`invoke check`: all defects of the repository at once, then the Gradle build."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from build_config.checks.choice import choose as choose_connectors
from build_config.checks.fixing import fix
from build_config.checks.gradle_output import RULE as GRADLE
from build_config.checks.gradle_tasks import gradle_tasks
from build_config.checks.inspection import Inspection, in_order, inspect
from build_config.checks.sarif import sarif
from build_config.checks.telling import as_json, github, table
from build_config.checks.waivers import judge
from build_config.defect import Defect
from build_config.displays.choice import choose as choose_display
from build_config.errors import one_of
from build_config.settings import Settings
from build_config.streams import Streams
from build_config.wording import counted, duration

_FOUND = 1
_FORMATS: Mapping[str, Callable[[Sequence[Defect]], str]] = MappingProxyType(
    {"table": table, "json": as_json, "github": github, "sarif": sarif}
)
_DOCUMENTS = ("json", "sarif")
"""Formats that are one document: nothing else may stand on standard output."""

_ASKED = ""
"""The reason of a rule that is left out because a flag says so, which nobody needs to be told."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckFlags:
    """The flags of `invoke check`, as typed."""

    connector: Sequence[str] = ()
    changed_since: str | None = None
    no_gradle: bool = False
    fix: bool = False
    format: str = "table"


def check(settings: Settings, streams: Streams, **typed: Any) -> int:
    """Look at everything, tell everything; 0 when there is nothing to tell, else 1.

    Args:
        settings: of the repository.
        streams: where to write.
        typed: the fields of `CheckFlags`.
    """
    flags = CheckFlags(**typed)
    one_of("--format", flags.format, tuple(_FORMATS))
    begin = time.monotonic()
    seen = inspect(settings, since=flags.changed_since)
    chosen = choose_connectors(seen.subject, flags.connector)
    if flags.fix and _fixed(settings, streams, seen, chosen):
        seen = inspect(settings, since=flags.changed_since)
    seen, ended = _with_gradle(seen, streams, flags, chosen)
    verdict = judge(settings, seen.defects, seen.skipped)
    told = _of(verdict.defects, chosen)
    _tell(told, seen, streams, flags)
    if flags.format not in _DOCUMENTS:
        waived = f", {verdict.waived} excepted in the settings" if verdict.waived else ""
        took = duration(time.monotonic() - begin)
        streams.say(f"{_summed_up(told, seen, chosen)}{waived} in {took}")
    return ended or (_FOUND if told else 0)


def _of(defects: Sequence[Defect], chosen: frozenset[str] | None) -> tuple[Defect, ...]:
    """Those of the chosen connectors."""
    return tuple(d for d in defects if chosen is None or d.connector in chosen)


def _fixed(
    settings: Settings, streams: Streams, seen: Inspection, chosen: frozenset[str] | None
) -> bool:
    """Put right what can be; what is excepted in the settings stays as it is."""
    verdict = judge(settings, seen.defects, seen.skipped)
    fixed = fix(settings.root, _of(verdict.defects, chosen))
    for defect in fixed:
        streams.note(f"fixed: {defect}: {defect.cure}")
    if not fixed:
        streams.note("nothing here can be fixed by a program")
    return bool(fixed)


def _with_gradle(
    seen: Inspection, streams: Streams, flags: CheckFlags, chosen: frozenset[str] | None
) -> tuple[Inspection, int]:
    """What Gradle finds too, and what its run asks the process to exit with."""
    tasks = gradle_tasks(seen.subject, chosen)
    reason = _ASKED if flags.no_gradle else tasks.reason
    if flags.no_gradle or not tasks.names:
        return replace(seen, skipped={**seen.skipped, GRADLE: reason}), 0
    # imported only now: it brings the engine's client, and most repositories have no Java
    from build_config.commands.gradle_check import run_gradle_check
    from build_config.commands.running import RunOptions

    document = flags.format in _DOCUMENTS
    beside = replace(streams, out=streams.notes) if document else streams
    progress = "quiet" if document else "plain" if flags.format == "github" else "auto"
    options = RunOptions(
        display=choose_display(progress, streams.environ, terminal=streams.out.isatty()),
        jobs=1,
        fail_fast=False,
        secrets=(),
        begin=time.monotonic(),
        command="invoke check",
    )
    report, failures = run_gradle_check(seen.subject, tasks, beside, options)
    everything = replace(seen, defects=in_order([*seen.defects, *failures]))
    return everything, report.exit_code if report.exit_code != _FOUND else 0


def _tell(told: Sequence[Defect], seen: Inspection, streams: Streams, flags: CheckFlags) -> None:
    if flags.format in _DOCUMENTS or told:
        streams.say(_FORMATS[flags.format](told))
    for rule, reason in seen.skipped.items():
        if reason:
            streams.note(f"skipped: {rule}: {reason}")


def _summed_up(told: Sequence[Defect], seen: Inspection, chosen: frozenset[str] | None) -> str:
    if not told:
        names = {connector.name for connector in seen.subject.connectors}
        return f"no defects: {counted(len(names if chosen is None else names & chosen), 'image')}"
    fixable = sum(defect.fixable for defect in told)
    can = f", `--fix` puts {fixable} right" if fixable else ""
    return f"{counted(len(told), 'defect')}{can}"
