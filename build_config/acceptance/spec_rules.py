"""The form in a specification in, what the platform cannot make of it out: a rule, a function.

The platform draws a form from `connectionSpecification`: it knows a part of JSON Schema only
(docs.airbyte.com, "Connector Specification Reference").
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from build_config.connector_protocol.json_schema import SchemaError, compile_schema, faults
from build_config.connector_protocol.schema_walk import nodes

Rule = Callable[[Any], Iterator[str]]

_SECRET: Final = re.compile(
    r"(?:^|_)(?:password|passwd|passphrase|secret|(?<!page_)token|jwt"
    r"|(?:api|private|secret|access|ssh|encryption|account|auth)_?key)$|^key$"
)
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_FORBIDDEN: Final = (
    "allOf",
    "anyOf",
    "not",
    "if",
    "patternProperties",
    "prefixItems",
    "dependencies",
)
_TIMES: Final = ("date", "date-time")
_DAY: Final = "^[0-9]{4}-[0-9]{2}-[0-9]{2}"


def invalid(form: Any) -> Iterator[str]:
    """Not JSON Schema of draft-07, with a `$ref` that leads nowhere, or not an object's.

    The other rules hold only for a form that this one finds nothing wrong with.
    """
    try:
        compile_schema(form)
    except SchemaError as error:
        yield f"connectionSpecification: {error}"
        return
    if form.get("type") != "object":
        yield f"connectionSpecification: its `type` is {form.get('type')!r} and not `object`"
    elif not isinstance(form.get("properties"), dict):
        yield "connectionSpecification: it has no `properties`"


def form_in(specifications: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The form in the first SPEC; None where there is no valid one."""
    for said in specifications[:1]:
        form: Mapping[str, Any] = said["connectionSpecification"]
        return None if any(invalid(form)) else form
    return None


def _absent_required(form: Any) -> Iterator[str]:
    for path, node in nodes(form):
        known = {*_inner(node), *(_inner(form) if "oneOf[" in path else ())}
        for name in node.get("required") or ():
            if name not in known:
                yield f"`{path or 'the form'}` requires `{name}`, which it does not have"


def _unmarked_secrets(form: Any) -> Iterator[str]:
    for path, node in nodes(form):
        name = _HUMP.sub("_", path.rpartition(".")[2]).lower()
        is_text = "string" in _types(node) and not {"const", "enum"} & set(node)
        if is_text and _SECRET.search(name) and node.get("airbyte_secret") is not True:
            yield f"`{path}` holds a secret: mark it `airbyte_secret: true`"
        elif node.get("airbyte_secret") and not {"string", "integer", "number"} & _types(node):
            yield f"`{path}` is `airbyte_secret` but no text: only its fields can be"


def _odd_enums(form: Any) -> Iterator[str]:
    for path, node in nodes(form):
        values = node.get("enum")
        if isinstance(values, list):
            if len({repr(value) for value in values}) < len(values) or not values:
                yield f"`{path}` has an `enum` with no value or the same one twice"
            if "const" in node and values != [node["const"]]:
                yield f"`{path}` has a `const` and an `enum` of other values"
        if "default" in node:
            yield from _unfit_default(path, node)


def _unfit_default(path: str, node: Mapping[str, Any]) -> Iterator[str]:
    try:
        validator = compile_schema({k: v for k, v in node.items() if k != "$ref"})
    except SchemaError:
        return  # told by `invalid`
    for fault in faults(validator, node["default"], under="default"):
        yield f"`{path}` has a default that it does not allow: {fault}"


