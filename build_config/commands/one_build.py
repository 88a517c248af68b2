"""A plan and how to run it in, its run shown, or the one line that there is nothing to do, out."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from build_config.commands.planning import Planned, check_secrets
from build_config.report import Report, headline
from build_config.settings import Settings
from build_config.streams import Streams

_SAY_ONLY_THE_END = frozenset({"live", "plain", "quiet"})
"""Displays that are for people, who need one line when there is nothing to do."""


def build_planned(
    settings: Settings, streams: Streams, planned: Planned, options: Mapping[str, Any]
) -> int:
    """Run a plan and say how it went; or only that there is nothing to do.

    Args:
        settings: of the repository.
        streams: where to write.
        planned: what to do.
        options: the fields of `RunOptions`.
    """
    if not planned.selected:
        streams.note("nothing is selected, hence nothing to build")
        return 0
    if not planned.plan.work and options["display"] in _SAY_ONLY_THE_END:
        seconds = time.monotonic() - options["begin"]
        streams.say(headline(Report.of_nothing_to_do(planned.plan.steps, seconds=seconds)))
        return 0
    # imported only now: most of the time everything is up to date, and nothing of it is needed
    from build_config.commands.running import RunOptions, run, show_report

    how = RunOptions(**options)
    check_secrets(planned.plan, how.secrets)
    report = run(settings, streams, planned, how)
    show_report(report, streams, how)
    return report.exit_code
