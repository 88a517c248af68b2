"""`invoke setup`: make this machine able to build, or with `--check` only report."""

from __future__ import annotations

from contextlib import closing

from build_config.machine.findings import Needs, State
from build_config.machine.setup import inspect, prepare
from build_config.machine_display import findings_table, show_work
from build_config.repository import Repository, load
from build_config.settings import Settings
from build_config.streams import Streams

_FAILED = 1


def setup(settings: Settings, streams: Streams, *, check: bool) -> int:
    """Say how it stands with each need; without `check` put right what is not fine.

    0 when all is fine at the end, else 1.
    """
    needs = _needs(settings, load(settings))
    if check:
        findings = inspect(needs)
        streams.console.print(findings_table(findings))
    else:
        with closing(prepare(needs)) as work:
            findings = show_work(work, streams.console)
    fine = all(finding.state is State.FINE for finding in findings)
    return 0 if fine else _FAILED


def _needs(settings: Settings, repository: Repository) -> Needs:
    graph = repository.graph
    external = {str(reference) for uses in graph.externals.values() for reference in uses}
    return Needs(
        external_images=tuple(sorted(external)),
        gradle=any(connector.gradle_project for connector in repository.connectors),
        gradle_wrapper=(settings.root / "gradlew").is_file(),
    )
