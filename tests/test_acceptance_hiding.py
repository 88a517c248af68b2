"""What of a config is hidden from those who read results."""

from __future__ import annotations

from build_config.acceptance.hiding import secrets

SECRET = {"type": "string", "airbyte_secret": True}
CONFIG = {"host": "db.example.org", "login": {"password": "pass phrase", "user": "me"}}


def test_secrets_are_what_the_form_marks() -> None:
    login = {"type": "object", "properties": {"password": SECRET, "user": {"type": "string"}}}
    form = {"type": "object", "properties": {"host": {"type": "string"}, "login": login}}
    assert list(secrets(form, CONFIG)) == ["pass phrase"]


def test_a_secret_in_a_variant_is_one() -> None:
    variants = [{"properties": {"key": SECRET}}, {"properties": {"password": SECRET}}]
    form = {"properties": {"login": {"type": "object", "oneOf": variants}}}
    assert list(secrets(form, CONFIG)) == ["pass phrase"]


def test_without_a_form_every_text_may_be_one() -> None:
    assert list(secrets(None, CONFIG)) == ["db.example.org", "pass phrase"]
    assert list(secrets(None, [["eight, or"], 12345678, None])) == ["eight, or"]
