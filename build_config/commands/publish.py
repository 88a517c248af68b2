"""`invoke publish`: make the registry and the catalog match the repository; again and again."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from build_config.catalog.documents import registry_document
from build_config.commands.planning import Planned, Wish, check_secrets, plan_for
from build_config.commands.publish_plan import facts_of, plan_of, targets_of
from build_config.commands.running import RunOptions, run, show_report
from build_config.displays.choice import choose
from build_config.errors import EngineUnavailableError
from build_config.ledger import Book, Ledger, ledger_of
from build_config.listings import plan_table
from build_config.publishing.lock import lock_folder
from build_config.publishing.ports import Facts, Press, Publications
from build_config.publishing.preflight import Finding, examine
from build_config.publishing.target import Target
from build_config.registry.client import connect
from build_config.registry.patience import Budget
from build_config.settings import Settings, read_jobs, read_secret
from build_config.settings_values import registry_name
from build_config.steps import Action, Kind
from build_config.streams import Streams
from build_config.wording import counted, duration


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishFlags:
    """The flags of `invoke publish`, as typed."""

    connector: Sequence[str] = ()
    kind: str | None = None
    changed_since: str | None = None
    registry: str | None = None
    backport: bool = False
    dry_run: bool = False
    fail_fast: bool = False
    jobs: str | None = None
    progress: str = "auto"
    secret: Sequence[str] = ()


def publish(settings: Settings, streams: Streams, **typed: Any) -> int:
    """Look at everything, then build, test and publish what is not there yet, bases first.

    Args:
        settings: of the repository.
        streams: where to write.
        typed: the fields of `PublishFlags`.
    """
    flags = PublishFlags(**typed)
    options = RunOptions(
        display=choose(flags.progress, streams.environ, terminal=streams.out.isatty()),
        jobs=read_jobs(flags.jobs) or settings.jobs,
        fail_fast=flags.fail_fast,
        secrets=(*settings.secrets, *map(read_secret, flags.secret)),
        begin=time.monotonic(),
        command=_command(flags),
    )
    settings = _towards(flags.registry, settings)
    planned = plan_for(settings, streams, _wish(flags))
    if not planned.selected:
        streams.note("nothing is selected, hence nothing to publish")
        return 0
    targets = targets_of(settings, planned)
    facts = facts_of(settings, planned, backport=flags.backport)
    ledger = ledger_of(settings, registry_document)
    budget = _budget(settings)
    book, findings = asyncio.run(_examine(targets, facts, ledger, budget))
    planned = plan_of(settings, planned, findings)
    if flags.dry_run:
        return _show_plan(planned, findings, streams, options.display)
    if not any(step.kind is Kind.PUBLISH for step in planned.plan.work):
        streams.say(_all_there(findings, settings, time.monotonic() - options.begin))
        return 0
    if planned.engine is None:
        raise EngineUnavailableError("no engine answers, and something is to be published")
    check_secrets(planned.plan, options.secrets)
    publications = partial(_publications, ledger, budget, book, facts, findings)
    report = run(settings, streams, planned, options, publications)
    show_report(report, streams, options)
    return report.exit_code


def _towards(registry: str | None, settings: Settings) -> Settings:
    """Publish to another registry than the settings say."""
    if not registry:
        return settings
    publishing = replace(settings.publishing, registry=registry_name("registry", registry))
    return replace(settings, publishing=publishing)


def _budget(settings: Settings) -> Budget:
    """Three calls, should none be answered."""
    patience = settings.publishing.patience
    return Budget(total=patience, call=patience / 3)


def _wish(flags: PublishFlags) -> Wish:
    return Wish(
        connector=flags.connector,
        kind=flags.kind,
        changed_since=flags.changed_since,
        engine_needed=False,
    )


async def _examine(
    targets: Mapping[str, Target], facts: Mapping[str, Facts], ledger: Ledger, budget: Budget
) -> tuple[Book, tuple[Finding, ...]]:
    async with connect(ledger.registry, budget=budget) as registry:
        return await examine(targets, facts, registry, ledger)


@asynccontextmanager
async def _publications(
    ledger: Ledger,
    budget: Budget,
    book: Book,
    facts: Mapping[str, Facts],
    findings: Sequence[Finding],
) -> AsyncIterator[Publications]:
    async with connect(ledger.registry, budget=budget) as registry:
        press = Press(registry=registry, ledger=ledger, book=book, locks=lock_folder())
        yield Publications(
            press=press,
            targets={finding.target.name: finding.target for finding in findings},
            facts=facts,
            failures={f.target.name: failure for f in findings if (failure := f.failure)},
        )


def _command(flags: PublishFlags) -> str:
    """What to type to go on, without names."""
    registry = f" --registry={flags.registry}" if flags.registry else ""
    return f"invoke publish{registry}{' --backport' if flags.backport else ''}"


def _all_there(findings: Sequence[Finding], settings: Settings, seconds: float) -> str:
    images = counted(len(findings), "image")
    place = settings.publishing.registry
    return f"everything is published: {images}, checked against {place} in {duration(seconds)}"


def _show_plan(
    planned: Planned, findings: Sequence[Finding], streams: Streams, display: str
) -> int:
    """The whole plan, without an effect; exits as the run itself would at once."""
    if display == "json":
        rows = [
            {"key": s.key, "action": s.action.value, "reason": s.reason} for s in planned.plan.steps
        ]
        streams.say(json.dumps(rows, indent=2))
    else:
        if planned.plan.work:
            streams.say(plan_table(planned.plan))
        steps = [step for step in planned.plan.steps if step.kind is Kind.PUBLISH]
        runs = sum(step.action is Action.RUN for step in steps)
        doomed = sum(finding.is_doomed for finding in findings)
        failing = f", of which {doomed} cannot be" if doomed else ""
        images = counted(runs, "image")
        streams.say(f"would publish {images}{failing}, {len(steps) - runs} are there")
    codes = {failure.exit_code for finding in findings if (failure := finding.failure)}
    return codes.pop() if len(codes) == 1 else int(bool(codes))
