"""A container request in, what the connector said and how it ended out; in bounded memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from build_config.acceptance.case import CaseResult, Category, Problems, judged
from build_config.connector_protocol.level import Level
from build_config.connector_protocol.messages import Fault, Message, Reader
from build_config.wording import harmless

if TYPE_CHECKING:
    from build_config.sandbox.containers import Containers
    from build_config.sandbox.ending import Ending
    from build_config.sandbox.request import Container
    from build_config.sandbox.running import Running

Listen = Callable[[Message], object]

_ANSWERS: Final = ("SPEC", "CONNECTION_STATUS", "CATALOG")
_MOST_ANSWERS: Final = 10
_KEPT_BYTES: Final = 16 << 20
_SHOWN: Final = 300


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What one run of the connector said.

    Attributes:
        messages: all answers, and of the rest but RECORDs the first 16 MiB; `listen` hears all.
        faults: lines that are no messages.
        counts: of good messages by type.
    """

    messages: tuple[Message, ...]
    faults: Problems
    counts: Counter[str]
    ending: Ending

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The payloads of the messages of a type, not for RECORD."""
        return [message.payload for message in self.messages if message.type == kind]

    @property
    def errors(self) -> list[str]:
        """The messages of TRACEs of type ERROR."""
        traces = [trace for trace in self.of("TRACE") if trace["type"] == "ERROR"]
        return [harmless(trace["error"]["message"])[:_SHOWN] for trace in traces]

    @property
    def story(self) -> str:
        """How it ended, with the connector's own words: `ended with exit code 1: no such file`."""
        errors = self.errors
        return f"{self.ending.story}{f': {errors[-1]}' if errors else ''}"

    @property
    def details(self) -> tuple[str, ...]:
        """The last lines, those of stderr last."""
        lines = (*self.ending.last_stdout[-8:], *self.ending.last_stderr[-12:])
        return tuple(harmless(line)[:_SHOWN] for line in lines)

    def judged(
        self, category: Category, name: str, problems: Problems | Iterable[str]
    ) -> CaseResult:
        """A case that this run was made for; it passed if there are no problems."""
        return judged(category, name, problems, seconds=self.ending.seconds, details=self.details)


async def converse(
    containers: Containers, container: Container, *, level: Level, listen: Listen | None = None
) -> Answer:
    """Run the connector to its end.

    Args:
        containers: the sandbox.
        container: what to run.
        level: by whose rules lines are read.
        listen: is told every good message.

    Raises:
        StepError: the engine cannot start such a container.
        EngineUnavailableError: the engine went away.
    """
    async with containers.run(container) as running:
        return await overhear(running, level=level, listen=listen)


async def overhear(running: Running, *, level: Level, listen: Listen | None = None) -> Answer:
    """Listen to a connector that runs, until its end: while someone else writes to its stdin.

    Raises:
        EngineUnavailableError: the engine went away.
    """
    heard = _Heard(reader=Reader(level=level), listen=listen)
    async for block in running.blocks():
        for line in block.removesuffix(b"\n").split(b"\n"):
            heard.take(line)
    return Answer(
        messages=tuple(heard.kept),
        faults=heard.faults,
        counts=heard.counts,
        ending=await running.ended(),
    )


@dataclass(kw_only=True, slots=True)
class _Heard:
    reader: Reader
    listen: Listen | None
    kept: list[Message] = field(default_factory=list)
    faults: Problems = field(default_factory=Problems)
    counts: Counter[str] = field(default_factory=Counter)
    kept_bytes: int = 0

    def take(self, line: bytes) -> None:
        message = self.reader.read(line)
        if message is None:
            return
        if isinstance(message, Fault):
            self.faults.add(str(message))
            return
        self.counts[message.type] += 1
        if message.type != "RECORD" and self._is_worth_keeping(message, len(line)):
            self.kept.append(message)
        if self.listen:
            self.listen(message)

    def _is_worth_keeping(self, message: Message, size: int) -> bool:
        if message.type in _ANSWERS:
            return self.counts[message.type] <= _MOST_ANSWERS
        self.kept_bytes += size
        return self.kept_bytes <= _KEPT_BYTES
