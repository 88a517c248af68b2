"""Names of new connectors: what is understood, and what is refused with which suggestion."""

from __future__ import annotations

import pytest

from build_config.connector import Kind
from build_config.errors import UsageError
from build_config.scaffold.names import understand


@pytest.mark.parametrize(
    ("typed", "stem"),
    [
        ("foo", "foo"),
        ("Foo", "foo"),
        ("  foo ", "foo"),
        ("source-foo", "foo"),
        ("source_foo", "foo"),
        ("Source Foo", "foo"),
        ("SourceFoo", "foo"),
        ("foo bar", "foo-bar"),
        ("FooBar", "foo-bar"),
        ("fooBar", "foo-bar"),
        ("HTTPApi", "http-api"),
        ("foo_bar-baz", "foo-bar-baz"),
        ("foo  --  bar", "foo-bar"),
        ("s3", "s3"),
        ("3pl", "3pl"),
        ("source-open-source", "open-source"),
    ],
)
def test_spellings_are_understood(typed: str, stem: str) -> None:
    assert understand(typed, Kind.SOURCE, "acme").stem == stem


def test_a_name_has_all_its_spellings() -> None:
    name = understand("foo bar", Kind.DESTINATION, "acme")
    assert (name.name, name.module) == ("destination-foo-bar", "destination_foo_bar")
    assert (name.class_name, name.display_name) == ("DestinationFooBar", "Foo Bar")


@pytest.mark.parametrize(
    ("typed", "reason", "suggested"),
    [
        ("", "empty", ""),
        ("   ", "empty", ""),
        ("---", "no letter", ""),
        ("123", "no letter", ""),
        ("destination-foo", "a destination's", "source-foo"),
        ("DestinationFoo", "a destination's", "source-foo"),
        ("source-source-foo", "twice", "source-foo"),
        ("foo-source", "comes first", "source-foo"),
        ("FooDestination", "comes first", "source-foo"),
        ("../x", "a path", "source-x"),
        ("..", "a path", ""),
        ("connectors/source-foo", "a path", "source-foo"),
        ("foo\\bar", "a path", "source-bar"),
        ("café", "ASCII", "source-cafe"),
        ("foo!", "ASCII", "source-foo"),
        ("foo\nbar\x00", "ASCII", "source-foo-bar"),
        ("数据", "ASCII", ""),
        ("x" * 300, "longer than", ""),
        ("test", "reserved", ""),
        ("source-base", "reserved", ""),
        ("source", "reserved", ""),
        ("destination", "reserved", ""),
    ],
)
def test_others_are_refused_with_the_reason_and_what_would_do(
    typed: str, reason: str, suggested: str
) -> None:
    with pytest.raises(UsageError, match=reason) as refused:
        understand(typed, Kind.SOURCE, "acme")
    assert len(str(refused.value)) < 200
    if suggested:
        assert f"`--name={suggested}`" in refused.value.hint
    else:
        assert "did you mean" not in refused.value.hint
