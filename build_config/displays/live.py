"""Events in, a terminal that shows what runs now out; the only module that imports `rich.live`.

What has ended is printed and scrolls away; below it stay the rows of `frame`.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable, Sequence
from types import TracebackType
from typing import Self

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.control import Control
from rich.live import Live
from rich.segment import ControlType
from rich.text import Text

from build_config.displays.board import Board
from build_config.displays.frame import Screen, label, rows
from build_config.displays.output import Output
from build_config.displays.telling import advice, new_tails, tail_lines, up_to_date
from build_config.events import Event, Outcome, StepFinished, StepOutput, StepSkipped
from build_config.steps import Step
from build_config.wording import Marks, duration, encodable, marks_for, one_line

_FRAMES = 8  # a second: a clock that counts tenths looks alive, and a core hardly notices

_TIME = 8  # the longest duration: names stand below each other, running or finished


def show(
    steps: Sequence[Step], events: Iterable[Event], output: Output
) -> Generator[Event, None, None]:
    """Show what runs; leave what has ended on the screen and nothing else."""
    marks = marks_for(output.console.encoding)
    tails = new_tails()
    summed_up, sentence = up_to_date(steps)
    with _Painter(Board.of(steps), output, marks) as painter:
        for event in events:
            lines: list[Text] = []
            if isinstance(event, StepOutput):
                tails[event.key].append(event.line)
            elif isinstance(event, StepFinished):
                tail = tuple(tails.pop(event.key, ()))
                lines = _finished(event, painter.board, tail, output)
            elif isinstance(event, StepSkipped) and event.expected and event.key in summed_up:
                lines = [_line(marks.done, sentence, style="green")] if sentence else []
                sentence = ""
            elif isinstance(event, StepSkipped):
                lines = [_skipped(event, painter.board, marks)]
            painter.tell(event, lines)
            yield event


class _Painter:
    """Keeps the rows at the bottom of the terminal while lines are printed above them.

    Rich's own refresh thread and a `print` of ours can each move the cursor up for the other's
    rows, so here one lock is held for the whole of either; hence a thread of our own. It reads
    `board`, an immutable value that only `tell` replaces.
    """

    def __init__(self, board: Board, output: Output, marks: Marks) -> None:
        self.board = board
        self._console, self._clock, self._marks = output.console, output.clock, marks
        self._started_at = output.clock()
        self._open = False
        self._drawn: tuple[int, ...] = ()
        self._drawn_on = output.console.width
        self._lock = threading.Lock()
        self._leave = threading.Event()
        self._ticker = threading.Thread(target=self._tick, name="live display", daemon=True)
        self._live = Live(
            self,
            console=output.console,
            auto_refresh=False,
            transient=True,
            vertical_overflow="crop",
        )

    def __enter__(self) -> Self:
        self._open = True
        # Not `start(refresh=True)`: a run that is over at once should not flash.
        self._live.start()
        if self._console.is_terminal:
            self._ticker.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            self._leave.set()
            if self._ticker.is_alive():
                self._ticker.join()
        finally:
            self._open = False
            self._live.stop()

    def tell(self, event: Event, lines: Sequence[Text]) -> None:
        """Take the event in, and print lines above the rows."""
        self.board = self.board.after(event)
        # Events come late, never early: the smallest lag seen is nearest to the run's clock.
        self._started_at = min(self._started_at, self._clock() - event.at)
        if lines:
            with self._lock:
                self._paint(lines)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The rows as they are at this moment; none once nothing is left to run."""
        if not (self._open and (self.board.running or self.board.waiting)):
            self._drawn = ()
            return
        width, height = options.size
        screen = Screen(width=width, height=height, marks=self._marks)
        drawn = rows(self.board, self._clock() - self._started_at, screen)
        self._drawn, self._drawn_on = tuple(cell_len(row.plain) for row in drawn), width
        yield Text("\n", no_wrap=True, end="").join(self._sayable(row) for row in drawn)

    def _tick(self) -> None:
        while not self._leave.wait(1 / _FRAMES):
            with self._lock:
                self._paint(())

    def _paint(self, lines: Sequence[Text]) -> None:
        said = [Text("\n").join(self._sayable(line) for line in lines)] if lines else []
        # soft_wrap: the terminal wraps long lines, so that they survive copying and resizing.
        self._console.print(self._after_resize(), *said, soft_wrap=True, highlight=False)

    def _sayable(self, text: Text) -> Text:
        """The text with `?` for what the stream cannot carry; its length and styles stay."""
        text.plain = encodable(text.plain, self._console.encoding)
        return text

    def _after_resize(self) -> Control:
        """Clear what a terminal made of our rows when it became narrower: it wraps them."""
        width = self._console.width
        if width >= self._drawn_on:
            return Control()
        extra = sum(max(-(-wide // width), 1) for wide in self._drawn) - len(self._drawn)
        up = ((ControlType.CURSOR_UP, 1), (ControlType.ERASE_IN_LINE, 2))
        return Control(*(up * extra))


def _line(mark: str, *said: Text | str, style: str, seconds: float | None = None) -> Text:
    took = duration(seconds) if seconds is not None else ""
    line = Text.assemble((mark, style), f" {took:>{_TIME}}  ")
    for part in said:
        line.append(part)
    return line


def _skipped(event: StepSkipped, board: Board, marks: Marks) -> Text:
    if event.expected:
        said = Text(f"  {one_line(event.because)}", style="dim")
        return _line(marks.done, label(board, event.key), said, style="dim")
    said = Text(f"  skipped: {one_line(event.because)}", style="yellow")
    return _line(marks.skipped, label(board, event.key), said, style="yellow")


def _finished(event: StepFinished, board: Board, tail: Sequence[str], output: Output) -> list[Text]:
    marks = marks_for(output.console.encoding)
    named, message = label(board, event.key), one_line(event.message)
    if event.outcome is Outcome.DONE:
        said = Text(f"  {message}" if message else "", style="dim")
        return [_line(marks.done, named, said, style="green", seconds=event.seconds)]
    if event.outcome is Outcome.CANCELLED:
        said = Text("  cancelled" + (f": {message}" if message else ""), style="yellow")
        return [_line(marks.skipped, named, said, style="yellow", seconds=event.seconds)]
    said = Text(f"  failed{f': {message}' if message else ''}", style="bold red")
    return [
        _line(marks.failed, named, said, style="bold red", seconds=event.seconds),
        *(Text(f"    {line}") for line in tail_lines(tail, marks)),
        *(Text(f"    {line}", style="bold") for line in advice(event, output.logs)),
    ]
