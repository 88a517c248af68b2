r"""What a build context leaves out: a `.dockerignore` in, a rule that answers for each path out.

The meaning is what Docker's builders do (github.com/moby/patternmatcher, by parent results),
nearly "the last line that matches decides". The rest of the truth: a line that matches a
folder holds for all below it, *if* it changed something for the folder itself. So after `**/*.pyc`
the line `!src/vendor` brings back no `.pyc` file when `src/vendor` itself was not excluded before;
`!src/vendor/**` does. Docker 20.10 and 28 were seen to do so, with BuildKit and without.

Paths are relative to the context, with `/` between and none around.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from build_config.errors import RepositoryError
from build_config.ignore_pattern import Lines, PatternError, lines_of, translate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# What never enters an image, whatever a `!` line says. Only `.env` itself: files like
# `.env.example` are made to be shared.
_NEVER_ANYWHERE = frozenset((".git", ".env"))
_NEVER_AT_TOP = frozenset(("secrets", ".yard"))

# What Go's strings.TrimSpace takes off; Python's own strip() takes four control characters more.
_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Block:
    """Lines next to each other that all exclude, or all re-include (`!`)."""

    excludes: bool
    lines: Lines


@dataclass(frozen=True, kw_only=True, slots=True)
class IgnoreRules:
    """The lines of one ignore file, ready to be asked.

    Attributes:
        blocks: its lines, in order; excluding and re-including ones take turns.
        reincluded: the patterns of its `!` lines.
        never_anywhere: names that stay out whatever the lines say.
        never_at_top: the same for paths.
    """

    blocks: tuple[_Block, ...]
    reincluded: tuple[str, ...]
    never_anywhere: frozenset[str] = _NEVER_ANYWHERE
    never_at_top: frozenset[str] = _NEVER_AT_TOP
    _folders: dict[str, tuple[bool, ...] | None] = field(default_factory=dict, compare=False)

    def lines_alone(self) -> IgnoreRules:
        """What Docker's own clients make of the same file."""
        nothing: frozenset[str] = frozenset()
        return IgnoreRules(
            blocks=self.blocks,
            reincluded=self.reincluded,
            never_anywhere=nothing,
            never_at_top=nothing,
        )

    def excluded(self, path: str) -> bool:
        """Tell whether the file or folder at `path` stays out of the build context."""
        folder, _, name = path.rpartition("/")
        if name in self.never_anywhere or path in self.never_at_top:
            return True
        inherited = self._hold_in(folder)
        if inherited is None:
            return True
        excluded = False
        for block, holds in zip(self.blocks, inherited, strict=True):
            if holds or (block.excludes != excluded and block.lines.match(path)):
                excluded = block.excludes
        return excluded

    def may_prune(self, directory: str) -> bool:
        """Tell whether nothing below the folder `directory` can enter the context."""
        if not self.excluded(directory):
            return False
        if self._hold_in(directory) is None:
            return True
        return not any(_reaches_into(pattern, directory) for pattern in self.reincluded)

    def _hold_in(self, folder: str) -> tuple[bool, ...] | None:
        """Say for each block whether it holds for all in `folder`; None where nothing enters."""
        if folder not in self._folders:
            for slash in re.finditer("/", folder):  # from the top, or deep ones would recurse
                self._hold_in(folder[: slash.start()])
            self._folders[folder] = self._find_holding(folder)
        return self._folders[folder]

    def _find_holding(self, folder: str) -> tuple[bool, ...] | None:
        if not folder:
            return (False,) * len(self.blocks)
        above, _, name = folder.rpartition("/")
        inherited = self._hold_in(above)
        if inherited is None or name in self.never_anywhere or folder in self.never_at_top:
            return None
        excluded = False
        holding = []
        for block, holds in zip(self.blocks, inherited, strict=True):
            # A line that would change nothing here is not even tried, and so not handed down.
            held = holds or (block.excludes != excluded and block.lines.match(folder))
            excluded = block.excludes if held else excluded
            holding.append(held)
        return tuple(holding)


def read_rules(root: Path, directory: str, dockerfile: str = "Dockerfile") -> IgnoreRules:
    """Read the ignore file of the build context `root / directory`.

    `<dockerfile>.dockerignore` wins over `.dockerignore`; with neither, only what never enters an
    image is excluded.

    Raises:
        RepositoryError: the file cannot be read, or has lines that are no patterns (all are named).
    """
    for name in (f"{dockerfile}.dockerignore", ".dockerignore"):
        place = posixpath.normpath(f"{directory}/{name}")
        try:
            content = (root / place).read_bytes()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise RepositoryError((f"`{place}` cannot be read: {error.strerror}",)) from error
        return parse_rules(content.decode(errors="surrogateescape"), name=place)
    return parse_rules("")


def parse_rules(text: str, *, name: str = ".dockerignore") -> IgnoreRules:
    """Make rules of the text of an ignore file; `name` is what errors call it.

    Raises:
        RepositoryError: some lines are no patterns (all are named).
    """
    rules, defects = _parse(text)
    if defects:
        raise RepositoryError(
            tuple(f"`{name}`, line {line}: {why}" for line, why in defects),
            hint="the syntax is that of Docker: docs.docker.com/build/concepts/context/",
        )
    return rules


@cache  # images made from one template share their rules
def _parse(text: str) -> tuple[IgnoreRules, tuple[tuple[int, str], ...]]:
    """Compile an ignore file; also give line and reason of each line that is no pattern."""
    groups: list[tuple[bool, list[tuple[str, ...]]]] = []
    reincluded: list[str] = []
    defects: list[tuple[int, str]] = []
    for number, excludes, pattern in _patterns(text):
        try:
            pieces = translate(pattern)
        except PatternError as error:
            defects.append((number, f"`{'' if excludes else '!'}{pattern}` {error}"))
            continue
        if not groups or groups[-1][0] != excludes:
            groups.append((excludes, []))
        groups[-1][1].append(pieces)
        if not excludes:
            reincluded.append(pattern)
    blocks = tuple(
        _Block(excludes=excludes, lines=lines_of(patterns)) for excludes, patterns in groups
    )
    return IgnoreRules(blocks=blocks, reincluded=tuple(reincluded)), tuple(defects)


def _patterns(text: str) -> Iterator[tuple[int, bool, str]]:
    """Yield line number, whether it excludes, and the cleaned pattern of each line that has one."""
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        pattern = line.strip(_SPACE)
        if line.startswith("#") or not pattern:
            continue
        excludes = pattern[0] != "!"
        pattern = pattern if excludes else pattern[1:].strip(_SPACE)
        # Docker trims and cleans twice, which takes the end of `a/ /` off.
        cleaned = _clean(_clean(pattern).removeprefix("/").strip(_SPACE))
        if cleaned or not excludes:
            yield number, excludes, cleaned


def _clean(pattern: str) -> str:
    """Do what Go's filepath.Clean does, but leave nothing where nothing is."""
    cleaned = posixpath.normpath(pattern) if pattern else ""
    return cleaned[1:] if cleaned.startswith("//") else cleaned


def _reaches_into(pattern: str, folder: str) -> bool:
    """Tell whether `pattern` could match below `folder`; True when that is not plain to see."""
    if "**" in pattern or "[" in pattern or "\\" in pattern:
        return True
    steps, folders = pattern.split("/"), folder.split("/")
    agree = (
        step == name or "*" in step or "?" in step
        for step, name in zip(steps, folders, strict=False)
    )
    return len(steps) > len(folders) and all(agree)
