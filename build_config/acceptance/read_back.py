"""What a destination was given in, what it holds of it out: the protocol has no way to ask.

So the connector says how, in the class `write` of its `acceptance-test-config.yml`:

    read_back:
      command: [python]                       # a program of the connector's image
      path: integration_tests/read_back.py    # a file of its directory, the first argument

The program is started in a container like the destination's (same image, user, network, volumes)
with `--config=FILE --catalog=FILE`, and prints what the configured streams hold as RECORD messages,
with the names of streams and fields as they were sent. The file need not be in the image.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from build_config.acceptance import fixtures
from build_config.acceptance.conversation import converse
from build_config.acceptance.fixtures import FixtureError
from build_config.acceptance.messages_to_write import Data
from build_config.connector_protocol.messages import Message
from build_config.sandbox.request import FILES, Container

if TYPE_CHECKING:
    from build_config.acceptance.bench import Bench

KEY: Final = "read_back"
MISSING: Final = f"the class `write` has no `{KEY}`: what was written cannot be looked at"

Holdings = dict[str, list[Data]]
"""Name of a stream -> its records."""


class ReadBackError(Exception):
    """The program did not do its work; `details` are its last lines."""

    def __init__(self, message: str, details: tuple[str, ...]) -> None:
        super().__init__(message)
        self.details = details


@dataclass(frozen=True, kw_only=True, slots=True)
class Program:
    """A program of the image, and a file of the connector's directory for it.

    Attributes:
        command: its words.
        path: relative to the connector's directory; empty where there is none.
    """

    command: tuple[str, ...]
    path: str = ""

    @classmethod
    def parse(cls, entry: Any, where: str) -> Program:
        """From the acceptance config; `where` is the key.

        Raises:
            FixtureError: it has not that shape.
        """
        if not isinstance(entry, Mapping) or entry.keys() - {"command", "path"}:
            raise FixtureError(f"`{where}` is not an object of `command` and `path`")
        words, path = entry.get("command"), entry.get("path", "")
        if not isinstance(words, list) or not words or not all(isinstance(it, str) for it in words):
            raise FixtureError(f"`{where}.command` is not a list of words")
        if not isinstance(path, str):
            raise FixtureError(f"`{where}.path` is not a path")
        return cls(command=tuple(words), path=path)

    def prepared(self, bench: Bench, container: Container) -> Container:
        """The container with the program's file and arguments; its other files stay."""
        command, files = self.command, dict(container.files)
        options = [f"--{name.partition('.')[0]}={FILES}/{name}" for name in files]
        if self.path:
            name = PurePosixPath(self.path).name
            files[name] = fixtures.read_bytes(bench.subject.folder, self.path)
            command = (*command, f"{FILES}/{name}")
        return replace(
            container, entrypoint=command, arguments=tuple(options), files=files, stdin=False
        )


async def read_back(bench: Bench, program: Program, container: Container) -> Holdings:
    """What the streams of the container's catalog hold.

    Args:
        bench: of the connector.
        program: prints it.
        container: as the destination's, with `config.json` and `catalog.json`.

    Raises:
        ReadBackError: the program failed, or printed something else.
        FixtureError: its file is not there.
        StepError: the image has no such program.
        EngineUnavailableError: the engine went away.
    """
    held: Holdings = {}

    def listen(message: Message) -> None:
        if message.type == "RECORD":
            held.setdefault(message.payload["stream"], []).append(message.payload["data"])

    prepared = program.prepared(bench, container)
    level = bench.subject.settings.level
    answer = await converse(bench.subject.containers, prepared, level=level, listen=listen)
    if not answer.ending.is_good:
        raise ReadBackError(f"`{KEY}` {answer.story}", answer.details)
    if answer.faults:
        raise ReadBackError(f"`{KEY}`: {answer.faults}", answer.details)
    return held
