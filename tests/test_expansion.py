from __future__ import annotations

import pytest

from build_config.expansion import expand

SCOPE = {"NAME": "value", "EMPTY": "", "OTHER": "other"}


@pytest.mark.parametrize(
    ("word", "expanded"),
    [
        ("plain", "plain"),
        ("", ""),
        ("$NAME", "value"),
        ("${NAME}", "value"),
        ("a-$NAME-b", "a-value-b"),
        ("a${NAME}b", "avalueb"),
        ("$NAME$OTHER", "valueother"),
        ("$MISSING", ""),
        ("${MISSING}", ""),
        ("$NAME.x/$OTHER:1", "value.x/other:1"),
        ("${NAME:-default}", "value"),
        ("${EMPTY:-default}", "default"),
        ("${EMPTY-default}", ""),
        ("${MISSING:-default}", "default"),
        ("${MISSING-default}", "default"),
        ("${MISSING:-}", ""),
        ("${MISSING:-${NAME}}", "value"),
        ("${MISSING:-$NAME:1}", "value:1"),
        ("${MISSING:-a/b:1.2-c}", "a/b:1.2-c"),
        ("${NAME:+other}", "other"),
        ("${EMPTY:+other}", ""),
        ("${EMPTY+other}", "other"),
        ("${MISSING+other}", ""),
        ("${NAME:?needed}", "value"),
        ("'$NAME'", "$NAME"),
        ('"$NAME"', "value"),
        ('"a b"', "a b"),
        ('"a \\"b\\""', 'a "b"'),
        ('"\\$NAME"', "$NAME"),
        ('"a\\nb"', "a\\nb"),
        ('"${MISSING:-${NAME}}"', "value"),
        ("a'b'\"c\"d", "abcd"),
        ("\\$NAME", "$NAME"),
        ("a\\ b", "a b"),
        ("'unfinished", "'unfinished"),
        ("$", "$"),
        ("${", "${"),
    ],
)
def test_words_expand_as_in_a_dockerfile(word: str, expanded: str) -> None:
    assert expand(word, SCOPE) == expanded
