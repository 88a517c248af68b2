"""`invoke generate`: a new connector that works before it is edited."""

from __future__ import annotations

import difflib
import fnmatch
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from build_config.columns import aligned
from build_config.errors import UsageError
from build_config.scaffold.asking import Typed, Wanted, complete, refuse_claimed
from build_config.scaffold.bases import missing_ground
from build_config.scaffold.difference import differences
from build_config.scaffold.placing import Placed, place
from build_config.scaffold.questions import read_answers
from build_config.scaffold.record import Record, base_of, with_ignore_rule
from build_config.scaffold.rendering import render
from build_config.scaffold.taken import read_taken
from build_config.scaffold.template import Template, find_templates
from build_config.scaffold.updating import (
    Update,
    apply,
    find_generated,
    plan_update,
    refuse_uncommitted,
)
from build_config.scaffold.writing import alone, recover, write
from build_config.settings import Settings
from build_config.streams import Streams
from build_config.wording import counted

_CHECKLIST = "CHECKLIST.md"


@dataclass(frozen=True, kw_only=True, slots=True)
class GenerateFlags:
    """The flags of `invoke generate`, as typed."""

    template: str | None = None
    name: str | None = None
    answer: Sequence[str] = ()
    list: bool = False
    update: bool = False
    connector: Sequence[str] = ()
    dry_run: bool = False
    force: bool = False


def generate(settings: Settings, streams: Streams, **typed: Any) -> int:
    """Make a connector, bring one up to its template, or show the templates.

    Args:
        settings: of the repository.
        streams: where to write.
        typed: the fields of `GenerateFlags`.
    """
    flags = GenerateFlags(**typed)
    _refuse_what_does_not_go_together(flags)
    templates = find_templates(settings.templates)
    if flags.list:
        streams.say(_table(templates))
        return 0
    answers = read_answers(flags.answer)
    _recover(settings, streams)
    if flags.update:
        return _update(settings, streams, templates, flags, answers)
    return _make(settings, streams, templates, flags, answers)


def _refuse_what_does_not_go_together(flags: GenerateFlags) -> None:
    if flags.update and (flags.template is not None or flags.name is not None):
        raise UsageError(
            "`--update` is for connectors that are there: it takes no `--template` and no `--name`",
            hint="name them with `--connector=…`",
        )
    if not flags.update and (flags.connector or flags.force):
        flag = "--connector" if flags.connector else "--force"
        raise UsageError(f"`{flag}` goes with `--update`", hint="`--name=…` names a new connector")


def _table(templates: Mapping[str, Template]) -> str:
    titles = ("template", "kind", "language", "from", "description")
    rows = [
        (t.name, str(t.kind), t.language, "your own" if t.own else "built in", t.description)
        for t in templates.values()
    ]
    return aligned(titles, rows)


def _recover(settings: Settings, streams: Streams) -> None:
    with alone(settings.state) as folder:
        for note in recover(settings.root, folder):
            streams.note(note)


def _make(
    settings: Settings,
    streams: Streams,
    templates: Mapping[str, Template],
    flags: GenerateFlags,
    answers: Mapping[str, str],
) -> int:
    terminal = sys.stdin.isatty() and streams.out.isatty()
    wanted = complete(
        settings,
        templates,
        Typed(template=flags.template, name=flags.name, answers=answers, terminal=terminal),
    )
    if flags.dry_run:
        placed = _placed(settings, wanted)
        streams.say("\n".join(placed.paths))
        streams.note(f"nothing was written: `--dry-run` ({counted(len(placed.paths), 'file')})")
        return 0
    with alone(settings.state) as folder:
        for note in recover(settings.root, folder):
            streams.note(note)
        taken = read_taken(settings)  # again: all was free before the questions
        taken.refuse(wanted.name)
        refuse_claimed(taken, wanted.template, wanted.answers)
        placed = _placed(settings, wanted)
        write(settings.root, folder, placed)
    _tell(streams, wanted, placed)
    return 0


def _placed(settings: Settings, wanted: Wanted) -> Placed:
    rendered = with_ignore_rule(render(wanted.template, wanted.variables))
    answers = {"name": wanted.name.name, **wanted.answers}
    record = Record(template=wanted.template.name, answers=answers, base=base_of(rendered))
    ground = missing_ground(settings, wanted.template)
    return place(settings, wanted.name, rendered, record, ground)


def _tell(streams: Streams, wanted: Wanted, placed: Placed) -> None:
    name = wanted.name.name
    for path in placed.directories:
        files = counted(len(placed.directories[path]), "file")
        streams.say(f"made {path}/ ({files})")
    for path in placed.files:
        streams.say(f"made {path}")
    for path in placed.edits:
        streams.say(f"added an entry to {path}")
    lines = [f"  invoke build --connector={name}", f"  invoke test --connector={name}"]
    if _CHECKLIST in placed.directories[placed.connector]:
        lines.append(f"  edit {placed.connector}/{_CHECKLIST}")
    streams.say("\n".join(("next:", *lines)))


def _update(
    settings: Settings,
    streams: Streams,
    templates: Mapping[str, Template],
    flags: GenerateFlags,
    answers: Mapping[str, str],
) -> int:
    generated = find_generated(settings)
    chosen = {name: generated[name] for name in _chosen(generated, flags.connector)}
    if not chosen:
        streams.say("nothing here was made by `invoke generate`")
        return 0
    if not flags.force and not flags.dry_run:
        refuse_uncommitted(settings, chosen)
    updates = [
        plan_update(settings, templates, name, record, answers) for name, record in chosen.items()
    ]
    for update in updates:
        if flags.dry_run:
            streams.out.write(differences(update.changes))
        else:
            with alone(settings.state):
                apply(settings, update)
        _tell_update(streams, update)
    conflicts = [change.path for update in updates for change in update.conflicts]
    if flags.dry_run:
        streams.note("nothing was written: `--dry-run`")
    elif conflicts:
        streams.note(f"error: decide in {counted(len(conflicts), 'file')}: {', '.join(conflicts)}")
        streams.note("hint: search them for `<<<<<<<`; `git diff` shows everything that changed")
    return 1 if conflicts else 0


def _chosen(generated: Mapping[str, Record], patterns: Sequence[str]) -> list[str]:
    """Names of connectors by names and globs; without any, all of them."""
    words = [word.strip() for pattern in patterns for word in pattern.split(",") if word.strip()]
    if patterns and not words:
        raise UsageError("`--connector` is empty", hint="name a connector, or leave the flag out")
    found: dict[str, None] = {}
    for word in words:
        matching = [name for name in generated if fnmatch.fnmatchcase(name, word)]
        if not matching:
            close = difflib.get_close_matches(word, list(generated), n=1)
            hint = f"did you mean `{close[0]}`?" if close else "see `invoke list`"
            raise UsageError(f"`{word}` was not made by `invoke generate`", hint=hint)
        found |= dict.fromkeys(matching)
    return list(found) if patterns else list(generated)


def _tell_update(streams: Streams, update: Update) -> None:
    for change in update.changes:
        why = f" ({change.merged.why})" if change.merged.why else ""
        streams.note(f"{update.name}: {change.merged.outcome}: {change.path}{why}")
    if not update.changes:
        streams.note(f"{update.name}: up to date with the template `{update.record.template}`")
