"""A spec and a config in, the secrets that came out again out (by the names of their fields)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from build_config.acceptance.conversation import Answer

_SHORTEST: Final = 4
"""Shorter values are found by chance."""


def leaked(spec: Mapping[str, Any], config: Mapping[str, Any], answer: Answer) -> Iterator[str]:
    """What of the config's secrets is in messages or last lines; the values are never quoted."""
    lines = (*answer.ending.last_stdout, *answer.ending.last_stderr)
    said = "\n".join((*lines, *(str(message.payload) for message in answer.messages)))
    for field, value in secret_values(spec, config):
        if len(value) >= _SHORTEST and value in said:
            yield f"the value of `{field}` is in the output"


def secret_values(schema: Any, config: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """(field, value) of all texts that the schema marks as `airbyte_secret`."""
    if not isinstance(schema, dict):
        return
    if schema.get("airbyte_secret") and isinstance(config, str):
        yield path, config
    for inner, value, step in _inner(schema, config):
        yield from secret_values(inner, value, f"{path}.{step}".strip("."))


def _inner(schema: dict[str, Any], config: Any) -> Iterator[tuple[Any, Any, str]]:
    yield from ((variant, config, "") for variant in schema.get("oneOf") or ())
    if isinstance(config, dict):
        for name, inner in (schema.get("properties") or {}).items():
            if name in config:
                yield inner, config[name], name
    elif isinstance(config, list):
        yield from ((schema.get("items"), item, "") for item in config)
