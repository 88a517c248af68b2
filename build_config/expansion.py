"""Variables in Dockerfile words: a word and a scope in, the expanded word without quotes out.

Follows BuildKit's shell lexer (frontend/dockerfile/shell/lex.go): `$X`, `${X}`, `${X:-word}`,
`${X-word}`, `${X:+word}`, `${X+word}`, `${X:?}`, single quotes verbatim, double quotes expanded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_TOKEN = re.compile(
    r"""
      (?P<single>'[^']*')
    | (?P<double>"(?:\\.|[^"\\])*")
    | \\(?P<escaped>.)
    | \$\{(?P<braced>[A-Za-z_]\w*)(?:(?P<operator>:?[-+?])(?P<word>(?:[^{}]|\{[^{}]*\})*))?\}
    | \$(?P<bare>[A-Za-z_]\w*)
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_IN_DOUBLE_QUOTES = re.compile(
    r"\\([\"$\\])|(\$(?:\{(?:[^{}]|\{[^{}]*\})*\}|[A-Za-z_]\w*))", re.DOTALL | re.ASCII
)


def expand(word: str, scope: Mapping[str, str]) -> str:
    """Expand the variables of `word` and take its quotes away; unset variables are empty."""
    if not any(character in word for character in "$'\"\\"):
        return word
    return _TOKEN.sub(lambda match: _replace(match, scope), word)


def _replace(match: re.Match[str], scope: Mapping[str, str]) -> str:
    if match["single"] is not None:
        return match["single"][1:-1]
    if match["double"] is not None:
        return _double_quoted(match["double"][1:-1], scope)
    if match["escaped"] is not None:
        return match["escaped"]
    if match["bare"] is not None:
        return scope.get(match["bare"], "")
    return _braced(scope.get(match["braced"]), match["operator"] or "", match["word"] or "", scope)


def _double_quoted(text: str, scope: Mapping[str, str]) -> str:
    return _IN_DOUBLE_QUOTES.sub(
        lambda match: match[1] if match[1] is not None else expand(match[2], scope), text
    )


def _braced(value: str | None, operator: str, word: str, scope: Mapping[str, str]) -> str:
    """`:` makes an empty value count as unset, as in a POSIX shell."""
    is_set = bool(value) if operator.startswith(":") else value is not None
    if operator.endswith("-"):
        return value or "" if is_set else expand(word, scope)
    if operator.endswith("+"):
        return expand(word, scope) if is_set else ""
    return value or ""
