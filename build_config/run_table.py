"""Records of runs in, a table with a row for each image out, as GitHub shows it on its pages.

Names and messages come from what a stranger's pull request ran. A backslash does not keep GitHub
from reading `@team` or `#1` in Markdown (they are looked for in the finished page), code does. So
all of it stands in `<code>` in one block of HTML, in which nothing is Markdown: such a block ends
at an empty line (CommonMark, "HTML blocks"), and no cell has a line end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from build_config.acceptance.case import Verdict
from build_config.report import Ending
from build_config.run_record import RunRecord, StepRecord
from build_config.steps import Kind
from build_config.wording import change, counted, duration, one_line, shorten, size

_LEFT_OUT = 200  # bytes for the line on what does not fit
_NAME, _WHY = 120, 300  # characters
_PROBLEMS = 5
_LONGEST = 30 * 24 * 3600.0  # seconds; no run takes longer
_LARGEST = 10**15  # bytes
_MOST = 10**9  # cases
_BAD = (Ending.FAILED, Ending.CANCELLED, Ending.SKIPPED, Ending.NOT_STARTED)
_RANKS = (*_BAD, *(ending for ending in Ending if ending not in _BAD))
_SIGNS = {Ending.DONE: "✅ ", Ending.FAILED: "❌ ", Ending.CANCELLED: "🛑 "}
_HEAD = "<table>\n<tr><th>image<th>result<th>time<th>why<th>size<th>tests\n"
_END = "</table>\n"


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """An image and what became of it in all runs.

    Attributes:
        step: the one that tells: what failed, else what was done.
        seconds: of all its steps.
        size: bytes; None where it was not built.
        grown: bytes more than before, where that is known.
        cases: how many assertions `passed`, `failed` and were `skipped`; empty without any.
    """

    name: str
    step: StepRecord
    seconds: float
    size: int | None
    grown: int | None
    cases: Mapping[str, int]


def run_table(runs: Sequence[RunRecord], *, limit: int, rest: str) -> str:
    """A headline and the table, the same for the same runs.

    Args:
        runs: of one machine or many; an image that several met is told once.
        limit: bytes that it may have at most; what is left out is said.
        rest: where the rows are that are left out.
    """
    rows = _rows(runs)
    told = [row for row in rows if row.step.outcome is not Ending.UP_TO_DATE]
    head = f"### {_headline(rows)}\n\n"
    problems = dict.fromkeys(run.problem for run in runs if run.problem)
    head += "".join(f"<p>{_code(text, _WHY)}</p>\n\n" for text in (*problems,)[:_PROBLEMS])
    return head + _table(told, limit - len(head.encode()), rest) if told else head


def headline(runs: Sequence[RunRecord]) -> str:
    """`3 images: 1 failed, 2 done`."""
    return _headline(_rows(runs))


def _rows(runs: Sequence[RunRecord]) -> list[Row]:
    """What went wrong first, then by name; what only had to be fetched counts if that failed."""
    found: dict[str, list[StepRecord]] = {}
    for step in (step for run in runs for step in run.steps):
        own = step.kind not in {Kind.PULL, Kind.GRADLE}
        if own or step.outcome is Ending.FAILED:
            found.setdefault(step.target if own else step.key, []).append(step)
    rows = [_row(name, of_image) for name, of_image in found.items()]
    return sorted(rows, key=lambda row: (_RANKS.index(row.step.outcome), row.name))


def _row(name: str, steps: Sequence[StepRecord]) -> Row:
    built = next((step for step in steps if step.size is not None), None)
    return Row(
        name=name,
        step=min(steps, key=lambda step: _RANKS.index(step.outcome)),
        seconds=sum(step.seconds for step in steps),
        size=built.size if built else None,
        grown=built.grown if built else None,
        cases=sum((Counter(step.cases) for step in steps), Counter()),
    )


def _headline(rows: Sequence[Row]) -> str:
    if not rows:
        return "Nothing was built or tested"
    totals = Counter(row.step.outcome for row in rows)
    parts = (f"{totals[ending]} {ending}" for ending in _RANKS if totals[ending])
    return f"{counted(len(rows), 'image')}: {', '.join(parts)}"


def _table(rows: Sequence[Row], room: int, rest: str) -> str:
    """As many rows as there is room for; what failed comes first."""
    room -= len((_HEAD + _END).encode()) + _LEFT_OUT
    lines: list[str] = []
    for row in rows:
        line = _line(row)
        room -= len(line.encode())
        if room < 0:
            break
        lines.append(line)
    missing = counted(len(rows) - len(lines), "more image")
    more = f"\n… and {missing}: {rest}\n" if len(lines) < len(rows) else ""
    return f"{_HEAD}{''.join(lines)}{_END}{more}"


def _line(row: Row) -> str:
    step = row.step
    why = step.reason if step.outcome is Ending.DONE else step.message
    return (
        f"<tr><td>{_code(row.name, _NAME)}"
        f"<td>{_SIGNS.get(step.outcome, '')}{step.outcome}{_at(step)}"
        f"<td>{_time(row.seconds)}<td>{_code(why, _WHY)}<td>{_sizes(row)}"
        f"<td>{_tests(row.cases)}\n"
    )


def _at(step: StepRecord) -> str:
    """What it was that did not succeed."""
    return "" if step.outcome in {Ending.DONE, Ending.NOT_APPLICABLE} else f" ({step.kind})"


def _time(seconds: float) -> str:
    return duration(seconds) if 0 < seconds < _LONGEST else ""


def _sizes(row: Row) -> str:
    """`12.3 MB, +0.4 MB`; nothing for numbers that no image has."""
    if row.size is None or not 0 <= row.size < _LARGEST:
        return ""
    if not row.grown or abs(row.grown) >= _LARGEST:
        return size(row.size)
    return f"{size(row.size)}, {change(row.grown)}"


def _tests(cases: Mapping[str, int]) -> str:
    """`44 passed, 5 failed`."""
    return ", ".join(f"{cases[v]} {v}" for v in Verdict if 0 < cases.get(v, 0) < _MOST)


def _code(text: str, most: int) -> str:
    """Foreign words, shown as they are and obeyed by nobody."""
    words = shorten(one_line(text), most)
    return f"<code>{escape(words)}</code>" if words else ""
