"""The old and the new content of a file in; what is wrong with the new one, before it is written.

Each file is read again as its own programs read it: it must say the new version, and nothing else
may have changed.
"""

from __future__ import annotations

import ast
import json
import re
import tomllib
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from build_config.checks.project_versions import FINDERS
from build_config.connector import Connector
from build_config.defect import Edit
from build_config.discovery import VERSION_LABEL
from build_config.dockerfile import DockerfileError, parse
from build_config.yaml_files import YamlFileError, parse_nodes

Facts = Mapping[tuple[Any, ...], str]

_VARIES = re.compile(r"\s*(?:LABEL|ARG|ENV)\s", re.IGNORECASE)


def objection(name: str, before: str, after: str, edits: Sequence[Edit]) -> str:
    """What speaks against the new content; empty when it is right.

    Args:
        name: of the file, without its folder; what it is called says what it is.
        before: the text, without a byte order mark.
        after: the same with the edits.
        edits: those that were made; insertions into changelogs among them.
    """
    replaced = [edit for edit in edits if edit.old]
    read = _reader(name)
    if read is None or not replaced:
        return "" if not replaced or _says(name, after, replaced) else "it has another form"
    try:
        old, new = read(before), read(after)
    except (ValueError, SyntaxError, RecursionError) as error:
        return f"it cannot be read: {str(error).partition(chr(10))[0]}"
    changed = {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
    wanted = {(edit.old, edit.new) for edit in replaced}
    right = all((old.get(key), new.get(key)) in wanted for key in changed)
    if not right or len(changed) != len(replaced):
        return "something else in it would change too"
    return "" if _says(name, after, replaced) else "it has another form"


def dockerfile_objection(connector: Connector, after: str, version: str) -> str:
    """The same for the Dockerfile of a connector: only labels, and what they come from, differ."""
    before = connector.dockerfile
    try:
        new = parse(after, connector.build_args)
    except DockerfileError as error:
        return f"it cannot be read: {error}"
    if VERSION_LABEL in before.labels and new.labels.get(VERSION_LABEL) != version:
        return f"it would say `{new.labels.get(VERSION_LABEL)}`"
    if (new.uses, new.base, new.stages) != (before.uses, before.base, before.stages):
        return "it would stand on something else"
    pairs = list(zip(before.instructions, new.instructions, strict=False))
    same = len(before.instructions) == len(new.instructions) and all(
        old == now or _VARIES.match(old[1]) for old, now in pairs
    )
    return "" if same else "something else in it would change too"


def _says(name: str, after: str, replaced: Sequence[Edit]) -> bool:
    """Whether the one who found the version finds the new one."""
    find = FINDERS.get(name)
    return find is None or {found.text for found in find(after)} <= {e.new for e in replaced}


def _reader(name: str) -> Callable[[str], Facts] | None:
    if name == "package.json":
        return lambda text: dict(_leaves(json.loads(text)))
    if name == "pyproject.toml":
        return lambda text: dict(_leaves(tomllib.loads(text)))
    if name == "setup.py":
        return lambda text: dict(_constants(text))
    return _yaml_facts if name.endswith((".yaml", ".yml", ".json")) else None


def _leaves(value: Any, *path: Any) -> Iterator[tuple[tuple[Any, ...], str]]:
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in pairs:
            yield from _leaves(inner, *path, key)
    else:
        yield path, str(value)


def _constants(text: str) -> Iterator[tuple[tuple[Any, ...], str]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of odd escapes in their texts
        tree = ast.parse(text)
    for number, node in enumerate(ast.walk(tree)):
        said = str(node.value) if isinstance(node, ast.Constant) else type(node).__name__
        yield (number,), said


def _yaml_facts(text: str) -> Facts:
    try:
        return dict(_scalars(parse_nodes(text, "")))
    except YamlFileError as error:
        raise ValueError(error.problem) from error


def _scalars(node: Any, *path: Any) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Every scalar, also behind an alias: it would change with what it stands for."""
    if node is None:
        return
    if node.id == "mapping":
        for number, (key, value) in enumerate(node.value):
            yield from _scalars(key, *path, number, 0)
            yield from _scalars(value, *path, number, 1)
    elif node.id == "sequence":
        for number, value in enumerate(node.value):
            yield from _scalars(value, *path, number)
    else:
        yield path, node.value
