"""A board and the size of a screen in, the rows that the live display keeps at its bottom out."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

from build_config.displays.board import Board, Running, seconds_left
from build_config.steps import Kind
from build_config.wording import Marks, duration, harmless, one_line, size

_TIME = 8  # the longest duration
_NARROW = 50  # below this many columns an activity beside the name would say nothing
_SPINS = 8  # a second
_BAR = 24
_SOON, _LONG = 90, 90 * 60  # from these many seconds on a guess counts in minutes, in hours


@dataclass(frozen=True, kw_only=True, slots=True)
class Screen:
    """What there is to draw on: columns, lines, and the marks that its encoding can carry."""

    width: int
    height: int
    marks: Marks


def rows(board: Board, now: float, screen: Screen) -> list[Text]:
    """The running steps, oldest first, and the progress of the run; never more than fits.

    No row is wider than the screen; one line is left for what scrolls past above.
    """
    running = list(board.running.values())
    room = max(screen.height - 2, 0)
    shown = running if len(running) <= room else running[: max(room - 1, 0)]
    column = _name_width(shown, board, screen)
    drawn = [_row(row, board, now, column=column, screen=screen) for row in shown]
    if len(shown) < len(running) and room:
        more = f"{'':{_TIME + 4}}{screen.marks.more} and {len(running) - len(shown)} more"
        drawn.append(Text(more, style="dim"))
    drawn.append(_progress(board, now, screen))
    for line in drawn:
        _fit(line, screen.width, screen.marks)
    return drawn


def label(board: Board, key: str) -> Text:
    """`build source-file`, the kind less prominent than the name."""
    step = board.steps.get(key)
    if step is None:
        return Text(harmless(key))
    return Text.assemble((f"{step.kind} ", "dim"), harmless(step.target))


def _name_width(shown: list[Running], board: Board, screen: Screen) -> int:
    """As wide as the longest name, and at most 45 % where activities want room too."""
    longest = max((cell_len(label(board, row.key).plain) for row in shown), default=0)
    if screen.width < _NARROW:
        return max(screen.width - _TIME - 4, 1)
    return min(longest, screen.width * 45 // 100)


def _row(row: Running, board: Board, now: float, *, column: int, screen: Screen) -> Text:
    spinner = screen.marks.spinner
    sign = spinner[int(max(now, 0) * _SPINS) % len(spinner)]
    named = label(board, row.key)
    step = board.steps.get(row.key)
    if step is not None and step.kind is Kind.PULL:
        _fit_end(named, column, screen.marks)
    else:
        _fit(named, column, screen.marks)
    text = Text.assemble((sign, "cyan"), f" {duration(now - row.since):>{_TIME}}  ", named)
    if screen.width >= _NARROW:
        text.append(" " * (column - cell_len(named.plain) + 2))
        text.append(_activity(row, screen.marks), style="dim")
    text.rstrip()
    return text


def _activity(row: Running, marks: Marks) -> str:
    """What it does; bytes and rate first, since an activity is cut where the screen ends."""
    parts = []
    if row.current is not None:
        parts.append(size(row.current) + (f" of {size(row.total)}" if row.total else ""))
        parts.append(f"{size(row.rate)}/s" if row.rate is not None else "")
    parts.append(one_line(row.activity))
    return f" {marks.separator} ".join(part for part in parts if part)


def _progress(board: Board, now: float, screen: Screen) -> Text:
    """`━━━━────  12/20 · 8 running · 1 failed · 40 s · about 2 m left`, as much of it as fits."""
    left = seconds_left(board, now)
    counts = [
        (f"{board.finished}/{board.total}", "bold"),
        (f"{len(board.running)} running", ""),
        (f"{board.failed} failed", "bold red") if board.failed else ("", ""),
        (f"{board.skipped} skipped", "yellow") if board.skipped else ("", ""),
    ]
    rest = (f"about {_roughly(left)} left" if left is not None else "", "")
    between = Text(f" {screen.marks.separator} ")
    narrow = [counts[0], *counts[2:]]
    for parts in ([*counts, (duration(now), ""), rest], [*counts, rest], counts, narrow):
        line = between.join(Text(said, style=style) for said, style in parts if said)
        bar = _bar(board, screen)
        if cell_len(bar.plain + line.plain) <= screen.width:
            return bar.append_text(line)
    return line


def _roughly(seconds: float) -> str:
    """A guess has no tenths."""
    if seconds < _SOON:
        return f"{round(seconds)} s"
    if seconds < _LONG:
        return f"{round(seconds / 60)} m"
    return f"{seconds / 3600:.1f} h"


def _bar(board: Board, screen: Screen) -> Text:
    wide = min(_BAR, screen.width // 5)
    full = wide * board.finished // board.total if board.total else wide
    whole, empty = screen.marks.bar
    return Text.assemble((whole * full, "green"), (empty * (wide - full), "dim"), "  ")


def _fit(text: Text, width: int, marks: Marks) -> None:
    """Cut the end off, in cells: a wide character takes two."""
    text.no_wrap = True
    if cell_len(text.plain) > width:
        text.truncate(max(width - cell_len(marks.more), 0), overflow="crop")
        text.append(marks.more[:width])


def _fit_end(text: Text, width: int, marks: Marks) -> None:
    """Cut out of the middle: what tells images apart is the end of their reference."""
    surplus = cell_len(text.plain) - width
    if surplus <= 0:
        return
    kind, _, target = text.plain.partition(" ")
    keep = target
    while keep and cell_len(f"{kind} {marks.more}{keep}") > width:
        keep = keep[1:]
    text.plain = f"{kind} {marks.more}{keep}"
    _fit(text, width, marks)
