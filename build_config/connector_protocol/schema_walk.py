"""A JSON Schema in, all schemas within it out, each with its path."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

_NAMED: Final = ("properties", "definitions", "$defs", "patternProperties")
_LISTED: Final = ("oneOf", "anyOf", "allOf")
_SINGLE: Final = ("items", "not", "additionalProperties")
_DEEPEST: Final = 100


def nodes(schema: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, dict[str, Any]]]:
    """(path, schema), outer ones first; `credentials.oneOf[1].token`, properties by their name."""
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return
    yield path, schema
    for step, inner in _inner(schema):
        yield from nodes(inner, _joined(path, step), depth + 1)


def _inner(schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for keyword in _NAMED:
        named = schema.get(keyword)
        if isinstance(named, dict):
            yield from ((str(name), inner) for name, inner in named.items())
    for keyword in _LISTED:
        listed = schema.get(keyword)
        if isinstance(listed, list):
            yield from ((f"{keyword}[{index}]", inner) for index, inner in enumerate(listed))
    for keyword in _SINGLE:
        yield "[]" if keyword == "items" else keyword, schema.get(keyword)


def _joined(path: str, step: str) -> str:
    return f"{path}.{step}" if path and step != "[]" else f"{path}{step}"
