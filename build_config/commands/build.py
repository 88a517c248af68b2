"""`invoke build`: bring images up to date, bases first."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from build_config.commands.planning import Wish, check_secrets, plan_for
from build_config.displays.choice import choose
from build_config.listings import plan_rows, plan_table
from build_config.plan import Plan
from build_config.report import Report, headline
from build_config.settings import Settings, read_jobs, read_secret
from build_config.streams import Streams
from build_config.wording import counted

_SAY_ONLY_THE_END = frozenset({"live", "plain", "quiet"})
"""Displays that are for people, who need one line when there is nothing to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BuildFlags:
    """The flags of `invoke build`, as typed."""

    connector: Sequence[str] = ()
    kind: str | None = None
    changed_since: str | None = None
    dry_run: bool = False
    force: bool = False
    fail_fast: bool = False
    jobs: str | None = None
    progress: str = "auto"
    secret: Sequence[str] = ()


def build(settings: Settings, streams: Streams, **typed: Any) -> int:
    """Plan, then do; or with `--dry-run` only say what would be done.

    Args:
        settings: of the repository.
        streams: where to write.
        typed: the fields of `BuildFlags`.
    """
    flags = BuildFlags(**typed)
    begin = time.monotonic()
    display = choose(flags.progress, streams.environ, terminal=streams.out.isatty())
    wish = Wish(
        connector=flags.connector,
        kind=flags.kind,
        changed_since=flags.changed_since,
        force=flags.force,
        engine_needed=not flags.dry_run,
    )
    jobs = read_jobs(flags.jobs) or settings.jobs
    secrets = (*settings.secrets, *map(read_secret, flags.secret))
    planned = plan_for(settings, streams, wish)
    if flags.dry_run:
        _show_plan(planned.plan, streams, display)
        return 0
    if not planned.selected:
        streams.note("nothing is selected, hence nothing to build")
        return 0
    if not planned.plan.work and display in _SAY_ONLY_THE_END:
        report = Report.of_nothing_to_do(planned.plan.steps, seconds=time.monotonic() - begin)
        streams.say(headline(report))
        return 0
    # imported only now: most of the time everything is up to date, and nothing of it is needed
    from build_config.commands.running import RunOptions, run, show_report

    check_secrets(planned.plan, secrets)
    options = RunOptions(
        display=display,
        jobs=jobs,
        fail_fast=flags.fail_fast,
        secrets=secrets,
        begin=begin,
        command="invoke build",
    )
    report = run(settings, streams, planned, options)
    show_report(report, streams, options)
    return report.exit_code


def _show_plan(plan: Plan, streams: Streams, display: str) -> None:
    if display == "json":
        streams.say(json.dumps(plan_rows(plan), indent=2))
        return
    if plan.work:
        streams.say(plan_table(plan))
    rest = len(plan.steps) - len(plan.work)
    streams.say(f"would build {counted(len(plan.images), 'image')}, {rest} up to date")
