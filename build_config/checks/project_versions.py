"""The text of a project file in, the places where it says the project's own version out.

Only that: versions of dependencies, plug-ins and tools stand in the same files.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from build_config.checks.values import Value

_SECTION = re.compile(r"\s*\[([^\[\]]+)\]\s*(?:[#;].*)?$")
_TOML = re.compile(r"""\s*version\s*=\s*(["'])(?P<version>[^"']*)\1""")
_CONFIG = re.compile(r"version\s*[=:]\s*(?P<version>[^\s#;]+)\s*$")
_GRADLE = re.compile(r"""version\s*(?:=\s*)?(["'])(?P<version>[^"']*)\1""")
_JSON_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]')


def _in_toml(text: str) -> Iterator[Value]:
    yield from _in_sections(text, _TOML, ("project", "tool.poetry"))


def _in_setup_cfg(text: str) -> Iterator[Value]:
    yield from _in_sections(text, _CONFIG, ("metadata",))


def _in_sections(text: str, pattern: re.Pattern[str], sections: tuple[str, ...]) -> Iterator[Value]:
    section = ""
    for number, line in enumerate(text.split("\n"), start=1):
        header = _SECTION.match(line)
        section = header[1].strip() if header else section
        found = pattern.match(line)
        if found and section in sections:
            yield _value(found, number)


def _in_gradle(text: str) -> Iterator[Value]:
    """The project's own version stands at the start of a line, those of plug-ins do not."""
    for number, line in enumerate(text.split("\n"), start=1):
        found = _GRADLE.match(line)
        if found:
            yield _value(found, number)
            return


def _value(found: re.Match[str], number: int) -> Value:
    return Value(text=found["version"], line=number, column=found.start("version"))


def _in_setup_py(text: str) -> Iterator[Value]:
    """What `setup(version=…)` is called with: a text, or the name of one in the same file."""
    if "version" not in text:
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd escapes in their texts
            tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return
    named = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    lines = text.split("\n")
    for said in _setup_versions(tree):
        node = named.get(said.id) if isinstance(said, ast.Name) else said
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            before = lines[node.lineno - 1].encode()[: node.col_offset]
            yield Value(text=node.value, line=node.lineno, column=len(before.decode()))


def _setup_versions(tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            name = getattr(called, "attr", None) or getattr(called, "id", None)
            yield from (k.value for k in node.keywords if name == "setup" and k.arg == "version")


def _in_json(text: str) -> Iterator[Value]:
    """The member `version` of the outermost object; tabs would be an error to a YAML reader."""
    depth, key, last = 0, "", ""
    for token in _JSON_TOKEN.finditer(text):
        word = token[0]
        if word in "{[":
            depth += 1
        elif word in "}]":
            depth -= 1
        elif word == ":":
            key = last
        elif word == "," or depth != 1:
            key = ""
        elif key == '"version"':
            line = text.count("\n", 0, token.start()) + 1
            column = token.start() - (text.rfind("\n", 0, token.start()) + 1)
            yield Value(text=word[1:-1], line=line, column=column + 1)
            return
        last = word


FINDERS: Mapping[str, Callable[[str], Iterator[Value]]] = MappingProxyType(
    {
        "pyproject.toml": _in_toml,
        "setup.cfg": _in_setup_cfg,
        "setup.py": _in_setup_py,
        "build.gradle": _in_gradle,
        "build.gradle.kts": _in_gradle,
        "package.json": _in_json,
    }
)
"""By the name of the file, which is in the connector's directory."""
