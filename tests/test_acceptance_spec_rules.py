"""Forms that the platform cannot show, or that would not keep a secret."""

from __future__ import annotations

from typing import Any

import pytest

from build_config.acceptance.connection import forbidden_config
from build_config.acceptance.leaks import secret_values
from build_config.acceptance.spec_rules import RULES, form_in, invalid


def form(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def variant(kind: str, **properties: Any) -> dict[str, Any]:
    return form(kind={"type": "string", "const": kind}, **properties)


TEXT = {"type": "string"}
WRONG: list[tuple[str, dict[str, Any], str]] = [
    (
        "required fields exist",
        {**form(a=TEXT), "required": ["b"]},
        "`the form` requires `b`, which it does not have",
    ),
    ("secrets are marked as secrets", form(password=TEXT), "`password` holds a secret"),
    ("secrets are marked as secrets", form(apiKey=TEXT), "`apiKey` holds a secret"),
    ("secrets are marked as secrets", form(a=form(client_secret=TEXT)), "`a.client_secret`"),
    (
        "secrets are marked as secrets",
        form(a={**form(b=TEXT), "airbyte_secret": True}),
        "`a` is `airbyte_secret` but no text",
    ),
    ("enums and defaults are sound", form(a={"enum": ["x", "x"]}), "the same one twice"),
    (
        "enums and defaults are sound",
        form(a={"const": "x", "enum": ["y"]}),
        "`a` has a `const` and an `enum` of other values",
    ),
    (
        "enums and defaults are sound",
        form(a={"type": "integer", "default": "1"}),
        '`a` has a default that it does not allow: `default`: "1" is not of type "integer"',
    ),
    (
        "the variants of a oneOf can be told apart by a const",
        form(a={"type": "object", "oneOf": [form(b=TEXT), form(c=TEXT)]}),
        "`a` has a `oneOf` without a field whose `const` tells the variants apart",
    ),
    (
        "the variants of a oneOf can be told apart by a const",
        form(a={"type": "object", "oneOf": [variant("x"), variant("x")]}),
        "`a` has a `oneOf` without a field",
    ),
    (
        "the variants of a oneOf can be told apart by a const",
        form(a={"oneOf": [TEXT, {"type": "integer"}]}),
        "`a` has a `oneOf` whose variants are no objects",
    ),
    (
        "fields have one type, arrays one kind of items",
        form(a={"type": ["string", "integer"]}),
        "`a` has several types",
    ),
    (
        "fields have one type, arrays one kind of items",
        form(a={"type": "array"}),
        "`a` is an array that does not say of what",
    ),
    (
        "the form keeps to what the platform can show",
        form(a={"anyOf": [TEXT]}),
        "`a` has `anyOf`, which no form can show",
    ),
    (
        "the form keeps to what the platform can show",
        form(a={"type": "object"}),
        "`a` is an object without properties",
    ),
    (
        "old configs stay valid: additionalProperties is not false",
        {**form(a=TEXT), "additionalProperties": False},
        "`the form` has `additionalProperties: false`",
    ),
    (
        "dates have a format and a pattern",
        form(a={**TEXT, "format": "date"}),
        "`a` has `format: date` and no `pattern`",
    ),
    (
        "dates have a format and a pattern",
        form(a={**TEXT, "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}),
        "`a` has the pattern of a date and no",
    ),
    (
        "no two fields have one order",
        form(a={**TEXT, "order": 1}, b={**TEXT, "order": 1}),
        "`the form` has 2 fields of `order: 1`",
    ),
]

RIGHT: list[dict[str, Any]] = [
    form(),
    {**form(a=TEXT), "required": ["a"]},
    form(password={**TEXT, "airbyte_secret": True}, next_page_token=TEXT, primary_key=TEXT),
    form(access_key_id=TEXT, max_tokens={"type": "integer"}, tokens={"type": "boolean"}),
    form(a={"type": "object", "oneOf": [variant("x"), variant("y", b=TEXT)]}),
    form(a={"type": ["null", "string"], "default": "x", "order": 0}, b={**TEXT, "order": 1}),
    form(a={"type": "array", "items": form(b=TEXT)}, c={"type": "array", "items": TEXT}),
    form(a={**TEXT, "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}),
]


@pytest.mark.parametrize(("rule", "wrong", "told"), WRONG)
def test_a_form_that_breaks_a_rule_is_caught(rule: str, wrong: dict[str, Any], told: str) -> None:
    assert list(invalid(wrong)) == []
    problems = list(RULES[rule](wrong))
    assert len(problems) == 1
    assert told in problems[0]


def test_every_rule_has_a_form_that_breaks_it() -> None:
    assert {rule for rule, _, _ in WRONG} == set(RULES)


@pytest.mark.parametrize("right", RIGHT)
def test_a_good_form_breaks_none(right: dict[str, Any]) -> None:
    problems = [problem for rule in RULES.values() for problem in rule(right)]
    assert [*invalid(right), *problems] == []


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"type": "string"}, "its `type` is 'string' and not `object`"),
        ({"type": "object"}, "it has no `properties`"),
        (form(a={"type": "text"}), '`properties.a.type`: "text"'),
        (form(a={**TEXT, "required": True}), "`properties.a.required`: true is not of type"),
    ],
)
def test_what_is_no_form_is_told(wrong: dict[str, Any], told: str) -> None:
    (problem,) = invalid(wrong)
    assert told in problem


def test_a_forbidden_config_lacks_what_is_required() -> None:
    spec = {**form(a=TEXT, b=TEXT), "required": ["a"]}
    assert forbidden_config(spec, {"a": "x", "b": "y"}) == {"b": "y"}


def test_a_forbidden_config_has_an_object_for_a_text() -> None:
    assert forbidden_config(form(a=TEXT), {}) == {"a": {"not": "this"}}
    assert forbidden_config(form(), {}) is None
    assert forbidden_config(form(a={"type": ["string", "null"]}), {}) is None


def test_secrets_are_found_wherever_they_are() -> None:
    secret = {**TEXT, "airbyte_secret": True}
    schema = form(
        token=secret,
        login={"oneOf": [variant("password", password=secret), variant("none")]},
        keys={"type": "array", "items": secret},
    )
    config = {
        "token": "t",
        "login": {"kind": "password", "password": "p"},
        "keys": ["k", "l"],
        "other": "o",
    }
    assert list(secret_values(schema, config)) == [
        ("token", "t"),
        ("login.password", "p"),
        ("keys", "k"),
        ("keys", "l"),
    ]


@pytest.mark.parametrize("odd", [{"properties": [1]}, {"oneOf": 5}, {"type": "object"}, {}])
def test_a_form_that_is_none_says_of_nothing_that_it_is_secret(odd: dict[str, object]) -> None:
    assert form_in([{"connectionSpecification": odd}]) is None
    assert form_in([]) is None
    assert form_in([{"connectionSpecification": form()}]) == form()
