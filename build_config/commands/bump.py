"""`invoke bump`: every place where a version lives says the new one, or none does."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from build_config.bumping.changes import FileChange, changes
from build_config.bumping.diffs import coloured, diff_lines
from build_config.bumping.intent import alone, record_path, recover, write
from build_config.bumping.published import published
from build_config.bumping.targets import Bump, Known, Wish, decide, read_wish
from build_config.checks.bumps import versions_at
from build_config.checks.subject import Subject, read_subject
from build_config.connector import Connector
from build_config.errors import UsageError
from build_config.git_changes import merge_base
from build_config.settings import Settings
from build_config.streams import Streams
from build_config.wording import counted

_FEW = 5
"""Names that a command to paste still shows one by one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BumpFlags:
    """The flags of `invoke bump`, as typed."""

    connector: Sequence[str] = ()
    part: str | None = None
    version: str | None = None
    message: str | None = None
    dependents: bool = False
    dry_run: bool = False


def bump(settings: Settings, streams: Streams, **typed: Any) -> int:
    """Raise versions, show what changed, and say what comes next.

    Args:
        settings: of the repository.
        streams: where to write.
        typed: the fields of `BumpFlags`.
    """
    flags = BumpFlags(**typed)
    _recover(settings, streams, flags)
    wish = read_wish(
        flags.connector,
        flags.part,
        flags.version,
        flags.message or "",
        dependents=flags.dependents,
    )
    subject = read_subject(settings)
    known = Known(published=published(settings), committed=partial(_committed, subject))
    bumps = decide(subject, wish, known)
    made = changes(subject, bumps, datetime.now(tz=UTC).astimezone().date())
    lines = diff_lines(made)
    for line in coloured(lines) if _is_terminal(streams) else lines:
        streams.out.write(f"{line}\n")
    if made and not flags.dry_run:
        with alone(settings.state):
            write(settings.root, settings.state, made)
    for line in _summary(bumps, made):
        streams.say(line)
    for line in _notes(subject, bumps, made, wish):
        streams.note(line)
    if made:
        streams.note("nothing was written (--dry-run)" if flags.dry_run else _next(bumps, flags))
    return 0


def _recover(settings: Settings, streams: Streams, flags: BumpFlags) -> None:
    """Undo what an interrupted bump left, whatever is asked for now, and say so."""
    if not record_path(settings.state).exists():
        return
    if flags.dry_run:
        raise UsageError(
            "a bump was interrupted, and is not undone yet",
            hint="`invoke bump` without `--dry-run` undoes it first",
        )
    with alone(settings.state):
        undone = recover(settings.root, settings.state)
    if undone is not None:
        names = f": {', '.join(undone)}" if undone else ""
        streams.note(
            f"an interrupted bump was undone: {counted(len(undone), 'file')} as before{names}"
        )


def _committed(
    subject: Subject, connectors: Sequence[Connector]
) -> Mapping[str, str | None] | None:
    """Their versions in the last commit; None where there is none, or no git."""
    try:
        return versions_at(subject, merge_base(subject.settings.root, "HEAD"), connectors)
    except UsageError:
        return None


def _is_terminal(streams: Streams) -> bool:
    return streams.out.isatty() and not streams.environ.get("NO_COLOR")


def _summary(bumps: Sequence[Bump], made: Sequence[FileChange]) -> Iterator[str]:
    """One line for each connector, whether anything changes for it or not."""
    count = Counter(name for change in made for name in change.connectors)
    for bump in bumps:
        connector, files = bump.connector, count[bump.connector.name]
        if bump.raises:
            told = f"{connector.version} -> {bump.version} ({counted(files, 'file')})"
        elif files:
            told = f"{bump.version} already; its changelog gets the entry"
        else:
            told = f"{bump.version} already: nothing to do"
        yield f"{connector.name} {told}"


def _notes(
    subject: Subject, bumps: Sequence[Bump], made: Sequence[FileChange], wish: Wish
) -> Iterator[str]:
    graph = subject.graph
    raised = {bump.connector.name: bump.version for bump in bumps if bump.raises}
    for pin in graph.pins:
        if pin.local.name in raised:
            yield (
                f"note: `{pin.connector}` uses `{pin.reference}`, "
                f"`{pin.local.name}` is {raised[pin.local.name]} now"
            )
    standing = graph.with_dependents(raised.keys() & graph.connectors.keys()) - raised.keys()
    if standing:
        names = _some(sorted(standing))
        yield (
            f"note: not raised, has a new version already or has none: {names}"
            if wish.dependents
            else f"note: {names} on top of that keeps its version; `--dependents` raises it too"
        )
    told = {n for change in made if change.path.endswith(".md") for n in change.connectors}
    meant = [b.connector.name for b in bumps if b.raises and b.message == wish.message]
    untold = [name for name in meant if name not in told]
    if wish.message and untold:
        yield f"note: nothing tells of the message, there is no changelog: {_some(untold)}"
    if raised and not wish.message and told:
        yield "note: the new entry of the changelog is empty; `--message=…` says what is new"


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:_FEW])
    return shown if len(names) <= _FEW else f"{shown} and {len(names) - _FEW} more"


def _next(bumps: Sequence[Bump], flags: BumpFlags) -> str:
    names = [bump.connector.name for bump in bumps]
    words = names if len(names) <= _FEW else flags.connector
    return f"next: invoke test --connector={shlex.quote(','.join(words))}"
