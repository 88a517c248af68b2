"""A Dockerfile and the version that its image has in, the words of it that say so out.

That is the label itself, or the ARG or ENV that the label takes it from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from build_config.checks.values import Value
from build_config.discovery import VERSION_LABEL

_LABELS = (VERSION_LABEL, "org.opencontainers.image.version")
_DIRECTIVE = re.compile(r"\s*#\s*(?P<key>\w+)\s*=\s*(?P<value>\S+)")
_WORD = re.compile(r"""(?:[^\s"']|"(?:[^"\\]|\\.)*"|'[^']*')+""")
_VARIABLE = re.compile(
    r"\$(?:(?P<bare>[A-Za-z_]\w*)|\{(?P<braced>[A-Za-z_]\w*)(?::?-(?P<default>[^{}]*))?\})"
)
_PAIRED = ("LABEL", "ENV")
"""Instructions that also take `NAME value`, as they did before `NAME=value`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Setting:
    """`name=value` of a LABEL, ARG or ENV: what is in the quotes, and where that begins."""

    instruction: str
    name: str
    value: Value


def label_places(
    text: str, instructions: tuple[tuple[int, str], ...], version: str, given: Mapping[str, str]
) -> Iterator[tuple[str, Value]]:
    """What each place is called, and the version as it stands there.

    Args:
        text: of the Dockerfile, without a byte order mark.
        instructions: (first line, text) of each, so that nothing is found in a heredoc.
        version: what the image's label says in the end. A label that says another one belongs to
            another stage, or is overridden.
        given: build arguments from the settings: a default that they override says nothing.
    """
    settings = tuple(_settings(text, instructions))
    variables: set[str] = set()
    for setting in settings:
        if setting.instruction == "LABEL" and setting.name in _LABELS:
            for found in _literal(setting.value, version):
                yield f"label {setting.name}", found
            variables |= _variables(setting.value.text)
    while variables:
        wanted, variables = variables - given.keys(), set()
        for setting in settings:
            if setting.instruction != "LABEL" and setting.name in wanted:
                for found in _literal(setting.value, version):
                    yield f"{setting.instruction} {setting.name}", found
                variables |= _variables(setting.value.text) - wanted


def _literal(value: Value, version: str) -> Iterator[Value]:
    """The version where it stands there as it is, or as the default of a variable."""
    found = _VARIABLE.fullmatch(value.text)
    if value.text == version:
        yield value
    elif found and found["default"] == version:
        yield Value(text=version, line=value.line, column=value.column + found.start("default"))


def _variables(text: str) -> set[str]:
    """The variable that the whole text is; a version made of several has no one place."""
    found = _VARIABLE.fullmatch(text)
    return {found["bare"] or found["braced"]} if found else set()


def _settings(text: str, instructions: tuple[tuple[int, str], ...]) -> Iterator[_Setting]:
    lines = text.split("\n")
    escape = _escape(lines)
    for first, original in instructions:
        name = original.split(None, 1)[0].upper()
        if name not in (*_PAIRED, "ARG"):
            continue
        words = list(_words(lines, first, escape))[1:]
        if name in _PAIRED and words and "=" not in words[0].text:
            if len(words) == 2:  # noqa: PLR2004 - NAME value
                yield _setting(name, words[0].text, words[1])
            continue
        for word in words:
            key, equals, value = word.text.partition("=")
            at = word.column + len(key) + len(equals)
            if equals:
                yield _setting(name, key, Value(text=value, line=word.line, column=at))


def _setting(instruction: str, key: str, value: Value) -> _Setting:
    inner = value.text.strip("\"'")
    quotes = len(value.text) - len(value.text.lstrip("\"'")) if inner else 0
    return _Setting(
        instruction=instruction,
        name=key.strip("\"'"),
        value=Value(text=inner, line=value.line, column=value.column + quotes),
    )


def _words(lines: list[str], first: int, escape: str) -> Iterator[Value]:
    """The words of an instruction, over its continuation lines and the comments among them."""
    for number, line in enumerate(lines[first - 1 :], start=first):
        stripped = line.rstrip()
        if number > first and (not stripped or stripped.lstrip().startswith("#")):
            continue
        body = stripped.removesuffix(escape)
        for word in _WORD.finditer(body):
            yield Value(text=word[0], line=number, column=word.start())
        if body == stripped:
            return


def _escape(lines: list[str]) -> str:
    """The character that continues a line: a directive at the top may change it."""
    for line in lines:
        found = _DIRECTIVE.match(line)
        if found is None:
            break
        if found["key"].lower() == "escape":
            return found["value"]
    return "\\"
