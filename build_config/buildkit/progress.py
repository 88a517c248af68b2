"""Status messages in, events out: what a person wants to know of a build while it runs."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from build_config.buildkit.messages import (
        StatusResponse,
        Vertex,
        VertexLog,
        VertexStatus,
        VertexWarning,
    )

TAIL_LINES: Final = 20
_LINE_LIMIT: Final = 65536
_HIDDEN: Final = ("[internal] ", "copy /context ")
"""Names of steps that are the engine's own business; they show up when they fail."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ContextSent:
    """So many bytes of the context have gone to the engine."""

    sent: int


@dataclass(frozen=True, kw_only=True, slots=True)
class VertexStarted:
    """A step began, such as `[2/3] RUN make`."""

    vertex: str


@dataclass(frozen=True, kw_only=True, slots=True)
class VertexFinished:
    """A step ended; with an `error` it failed, or was `cancelled` because another one failed.

    A step may start and finish again: a base image is pulled only when a later step needs it.
    """

    vertex: str
    cached: bool
    error: str | None
    cancelled: bool
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class LogLine:
    """A line that a step wrote, without its end."""

    vertex: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Transfer:
    """How far a part of a step is, mostly bytes of a layer; total is 0 where nobody knows it."""

    vertex: str
    item: str
    current: int
    total: int


@dataclass(frozen=True, kw_only=True, slots=True)
class BuildWarning:
    """BuildKit does not like something in the Dockerfile (engines from 23.0 on)."""

    message: str
    url: str
    line: int | None


Progress = ContextSent | VertexStarted | VertexFinished | LogLine | Transfer | BuildWarning


@dataclass(kw_only=True, slots=True)
class _Step:
    """What is known of one vertex.

    Attributes:
        began: of the run that was told last.
        newest: latest beginning that the engine spoke of; whatever is older is old news.
    """

    name: str
    began: float = 0.0
    newest: float = 0.0
    running: bool = False
    shown: bool = True
    tail: deque[str]


class Narrator:
    """Turns the messages of one build into events.

    The engine repeats itself, sends news out of order, and cuts logs anywhere. What comes out is in
    order: a step starts, says its lines, finishes.
    """

    def __init__(self, tell: Callable[[Progress], None]) -> None:
        self.tell = tell
        self.steps: dict[str, _Step] = {}
        self.partial: dict[tuple[str, int], bytes] = {}
        self.failed: str | None = None

    def hear(self, news: StatusResponse) -> None:
        """Tells what is new in this message."""
        latest: dict[str, Vertex] = {}
        for vertex in news.vertexes:
            if vertex.digest in latest:  # one message may tell of two runs of a step
                self._finish(latest[vertex.digest])
            self._start(vertex)
            latest[vertex.digest] = vertex
        for status in news.statuses:
            self._transfer(status)
        for log in news.logs:
            self._log(log)
        for warning in news.warnings:
            self._warn(warning)
        for vertex in latest.values():  # after the logs, so that a step's lines come before its end
            self._finish(vertex)

    def end(self) -> None:
        """Tells the lines that never got their line end."""
        for digest, stream in list(self.partial):
            self._flush(digest, stream)

    def failing_step(self) -> tuple[str | None, tuple[str, ...]]:
        """Name and last lines of the step that failed, or (None, ()) when none did."""
        step = self.steps.get(self.failed or "")
        return (step.name, tuple(step.tail)) if step else (None, ())

    def _start(self, vertex: Vertex) -> None:
        step = self.steps.get(vertex.digest)
        if step is None:
            step = _Step(name=vertex.name, tail=deque(maxlen=TAIL_LINES))
            step.shown = not vertex.name.startswith(_HIDDEN)
            self.steps[vertex.digest] = step
        moment = vertex.started or (vertex.completed if vertex.error else None)
        if moment is None or moment <= step.newest:
            return  # not begun yet, or old news
        step.newest = moment
        if step.running:
            return
        step.began, step.running = moment, True
        if step.shown:
            self.tell(VertexStarted(vertex=step.name))

    def _finish(self, vertex: Vertex) -> None:
        step = self.steps[vertex.digest]
        if vertex.completed is None or not step.running or vertex.completed < step.newest:
            return
        for stream in (1, 2):
            self._flush(vertex.digest, stream)
        step.running = False
        cancelled = "context canceled" in vertex.error
        if vertex.error and not cancelled:
            self.failed = vertex.digest
            if not step.shown:
                step.shown = True
                self.tell(VertexStarted(vertex=step.name))
        if step.shown:
            self.tell(
                VertexFinished(
                    vertex=step.name,
                    cached=vertex.cached,
                    error=vertex.error or None,
                    cancelled=cancelled,
                    seconds=vertex.completed - step.began,
                )
            )

    def _transfer(self, status: VertexStatus) -> None:
        step = self.steps.get(status.vertex)
        if step is None or not step.shown or not (status.current or status.total):
            return
        self.tell(
            Transfer(
                vertex=step.name,
                item=status.identity or status.name,
                current=status.current,
                total=status.total,
            )
        )

    def _log(self, log: VertexLog) -> None:
        key = (log.vertex, log.stream)
        *lines, rest = (self.partial.get(key, b"") + log.chunk).split(b"\n")
        if len(rest) > _LINE_LIMIT:  # a step that never ends its line must not fill the memory
            lines, rest = [*lines, rest], b""
        self.partial[key] = rest
        for line in lines:
            self._say(log.vertex, line)

    def _flush(self, digest: str, stream: int) -> None:
        rest = self.partial.pop((digest, stream), b"")
        if rest:
            self._say(digest, rest)

    def _say(self, digest: str, line: bytes) -> None:
        """Only whole lines are decoded: no character is cut. Of a progress bar, its last state."""
        text = line.rstrip(b"\r").rpartition(b"\r")[2].decode(errors="replace")
        step = self.steps.get(digest)
        if step is None:
            return
        step.tail.append(text)
        self.tell(LogLine(vertex=step.name, text=text))

    def _warn(self, warning: VertexWarning) -> None:
        self.tell(
            BuildWarning(
                message=warning.short.decode(errors="replace"),
                url=warning.url,
                line=warning.ranges[0].start.line if warning.ranges else None,
            )
        )