def _odd_variants(form: Any) -> Iterator[str]:
    """A variant is recognised by a field that all of them have with a `const` of their own."""
    for path, node in nodes(form):
        variants = node.get("oneOf")
        if not isinstance(variants, list):
            continue
        where = f"`{path or 'the form'}`"
        if _types(node) - {"object"} or any(_types(variant) - {"object"} for variant in variants):
            yield f"{where} has a `oneOf` whose variants are no objects"
            continue
        tables = [_constants(variant) for variant in variants]
        common = set.intersection(*(set(table) for table in tables)) if tables else set()
        if not any(len({table[name] for table in tables}) == len(tables) for name in common):
            yield f"{where} has a `oneOf` without a field whose `const` tells the variants apart"


def _odd_types(form: Any) -> Iterator[str]:
    for path, node in nodes(form):
        types = node.get("type")
        if isinstance(types, list) and len(set(types) - {"null"}) != 1:
            yield f"`{path}` has several types: a field of the form has one, or one and `null`"
        if "array" in _types(node):
            yield from _odd_items(path, node.get("items"))


def _odd_items(path: str, items: Any) -> Iterator[str]:
    if not isinstance(items, dict):
        yield f"`{path}` is an array that does not say of what: give it `items`"
    elif len(_types(items) - {"null"}) != 1 and not {"enum", "$ref"} & set(items):
        yield f"`{path}` is an array of several or unknown types"


def _not_drawn(form: Any) -> Iterator[str]:
    for path, node in nodes(form):
        where = f"`{path or 'the form'}`"
        for keyword in _FORBIDDEN:
            if keyword in node:
                yield f"{where} has `{keyword}`, which no form can show"
        is_bare = not {"properties", "oneOf", "additionalProperties", "$ref"} & set(node)
        if path and "object" in _types(node) and is_bare and "oneOf[" not in path:
            yield f"{where} is an object without properties"


def _closed(form: Any) -> Iterator[str]:
    for path, node in nodes(form):
        if node.get("additionalProperties") is False:
            yield f"`{path or 'the form'}` has `additionalProperties: false`"


def _odd_times(form: Any) -> Iterator[str]:
    for path, node in nodes(form):
        pattern = node.get("pattern")
        if node.get("format") in _TIMES and not pattern:
            yield f"`{path}` has `format: {node['format']}` and no `pattern` that shows how"
        elif node.get("format") not in _TIMES and str(pattern).startswith(_DAY):
            yield f"`{path}` has the pattern of a date and no `format: date` or `date-time`"


def _same_orders(form: Any) -> Iterator[str]:
    for path, node in nodes(form):
        properties = node.get("properties")
        if not isinstance(properties, dict):
            continue
        orders = Counter(
            (inner.get("group"), inner["order"])
            for inner in properties.values()
            if isinstance(inner, dict) and isinstance(inner.get("order"), int)
        )
        for (_, order), count in orders.items():
            if count > 1:
                yield f"`{path or 'the form'}` has {count} fields of `order: {order}`"


RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        "required fields exist": _absent_required,
        "secrets are marked as secrets": _unmarked_secrets,
        "enums and defaults are sound": _odd_enums,
        "the variants of a oneOf can be told apart by a const": _odd_variants,
        "fields have one type, arrays one kind of items": _odd_types,
        "the form keeps to what the platform can show": _not_drawn,
        "old configs stay valid: additionalProperties is not false": _closed,
        "dates have a format and a pattern": _odd_times,
        "no two fields have one order": _same_orders,
    }
)
"""What a case asserts -> what finds its problems."""


def _types(node: Any) -> set[str]:
    types = node.get("type") if isinstance(node, dict) else None
    return {types} if isinstance(types, str) else set(types or ())


def _inner(node: Any) -> dict[str, Any]:
    properties = node.get("properties") if isinstance(node, dict) else None
    return properties if isinstance(properties, dict) else {}


def _constants(variant: Any) -> dict[str, str]:
    """The fields of a variant with one possible value."""
    return {
        name: repr(inner["const"] if "const" in inner else inner["enum"][0])
        for name, inner in _inner(variant).items()
        if isinstance(inner, dict) and ("const" in inner or len(inner.get("enum") or ()) == 1)
    }
