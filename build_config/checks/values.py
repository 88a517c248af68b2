"""A YAML node and keys in, the scalar that stands there out, with its place in the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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


def deepest_line(node: Any, keys: Sequence[str | int]) -> int | None:
    """The line of the key that the path leads to, or of the last one on the way to it."""
    line = node.start_mark.line + 1 if node is not None else None
    for key in keys:
        places = _pairs_with_keys(node) if isinstance(key, str) else _items(node)
        found = next((place for place in places if _is(place[0], key)), None)
        if found is None:
            break
        name, node = found
        line = (node if isinstance(key, int) else name).start_mark.line + 1
    return line


def _is(name: Any, key: str | int) -> bool:
    return bool(name == key if isinstance(key, int) else name.value == key)


def _items(node: Any) -> Iterator[tuple[Any, Any]]:
    if node is not None and node.id == "sequence":
        yield from enumerate(node.value)


def _pairs_with_keys(node: Any) -> Iterator[tuple[Any, Any]]:
    if node is not None and node.id == "mapping":
        yield from node.value


def _pairs(node: Any) -> Iterator[tuple[str, Any]]:
    for key, value in _pairs_with_keys(node):
        yield key.value, value
