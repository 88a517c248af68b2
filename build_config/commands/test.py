"""`invoke test`: bring images up to date, then prove that they do what a connector must do."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from build_config.acceptance.config import configured
from build_config.acceptance.table import cases_table, notes
from build_config.atomic_files import rewrite
from build_config.cache_settings import chosen_cache
from build_config.commands.planning import Planned, Wish, check_secrets, plan_for
from build_config.commands.running import RunOptions, no_commands, run, show_report
from build_config.displays.choice import choose
from build_config.errors import UsageError, YardError, one_of
from build_config.junit import junit_xml
from build_config.plan_testing import TESTS, plan_tests
from build_config.report import Report
from build_config.settings import Settings, read_jobs
from build_config.settings_values import from_home
from build_config.steps import Kind
from build_config.streams import Streams

_NO_TABLE = ("json", "quiet")


@dataclass(frozen=True, kw_only=True, slots=True)
class TestFlags:
    """The flags of `invoke test`, as typed."""

    connector: Sequence[str] = ()
    kind: str | None = None
    changed_since: str | None = None
    only: str | None = None
    fail_fast: bool = False
    jobs: str | None = None
    cache: str | None = None
    profile: bool = False
    progress: str = "auto"
    junit: str | None = None


def test(settings: Settings, streams: Streams, **typed: Any) -> int:
    """Build what is stale, run each connector's own tests, then the acceptance tests.

    Args:
        settings: of the repository.
        streams: where to write.
        typed: the fields of `TestFlags`.
    """
    flags = TestFlags(**typed)
    options = RunOptions(
        display=choose(flags.progress, streams.environ, terminal=streams.out.isatty()),
        jobs=read_jobs(flags.jobs) or settings.jobs,
        fail_fast=flags.fail_fast,
        secrets=settings.secrets,
        begin=time.monotonic(),
        command=f"invoke test --only={flags.only}" if flags.only else "invoke test",
        cache=chosen_cache(flags.cache, settings.cache),
        profile=flags.profile,
    )
    only = _kinds(flags.only)
    junit = from_home(flags.junit) if flags.junit else None
    if junit and junit.is_dir():
        raise UsageError(f"`--junit={flags.junit}` is a directory", hint="name a file in it")
    since = flags.changed_since
    wish = Wish(connector=flags.connector, kind=flags.kind, changed_since=since, tests=True)
    planned = plan_for(settings, streams, wish)
    if not planned.selected:
        streams.note("nothing is selected, hence nothing to test")
        return 0
    check_secrets(planned.plan, options.secrets)
    planned = with_tests(settings, planned, only)
    report = run(settings, streams, planned, options)
    return _show(report, streams, options, junit=junit)


def _kinds(only: str | None) -> frozenset[Kind]:
    """The kinds of tests that `--only` names, all of them without it."""
    if only is None:
        return frozenset(TESTS)
    words = [word.strip() for word in only.split(",")]
    for word in words:
        one_of("--only", word, TESTS)
    return frozenset(map(Kind, words))


def with_tests(settings: Settings, planned: Planned, only: frozenset[Kind]) -> Planned:
    """The same with the tests, of these kinds, of what is selected."""
    plan = plan_tests(
        planned.plan,
        planned.selected,
        only=only,
        configured=configured(settings.root, planned.repository.connectors),
        seconds=planned.present.seconds,
    )
    return replace(planned, plan=plan)


def _show(report: Report, streams: Streams, options: RunOptions, *, junit: Path | None) -> int:
    """The cases, then how it went; and the file that CI systems read."""
    show_cases(report, streams, options)
    show_report(report, streams, options)
    if junit:
        _write_junit(junit, report)
    return report.exit_code


def show_cases(report: Report, streams: Streams, options: RunOptions) -> None:
    """Say what the tests asserted, in a table, where the display is one for people."""
    if report.cases and options.display not in _NO_TABLE:
        names = {result.step.key: result.step.target for result in report.results}
        cases = [(names[heard.key], heard.case) for heard in report.cases]
        with no_commands(streams, options):
            streams.console.print(cases_table(cases), "", sep="\n")
            for note in notes(cases):  # a terminal wraps it and a person can still copy it as one
                streams.console.print(note, soft_wrap=True, markup=False, highlight=False)


def _write_junit(file: Path, report: Report) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        rewrite(file, junit_xml(report).encode())  # others read it too, not only its owner
    except OSError as error:
        raise YardError(f"`--junit={file}` cannot be written: {error.strerror}") from error
