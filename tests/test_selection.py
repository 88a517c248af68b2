from __future__ import annotations

from pathlib import Path

import pytest
from monorepos import AIRBYTE_2021, AIRBYTE_LAYOUT, connectors

from build_config.connector import Connector
from build_config.errors import UsageError
from build_config.selection import select

BASES = {"airbyte-protocol", "base", "base-java", "base-python", "base-singer"}


@pytest.fixture
def there(tmp_path: Path) -> tuple[Connector, ...]:
    return tuple(connectors(tmp_path, AIRBYTE_2021, **AIRBYTE_LAYOUT).values())


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        (["base"], {"base"}),
        (["source-new", "base"], {"source-new", "base"}),
        (["source-new,base"], {"source-new", "base"}),
        ([" source-new , base ,"], {"source-new", "base"}),
        (["source-new", "source-new,source-new"], {"source-new"}),
        (["source-*"], {"source-new", "source-pinned", "source-stripe-singer"}),
        (["*-singer,destination-?ostgres"],
         {"base-singer", "source-stripe-singer", "destination-postgres"}),
        (["base-[jp]*"], {"base-java", "base-python"}),
        (["*"], BASES | {"source-new", "source-pinned", "source-stripe-singer",
                         "destination-postgres"}),
        # The last part of the image's name is a name too.
        (["integration-base"], {"base"}),
        (["integration-base-*"], {"base-java", "base-python", "base-singer"}),
        (["base-airbyte-protocol-python"], {"airbyte-protocol"}),
    ],
)  # fmt: skip
def test_patterns_choose(
    there: tuple[Connector, ...], patterns: list[str], names: set[str]
) -> None:
    assert select(there, patterns=patterns) == names


def test_no_pattern_chooses_all(there: tuple[Connector, ...]) -> None:
    assert select(there) == {connector.name for connector in there}


def test_a_kind_chooses_and_narrows(there: tuple[Connector, ...]) -> None:
    assert select(there, kind="base") == BASES
    assert select(there, patterns=["*-singer"], kind="base") == {"base-singer"}


def test_an_empty_selection_stays_empty(there: tuple[Connector, ...]) -> None:
    assert select(there, patterns=["source-new"], kind="destination") == frozenset()
    assert select(()) == frozenset()


@pytest.mark.parametrize("patterns", [[""], [","], [" ", ""]])
def test_a_pattern_without_a_name_is_not_all(
    there: tuple[Connector, ...], patterns: list[str]
) -> None:
    with pytest.raises(UsageError, match="`--connector` is empty"):
        select(there, patterns=patterns)


def test_a_directorys_name_comes_before_an_images(tmp_path: Path) -> None:
    text = "FROM scratch\nLABEL io.airbyte.name=a/{}\n"
    files = {
        "connectors/source-a/Dockerfile": text.format("source-b"),
        "connectors/source-b/Dockerfile": text.format("source-c"),
    }
    there = connectors(tmp_path, files).values()
    assert select(there, patterns=["source-b"]) == {"source-b"}
    assert select(there, patterns=["source-c"]) == {"source-b"}


@pytest.mark.parametrize(
    ("word", "message", "hint"),
    [
        ("source-nwe", "there is no connector `source-nwe`", "did you mean `source-new`"),
        ("postgres", "there is no connector `postgres`", "did you mean `destination-postgres`"),
        ("airbyte-integrations/connectors/source-new", "there is no connector", "`source-new`"),
        ("Source-New", "there is no connector `Source-New`", "`source-new`"),
        ("qqqq", "there is no connector `qqqq`", "invoke list"),
        ("qqqq-*", "`--connector=qqqq-*` matches nothing", "invoke list"),
        ("standard-source-test", "`standard-source-test` is not an image", "Dockerfile"),
        ("source-new,qqqq", "there is no connector `qqqq`", "invoke list"),
    ],
)
def test_nobodys_name_is_an_error_with_a_guess(
    there: tuple[Connector, ...], word: str, message: str, hint: str
) -> None:
    with pytest.raises(UsageError) as caught:
        select(there, patterns=[word], without_dockerfile=["x/standard-source-test"])
    assert message in str(caught.value)
    assert hint in caught.value.hint


@pytest.mark.parametrize("nobody", [False, True])
def test_an_unknown_kind_is_an_error_also_where_there_is_nothing(
    there: tuple[Connector, ...],
    nobody: bool,  # noqa: FBT001 - a parameter of a test
) -> None:
    with pytest.raises(UsageError, match="`--kind=sauce` is unknown") as caught:
        select(() if nobody else there, kind="sauce")
    assert caught.value.hint == "did you mean `source`? one of source, destination, base"
