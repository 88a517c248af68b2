"""What Gradle printed in, a defect for each error and failed test out, with file and line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
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
_THROWN = re.compile(r"\s+(?P<what>\S.*) at (?P<file>[\w$]+\.\w+):(?P<line>\d+)")
_WHERE = re.compile(
    r"(?:Build|Settings|Script|Initialization script).*? '(?P<path>.+)' line: (?P<line>\d+)"
)
_TOLD_ABOVE = ("Compilation failed", "Compilation error", "There were failing tests")


@dataclass(kw_only=True, slots=True)
class _Reader:
    """Goes through the lines once; what is open is what the next lines belong to."""

    root: Path
    connectors: Sequence[Connector]
    task: str = ""
    test: str = ""
    where: tuple[str, int] | None = None
    found: list[Defect] = field(default_factory=list)

    def line(self, text: str, following: str) -> None:
        glued = _GLUED.fullmatch(text)
        if glued:
            self.task, text = glued["task"], glued["rest"]
        if self.test and self._failed_test(_THROWN.match(text)):
            return
        compiler = next(filter(None, (p.fullmatch(text) for p in _COMPILER)), None)
        if compiler:
            self._add(compiler["message"], compiler["path"], int(compiler["line"]))
        elif text == "* What went wrong:":
            self._add_general(following)
        else:
            self._remember(text)

    def _remember(self, text: str) -> None:
        """What the next lines are about."""
        task, test, where = _TASK.fullmatch(text), _TEST.fullmatch(text), _WHERE.match(text)
        if task:
            self.task = task["task"]
        elif test:
            self.test = test["test"]
        elif where:
            self.where = where["path"], int(where["line"])

    def _failed_test(self, thrown: re.Match[str] | None) -> bool:
        """Add it; whether the line below its name said where."""
        test, self.test = self.test, ""
        if thrown is None:
            self._add(f"{test} failed")
            return False
        file = self._source(thrown["file"])
        self._add(f"{test} failed: {thrown['what']}", file, int(thrown["line"]) if file else None)
        return True

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
                cure=f"`gradle {self.task}` shows it again" if self.task else "",
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
    lines: Iterable[str], root: Path, connectors: Sequence[Connector]
) -> Iterator[Defect]:
    """Read the output of `gradle --console=plain`, of 4.4 and of later ones.

    Args:
        lines: without their ends.
        root: of the repository, absolute.
        connectors: what a failure may be about.
    """
    reader = _Reader(root=root, connectors=connectors)
    told = list(lines)
    for number, text in enumerate(told):
        reader.line(text, " ".join(_paragraph(told[number + 1 :])))
    yield from dict.fromkeys(reader.found)


def _paragraph(lines: Sequence[str]) -> Iterator[str]:
    """Up to the next empty line; the arrows in front of causes are not needed in one line."""
    for line in lines[:6]:
        if not line.strip():
            return
        yield line.strip().removeprefix("> ")
