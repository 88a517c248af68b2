r"""Patterns of a `.dockerignore` in, regular expressions with Docker's meaning out.

Docker documents Go's filepath.Match and `**`, but makes regular expressions of its own
(github.com/moby/patternmatcher, Pattern.compile); this is what these match, found equal on 50,000
random ignore files. Refused, where Docker would silently match something nobody meant: wildcards in
brackets, malformed patterns behind a `*`, and `|` or `{1}` beside a wildcard.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final

# Docker hands an escaped letter to Go's regular expressions as it is; these it knows, and so does
# Python. Inside of brackets there are no positions to match.
_LETTERS = {letter: f"\\{letter}" for letter in "adDfnrsStvwW"}
_POSITIONS = {"A": r"\A", "b": r"\b", "B": r"\B", "z": r"\Z"}


# One or more characters or ranges, each escaped or neither `-` nor `]` (Go's filepath.Match).
_BRACKETS = re.compile(r"(?s:(?:(?:\\.|[^-\\])(?:-(?:\\.|[^-\\]))?)+)")
# Beside a wildcard, Docker forgets to escape these for Go's regular expressions.
_MISREAD = re.compile(r"(?<!\\)(?:\||\{[0-9])")
_WILD = re.compile(r"[*?\\\[\]]")

# What has no length of its own -> what it does not go beyond, and whether it ends before a name.
_STARS: Final = {
    "[^/]*": ("/", False),
    ".*": ("\n", False),
    "(?s:.*)": ("", False),
    "(?:.*/)?": ("\n", True),
    "(?s:.*/)?": ("", True),
}
_STEPS: Final = 1_000_000
"""Of one line on one path, at the very most: a millisecond, as most of them never come to be."""


class PatternError(Exception):
    """A line is no pattern; the message says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Lines:
    """Patterns of which one has to match.

    Python's expressions go back and try again: `*a*a*a*a*b` takes them a path's length to the power
    of its stars, Docker's only the length. Where that would be felt it is matched piece by piece.

    Attributes:
        expression: all patterns as one.
        pieces: each pattern by itself.
        longest: paths of up to so many characters are left to the expression.
    """

    expression: re.Pattern[str]
    pieces: tuple[tuple[str, ...], ...]
    longest: int

    def match(self, path: str) -> bool:
        """Whether one of them matches the whole path."""
        if len(path) <= self.longest:
            return self.expression.fullmatch(path) is not None
        return any(len(path) in _ends(pieces, path) for pieces in self.pieces)


def lines_of(patterns: Iterable[tuple[str, ...]]) -> Lines:
    """Put patterns together.

    Args:
        patterns: each as `translate` made it.
    """
    pieces = tuple(patterns)
    stars = max(sum(piece in _STARS for piece in pattern) for pattern in pieces)
    return Lines(
        expression=re.compile("|".join(map("".join, pieces)), re.ASCII),
        pieces=pieces,
        longest=int(_STEPS ** (1 / max(stars, 1))),
    )


def _ends(pieces: Iterable[str], path: str) -> set[int]:
    """Where in the path a match of the pieces may end that starts at its beginning."""
    ends = {0}
    for is_star, run in groupby(pieces, _STARS.__contains__):
        if is_star:
            for star in run:
                ends = _reached(star, path, ends)
        else:
            fixed = re.compile("".join(run), re.ASCII)
            ends = {found.end() for start in ends if (found := fixed.match(path, start))}
    return ends


def _reached(star: str, path: str, starts: set[int]) -> set[int]:
    stops, is_folder = _STARS[star]
    reached = set(starts)
    for at, character in enumerate(path):
        if at in reached and character not in stops:
            reached.add(at + 1)
    if not is_folder:
        return reached
    return starts | {at + 1 for at in reached if path.startswith("/", at)}


def translate(pattern: str) -> tuple[str, ...]:
    """Make a regular expression of a pattern, as moby's Pattern.compile does, quirks and all.

    In pieces, so that each `*` and `**` is one.

    Raises:
        PatternError: Docker would refuse it, or match what nobody meant.
    """
    if not pattern:
        raise PatternError("names nothing to bring back")
    if pattern.startswith("**") and not _WILD.search(pattern, 2):
        # Without other wildcards `**x` is an ending, and `**/x` the file or folder `x` anywhere.
        ending = re.escape(pattern[2:].removeprefix("/"))
        return ("(?s:.*/)?" if pattern[2:3] == "/" else "(?s:.*)", ending)
    if pattern.endswith("**") and not _WILD.search(pattern[:-2]):
        return (re.escape(pattern[:-2]), "(?s:.*)")
    if not _WILD.search(pattern):
        return (re.escape(pattern),)
    if _MISREAD.search(pattern):
        raise PatternError("has a `|` or a `{number}` that Docker misreads; put `\\` before it")
    pieces = tuple(_translate_pieces(pattern))
    try:
        re.compile("".join(pieces))
    except re.error as error:
        raise PatternError(f"is no pattern: {error.msg}") from error
    return pieces


def _translate_pieces(pattern: str) -> Iterator[str]:
    at = 0
    while at < len(pattern):
        character = pattern[at]
        at += 1
        if pattern.startswith("**", at - 1):
            at += 1
            at += pattern.startswith("/", at)
            yield "(?:.*/)?" if at < len(pattern) else ".*"
        elif character == "*":
            yield "[^/]*"
        elif character == "?":
            yield "[^/]"
        elif character == "[":
            end = _end_of_brackets(pattern, at)
            yield _translate_brackets(pattern[at:end])
            at = end + 1
        elif character == "\\":
            yield _translate_escape(pattern[at : at + 1], _LETTERS | _POSITIONS)
            at += 1
        else:
            # Docker leaves `^` as it is: the start of the path, wherever it stands.
            yield character if character == "^" else re.escape(character)


def _end_of_brackets(pattern: str, start: int) -> int:
    """Find the `]` that ends the brackets opened before `start`."""
    end = start
    while end < len(pattern) and pattern[end] != "]":
        end += 2 if pattern[end] == "\\" else 1
    if end >= len(pattern):
        raise PatternError("has a `[` without its `]`")
    return end


def _translate_brackets(inside: str) -> str:
    """Make a character class of what stands in brackets, strict as Go's filepath.Match."""
    negation = "^" if inside.startswith("^") else ""
    inside = inside.removeprefix("^")
    if not _BRACKETS.fullmatch(inside):
        raise PatternError("has brackets that are empty or end or start with a bare `-`")
    if _WILD.search(re.sub(r"\\.", "", inside, flags=re.DOTALL)):
        # Docker reads `[*]` as `[[^/]*]`, which is never what was meant: say so rather than guess.
        raise PatternError(
            "has a wildcard in brackets; write `\\*`, `\\?` or `\\[` for the character"
        )
    pieces = re.findall(r"\\.|-|[^\\]", inside, flags=re.DOTALL)
    return f"[{negation}{''.join(map(_translate_member, pieces))}]"


def _translate_member(piece: str) -> str:
    if piece.startswith("\\"):
        return _translate_escape(piece[1:], _LETTERS)
    return piece if piece == "-" else re.escape(piece)


def _translate_escape(character: str, letters: dict[str, str]) -> str:
    if not character:
        raise PatternError("ends in a `\\` that escapes nothing")
    if character in letters:
        return letters[character]
    if character.isalnum() or not character.isascii():
        raise PatternError(f"has `\\{character}`, which means nothing; folders are parted by `/`")
    return re.escape(character)
