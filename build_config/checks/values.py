"""A YAML node and keys in, the scalar that stands there out, with its place in the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_NULL = "tag:yaml.org,2002:null"


@dataclass(frozen=True, kw_only=True, slots=True)
class Value:
    """A scalar as it is written: `0.10` stays `0.10`.

    Attributes:
        line: counted from 1.
        column: counted from 0.
    """

    text: str
    line: int
    column: int


def find(node: Any, *keys: str | int) -> Any:
    """The node at the end of this path of keys and indices; None where the path ends before."""
    for key in keys:
        if isinstance(key, int):
            items = node.value if node is not None and node.id == "sequence" else []
            node = items[key] if key < len(items) else None
        else:
            node = next((value for name, value in _pairs(node) if name == key), None)
    return node


def scalar(node: Any, *keys: str | int) -> Value | None:
    """The scalar at the end of the path; None where there is none, or nothing in it."""
    node = find(node, *keys)
    if node is None or node.id != "scalar" or node.tag == _NULL or not node.value.strip():
        return None
    mark = node.start_mark
    return Value(text=node.value, line=mark.line + 1, column=mark.column)


def deepest_line(node: Any, keys: list[str | int]) -> int | None:
    """The line of the node that the path leads to, or of the last one on the way to it."""
    line = None
    for end in range(len(keys) + 1):
        reached = find(node, *keys[:end])
        if reached is None:
            break
        line = reached.start_mark.line + 1
    return line


def _pairs(node: Any) -> Iterator[tuple[str, Any]]:
    if node is not None and node.id == "mapping":
        for key, value in node.value:
            yield key.value, value
