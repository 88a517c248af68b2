"""Cases in, what a person reads of them out: rows for connectors and categories, and notes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from build_config.acceptance.case import WHOLE, CaseResult, Verdict
from build_config.wording import duration, one_line

if TYPE_CHECKING:
    from rich.console import RenderableType

_STYLES = {Verdict.PASSED: "green", Verdict.FAILED: "bold red", Verdict.SKIPPED: ""}


def cases_table(cases: Iterable[tuple[str, CaseResult]]) -> RenderableType:
    """(connector, case) in order: a row for each category."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, highlight=False)
    for title in ("connector", "category", "result"):
        table.add_column(title, no_wrap=True)
    table.add_column("time", justify="right", no_wrap=True)
    above = ""
    for (connector, category), found in _grouped(cases).items():
        style = _STYLES[_verdict(found)]
        taken = duration(sum(case.seconds for case in found))
        shown = connector if connector != above else ""
        table.add_row(shown, category, Text(_counts(found), style=style), taken)
        above = connector
    return table


def notes(cases: Iterable[tuple[str, CaseResult]]) -> Iterator[str]:
    """A line for each case that is not simply passed."""
    for connector, case in cases:
        if case.message:
            said = case.message if case.name == WHOLE else f"{case.name}: {case.message}"
            yield f"{connector}: {case.category}: {case.verdict}: {one_line(said)}"


def _grouped(
    cases: Iterable[tuple[str, CaseResult]],
) -> dict[tuple[str, str], list[CaseResult]]:
    groups: dict[tuple[str, str], list[CaseResult]] = {}
    for connector, case in cases:
        groups.setdefault((connector, case.category.value), []).append(case)
    return groups


def _verdict(cases: list[CaseResult]) -> Verdict:
    verdicts = {case.verdict for case in cases}
    order = (Verdict.FAILED, Verdict.PASSED, Verdict.SKIPPED)
    return next(verdict for verdict in order if verdict in verdicts)


def _counts(cases: list[CaseResult]) -> str:
    """`12 passed`, `1 failed, 11 passed`."""
    counts = Counter(case.verdict for case in cases)
    order = (Verdict.FAILED, Verdict.PASSED, Verdict.SKIPPED)
    return ", ".join(f"{counts[verdict]} {verdict}" for verdict in order if counts[verdict])
