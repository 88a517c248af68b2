"""What `machine` reports in, lines and a table on a console out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol

from rich import box
from rich.console import Console
from rich.status import Status
from rich.table import Table
from rich.text import Text

from build_config.machine.findings import Finding, Progress, State
from build_config.wording import harmless, marks_for

_STYLES = {State.FINE: "green", State.MISSING: "yellow", State.BROKEN: "bold red"}


class _Status(Protocol):
    """The line that says what is being done now."""

    def update(self, text: str) -> None:
        """Replace it."""


def show_work(items: Iterable[Progress | Finding], console: Console) -> tuple[Finding, ...]:
    """Show the work while it goes on, each finding when it is made; all findings at the end."""
    findings: list[Finding] = []
    with _status(console) as status:
        for item in items:
            if isinstance(item, Finding):
                findings.append(item)
                console.print(_line(item, console.encoding))
                _print_log(item, console)
            else:
                line = f": {harmless(item.line)}" if item.line else ""
                share = f" {item.fraction:.0%}" if item.fraction is not None else ""
                status.update(f"{item.subject}: {item.activity}{share}{line}")
    return tuple(findings)


def findings_table(findings: Iterable[Finding]) -> Table:
    """What was found, its version, and fine or what to do."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, highlight=False)
    for title in ("need", "state", "version", "found", "what to do"):
        table.add_column(title, overflow="fold", no_wrap=title == "state")
    for finding in findings:
        state = Text(finding.state.value, style=_STYLES.get(finding.state, ""))
        table.add_row(finding.subject, state, finding.version, finding.found, finding.remedy)
    return table


def _line(finding: Finding, encoding: str) -> Text:
    marks = marks_for(encoding)
    mark = marks.done if finding.state is State.FINE else marks.failed
    said = ", ".join(part for part in (finding.version, finding.found) if part)
    remedy = f"\n  hint: {finding.remedy}" if finding.remedy else ""
    return Text.assemble(
        (mark, _STYLES.get(finding.state, "")), f" {finding.subject}: {said}{remedy}"
    )


def _print_log(finding: Finding, console: Console) -> None:
    gutter = marks_for(console.encoding).gutter
    for line in finding.log:
        console.print(Text(f"  {gutter} {harmless(line)}"))


@contextmanager
def _status(console: Console) -> Iterator[_Status]:
    """A spinner on a terminal; elsewhere a line whenever another thing is being done."""
    if console.is_terminal:
        with console.status("looking at this machine") as spinner:
            yield _Spinner(spinner, console)
    else:
        yield _Lines(console)


class _Spinner:
    def __init__(self, spinner: Status, console: Console) -> None:
        self._spinner = spinner
        self._console = console

    def update(self, text: str) -> None:
        line = Text(text)
        line.truncate(self._console.width - 4, overflow="ellipsis")
        self._spinner.update(line)


class _Lines:
    """Says what begins; the output of tools is for the failure's log alone."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._said = ""

    def update(self, text: str) -> None:
        activity = text.split(": ", 2)[:2]
        shown = ": ".join(activity).rstrip("0123456789% ")
        if shown != self._said:
            self._said = shown
            self._console.print(Text(shown))
