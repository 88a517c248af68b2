"""Dockerfile text in, what it builds on, copies from and labels itself with out.

The official parser reads the syntax; ARG scope, stages and references are worked out here.
"""

from __future__ import annotations

import difflib
import platform
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from build_config.expansion import expand
from build_config.image import InvalidReferenceError, Reference
from build_config.image import parse as parse_reference

if TYPE_CHECKING:
    import dockerfile

_INSTRUCTIONS = frozenset(
    "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL "
    "STOPSIGNAL USER VOLUME WORKDIR".split()
)
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
_LONGEST_SEARCH = 1000
"""Lines up to which the place of a syntax error is looked for: the search is quadratic."""
_EMPTY = "file with no instructions"
_MOUNT_FROM = re.compile(r"(?:^|,)from=([^,]+)")


class DockerfileError(ValueError):
    """The text is not a Dockerfile that can be built; `line` counts from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageUse:
    """An image that the Dockerfile needs from outside, and the place that says so."""

    reference: Reference
    instruction: str
    line: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Dockerfile:
    """What the rest of the program wants to know of a Dockerfile.

    Attributes:
        uses: images it needs, without its own stages and `scratch`, in order of appearance.
        labels: those of the last stage, and of the stages it is made from.
        stages: their names in lower case; an unnamed one is empty.
        copied: sources that COPY and ADD take from the context.
        instructions: (first line, text) of each, to find a line from a message of the builder.
        base: what the last stage, or the first of those it is made from, stands on; None is
            `scratch`.
        environment: ENV of the same stages as `labels`.
        entrypoint: the ENTRYPOINT of these stages; None where none has one. The shell form is one
            word.
    """

    uses: tuple[ImageUse, ...]
    labels: Mapping[str, str]
    stages: tuple[str, ...]
    copied: tuple[str, ...]
    instructions: tuple[tuple[int, str], ...]
    base: Reference | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    entrypoint: tuple[str, ...] | None = None


@dataclass(kw_only=True, slots=True)
class _Stage:
    alias: str
    labels: dict[str, str]
    arguments: dict[str, str]
    environment: dict[str, str]
    base: Reference | None
    entrypoint: tuple[str, ...] | None

    @property
    def scope(self) -> dict[str, str]:
        """ENV beats ARG, whichever comes last (Dockerfile reference, "Using ARG variables")."""
        return self.arguments | self.environment


@dataclass(kw_only=True, slots=True)
class _Reader:
    """Walks the instructions once; the only mutable thing here."""

    build_args: Mapping[str, str]
    globals: dict[str, str]
    stages: list[_Stage] = field(default_factory=list)
    uses: list[ImageUse] = field(default_factory=list)
    copied: list[str] = field(default_factory=list)

    def read(self, command: dockerfile.Command) -> None:
        name = command.cmd.upper()
        if name not in _INSTRUCTIONS:
            close = difflib.get_close_matches(name, _INSTRUCTIONS, n=1)
            guess = f" (did you mean `{close[0]}`?)" if close else ""
            raise DockerfileError(f"unknown instruction `{command.cmd}`{guess}", command.start_line)
        if name == "FROM":
            self._open_stage(command)
        elif not self.stages:
            self._before_first_stage(name, command)
        else:
            self._in_stage(name, command, self.stages[-1])

    def _before_first_stage(self, name: str, command: dockerfile.Command) -> None:
        if name != "ARG":
            raise DockerfileError(f"`{name}` stands before the first FROM", command.start_line)
        for word in command.value:
            self.globals.update(self._argument(word, self.globals))

    def _in_stage(self, name: str, command: dockerfile.Command, stage: _Stage) -> None:
        scope = stage.scope  # one for the whole instruction: `ENV A=1 B=$A` sees the A before it
        if name == "ARG":
            for word in command.value:
                stage.arguments.update(self._argument(word, scope))
        elif name in {"ENV", "LABEL"}:
            pairs = stage.environment if name == "ENV" else stage.labels
            pairs.update(_pairs(command.value, scope))
        elif name == "ENTRYPOINT":
            stage.entrypoint = tuple(command.value)
        elif name in {"COPY", "ADD"}:
            self._copy(name, command, stage)
        elif name == "RUN":
            for source in _mount_sources(command.flags):
                self._use(source, "RUN --mount", command.start_line)

    def _open_stage(self, command: dockerfile.Command) -> None:
        words = command.value
        named = len(words) == 3 and words[1].lower() == "as"  # noqa: PLR2004 - FROM x AS y
        if not named and len(words) != 1:
            raise DockerfileError(
                "FROM takes one image, and then AS and a name", command.start_line
            )
        image = expand(words[0], self.globals)
        if not image:
            raise DockerfileError(
                f"`{words[0]}` is empty: its ARG has no default before the first FROM",
                command.start_line,
            )
        parent = self._stage(image)
        base = parent.base if parent else self._use_image(image, "FROM", command.start_line)
        self.stages.append(
            _Stage(
                alias=words[2].lower() if named else "",
                labels=dict(parent.labels) if parent else {},
                arguments=dict(parent.arguments) if parent else {},
                environment=dict(parent.environment) if parent else {},
                base=base,
                entrypoint=parent.entrypoint if parent else None,
            )
        )

    def _copy(self, name: str, command: dockerfile.Command, stage: _Stage) -> None:
        source = next((f[7:] for f in command.flags if f.startswith("--from=")), None)
        if source is None:
            self.copied.extend(expand(word, stage.scope) for word in command.value[:-1])
        else:
            self._use(source, f"{name} --from", command.start_line)

    def _use(self, image: str, instruction: str, line: int) -> None:
        """A stage by its alias or number, else an image; FROM knows no numbers."""
        if image.isdecimal() and int(image[:9]) >= len(self.stages):  # of thousands the first do
            raise DockerfileError(f"`{instruction}={image}`: there is no stage {image} yet", line)
        if not image.isdecimal() and not self._stage(image):
            self._use_image(image, instruction, line)

    def _use_image(self, image: str, instruction: str, line: int) -> Reference | None:
        if image == "scratch":
            return None
        try:
            reference = parse_reference(image)
        except InvalidReferenceError as error:
            raise DockerfileError(str(error), line) from error
        self.uses.append(ImageUse(reference=reference, instruction=instruction, line=line))
        return reference

    def _stage(self, name: str) -> _Stage | None:
        return next((s for s in reversed(self.stages) if s.alias and s.alias == name.lower()), None)

    def _argument(self, word: str, scope: Mapping[str, str]) -> dict[str, str]:
        """A build argument beats the default; an ARG without default inherits a global one."""
        name, equals, default = word.partition("=")
        if name in self.build_args:
            return {name: self.build_args[name]}
        if equals:
            return {name: expand(default, scope)}
        return {name: self.globals[name]} if name in self.globals else {}


def parse(text: str, build_args: Mapping[str, str] | None = None) -> Dockerfile:
    """Read a Dockerfile as BuildKit would.

    Raises:
        DockerfileError: with the line, where the file does not parse or has no stage.
    """
    commands = _commands(text)
    reader = _Reader(build_args=build_args or {}, globals=_platform_arguments())
    for command in commands:
        reader.read(command)
    if not reader.stages:
        raise DockerfileError("there is no FROM", 1)
    return Dockerfile(
        uses=tuple(reader.uses),
        labels=reader.stages[-1].labels,
        stages=tuple(stage.alias for stage in reader.stages),
        copied=tuple(reader.copied),
        instructions=tuple((c.start_line, c.original) for c in commands),
        base=reader.stages[-1].base,
        environment=reader.stages[-1].environment,
        entrypoint=reader.stages[-1].entrypoint,
    )


def _commands(text: str) -> tuple[dockerfile.Command, ...]:
    import dockerfile

    try:
        commands: tuple[dockerfile.Command, ...] = dockerfile.parse_string(text)
    except dockerfile.GoParseError as error:
        raise DockerfileError(str(error), _failing_line(text, str(error))) from error
    return commands


def _failing_line(text: str, message: str) -> int:
    """The parser does not say where: after the longest part of the text that it takes."""
    import dockerfile

    lines = text.splitlines(keepends=True)
    if message == _EMPTY or len(lines) > _LONGEST_SEARCH:
        return 1
    for count in range(len(lines) - 1, 0, -1):
        try:
            dockerfile.parse_string("".join(lines[:count]))
        except dockerfile.GoParseError as error:
            if str(error) != _EMPTY:
                continue
        return count + 1
    return 1


def _platform_arguments() -> dict[str, str]:
    """What BuildKit defines by itself, for the platform that images are built on here."""
    arch = _MACHINES.get(platform.machine(), platform.machine())
    whole = {"PLATFORM": f"linux/{arch}", "OS": "linux", "ARCH": arch, "VARIANT": ""}
    return {f"{side}{k}": v for side in ("TARGET", "BUILD") for k, v in whole.items()}


def _pairs(words: tuple[str, ...], scope: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in zip(words[::2], words[1::2], strict=False):
        yield expand(name, scope), expand(value, scope)


def _mount_sources(flags: tuple[str, ...]) -> Iterator[str]:
    for flag in flags:
        match = _MOUNT_FROM.search(flag.removeprefix("--mount="))
        if flag.startswith("--mount=") and match:
            yield match[1]
