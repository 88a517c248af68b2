"""`invoke build`: bring images up to date, bases first."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from build_config.cache_settings import chosen_cache
from build_config.commands.one_build import build_planned
from build_config.commands.planning import Wish, plan_for
from build_config.displays.choice import choose
from build_config.errors import UsageError
from build_config.listings import plan_rows, plan_table
from build_config.plan import Plan
from build_config.settings import Settings, read_jobs, read_secret
from build_config.streams import Streams
from build_config.wording import counted


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
    cache: str | None = None
    profile: bool = False
    progress: str = "auto"
    secret: Sequence[str] = ()
    watch: bool = False
    test: bool = False


def build(settings: Settings, streams: Streams, **typed: Any) -> int:
    """Plan, then do; or with `--dry-run` only say what would be done.

    Args:
        settings: of the repository.
        streams: where to write.
        typed: the fields of `BuildFlags`.
    """
    flags = BuildFlags(**typed)
    _refuse_what_cannot_be(flags)
    display = choose(flags.progress, streams.environ, terminal=streams.out.isatty())
    wish = Wish(
        connector=flags.connector,
        kind=flags.kind,
        changed_since=flags.changed_since,
        tests=flags.test,
        force=flags.force,
        engine_needed=not flags.dry_run,
    )
    options: dict[str, Any] = {
        "display": display,
        "jobs": read_jobs(flags.jobs) or settings.jobs,
        "fail_fast": flags.fail_fast,
        "secrets": (*settings.secrets, *map(read_secret, flags.secret)),
        "begin": time.monotonic(),
        "command": "invoke build",
        "cache": chosen_cache(flags.cache, settings.cache),
        "profile": flags.profile,
    }
    if flags.watch:
        from build_config.commands.watch import watch

        return watch(settings, streams, wish, options, tests=flags.test)
    planned = plan_for(settings, streams, wish)
    if flags.dry_run:
        _show_plan(planned.plan, streams, display)
        return 0
    return build_planned(settings, streams, planned, options)


def _refuse_what_cannot_be(flags: BuildFlags) -> None:
    if flags.watch and flags.dry_run:
        raise UsageError("`--watch` builds, `--dry-run` does not", hint="leave one of the two out")
    if flags.test and not flags.watch:
        raise UsageError(
            "`--test` belongs to `--watch`", hint="`invoke test` builds and tests once"
        )


def _show_plan(plan: Plan, streams: Streams, display: str) -> None:
    if display == "json":
        streams.say(json.dumps(plan_rows(plan), indent=2))
        return
    if plan.work:
        streams.say(plan_table(plan))
    rest = len(plan.steps) - len(plan.work)
    streams.say(f"would build {counted(len(plan.images), 'image')}, {rest} up to date")
