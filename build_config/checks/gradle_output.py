"""What Gradle printed in, a defect for each error and failed test out, with file and line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from build_config.connector import Connector
from build_config.defect import Defect

RULE = "gradle"

_COMPILER = (
    re.compile(r"(?P<path>/.+?\.java):(?P<line>\d+): error: (?P<message>.+)"),
    re.compile(r"e: (?:file://)?(?P<path>/.+?\.kts?):(?P<line>\d+):\d+:? (?P<message>.+)"),
    re.compile(r"e: (?P<path>/.+?\.kts?): \((?P<line>\d+), \d+\): (?P<message>.+)"),
    re.compile(r"(?P<path>/.+?\.groovy): (?P<line>\d+): (?P<message>.+)"),
)
_TASK = re.compile(r"(?:> Task )?(?P<task>:\S+)(?: FAILED)?")
_GLUED = re.compile(r"(?P<task>(?::[\w.-]+)+)(?P<rest>/.+)")
"""Gradle 4.4 ends the line of a task only when nothing was printed meanwhile."""
_TEST = re.compile(r"(?P<test>\S.* > .+) FAILED")
_SYMBOL = re.compile(r"\s+symbol:\s+(?P<symbol>\S.*)")
_NO_SYMBOL = "cannot find symbol"
_THROWN = re.compile(r"\s+(?P<what>\S.*) at (?P<file>[\w$]+\.\w+):(?P<line>\d+)")
_FRAME = re.compile(r"\s+at \S+\((?P<file>[\w$]+\.\w+):(?P<line>\d+)\)")
"""Where `exceptionFormat` is `full`, there is a stack below what was thrown."""
_WHERE = re.compile(
    r"(?:Build|Settings|Script|Initialization script).*? '(?P<path>.+)' line: (?P<line>\d+)"
)
_TOLD_ABOVE = ("Compilation failed", "Compilation error", "There were failing tests")


@dataclass(kw_only=True, slots=True)
class _Reader:
    """Goes through the lines once; what is open is what the next lines belong to."""

    root: Path
    connectors: Sequence[Connector]
    program: str
    task: str = ""
    test: str = ""
    thrown: str = ""
    where: tuple[str, int] | None = None
    found: list[Defect] = field(default_factory=list)

    def line(self, text: str, following: str) -> None:
        glued = _GLUED.fullmatch(text)
        if glued:
            self.task, text = glued["task"], glued["rest"]
        if self.test and self._about_test(text):
            return
        compiler = next(filter(None, (p.fullmatch(text) for p in _COMPILER)), None)
        symbol = _SYMBOL.fullmatch(text)
        if compiler:
            self._add(compiler["message"], compiler["path"], int(compiler["line"]))
        elif symbol and self.found and self.found[-1].message == _NO_SYMBOL:
            self.found[-1] = replace(self.found[-1], message=f"{_NO_SYMBOL}: {symbol['symbol']}")
        elif text == "* What went wrong:":
            self._add_general(following)
        else:
            self._remember(text)

    def end(self) -> None:
        if self.test:
            self._end_test()

    def _remember(self, text: str) -> None:
        """What the next lines are about."""
        task, test, where = _TASK.fullmatch(text), _TEST.fullmatch(text), _WHERE.match(text)
        if task:
            self.task = task["task"]
        elif test:
            self.test = test["test"]
        elif where:
            self.where = where["path"], int(where["line"])

    def _about_test(self, text: str) -> bool:
        """Look for what was thrown and where; whether the line was one of the failed test's."""
        thrown, frame = _THROWN.match(text), _FRAME.match(text)
        if thrown:
            self.thrown = thrown["what"]
            self._end_test(self._source(thrown["file"]), int(thrown["line"]))
        elif frame:
            file = self._source(frame["file"])
            if file:
                self._end_test(file, int(frame["line"]))
        elif text and not text[0].isspace():
            self._end_test()
            return False
        else:
            self.thrown = self.thrown or text.strip()
        return True

    def _end_test(self, file: str = "", line: int | None = None) -> None:
        what = f": {self.thrown}" if self.thrown else ""
        self._add(f"{self.test} failed{what}", file, line if file else None)
        self.test = self.thrown = ""

    def _source(self, name: str) -> str:
        """The test's file, by its name: Gradle does not say where it is."""
        project = self.task.rpartition(":")[0].strip(":").replace(":", "/")
        folder = self.root / project / "src"
        return next((str(path) for path in sorted(folder.rglob(name))), "")

    def _add_general(self, problem: str) -> None:
        """What is not about a line of a source, unless that was told above."""
        where, self.where = self.where, None
        if where:
            self._add(problem, *where)
        elif not any(told in problem for told in _TOLD_ABOVE):
            failed = re.search(r"task '(?P<task>:\S+)'", problem)
            self.task = failed["task"] if failed else self.task
            self._add(problem)

    def _add(self, message: str, path: str = "", line: int | None = None) -> None:
        shown = self._relative(path)
        self.found.append(
            Defect(
                rule=RULE,
                message=message,
                connector=self._owner(shown),
                path=shown,
                line=line,
                cure=f"`{self.program} {self.task}` shows it again" if self.task else "",
            )
        )

    def _relative(self, path: str) -> str:
        place = Path(path)
        return place.relative_to(self.root).as_posix() if place.is_relative_to(self.root) else path

    def _owner(self, path: str) -> str:
        where = path or self.task.rpartition(":")[0].strip(":").replace(":", "/") + "/"
        owners = (c.name for c in self.connectors if where.startswith(f"{c.path}/"))
        return next(owners, "")


def read_failures(
    lines: Iterable[str], root: Path, connectors: Sequence[Connector], program: str
) -> Iterator[Defect]:
    """Read the output of `gradle --console=plain`, of 4.4 and of later ones.

    Args:
        lines: without their ends.
        root: of the repository, absolute.
        connectors: what a failure may be about.
        program: what a person starts Gradle with.
    """
    reader = _Reader(root=root, connectors=connectors, program=program)
    told = list(lines)
    for number, text in enumerate(told):
        reader.line(text, " ".join(_paragraph(told[number + 1 :])))
    reader.end()
    yield from dict.fromkeys(reader.found)


def _paragraph(lines: Sequence[str]) -> Iterator[str]:
    """Up to the next empty line; the arrows in front of causes are not needed in one line."""
    for line in lines[:6]:
        if not line.strip():
            return
        yield line.strip().removeprefix("> ")
